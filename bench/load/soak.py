#!/usr/bin/env python3
"""A server at saturation for a while: clients that stream, that leave at random moments, that read slowly, that send nonsense.
In the end nothing may be left of them: no place, no KV block, no open file, no memory; every greedy answer was what it is
alone; /health was answered within 10 ms all the time."""

import asyncio
import json
import pathlib
import random
import socket
import sys
import tempfile
import time

import server

CONFIG = "max_active: 16\nmax_queued: 16\nwrite_timeout: 3\nheader_timeout: 3\nbody_timeout: 3\n"
PROMPTS = [f"Tell me {i + 2} facts about the number {i * 7 + 1}." for i in range(8)]
LEAKED_BYTES = 48 << 20  # what an allocator may keep beside what it had after the warm-up


def body(prompt, **more):
    return {"model": "smollm2-135m-instruct", "temperature": 0, "max_tokens": 48, "messages": [{"role": "user", "content": prompt}], **more}


def request(payload, length=None):
    return (b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (len(payload) if length is None else length)) + payload


NONSENSE = [
    request(b"{"), request(json.dumps(body("x", temperature=99)).encode()), request(json.dumps(body("x", max_tokens=-7)).encode()),
    request(b"[" * 100000), b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00" * 20, b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n",
    request(b"", 10 ** 9), b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"PUT /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


class Soak:
    def __init__(self, port, seconds, seed):
        self.port, self.end, self.random = port, time.monotonic() + seconds, random.Random(seed)
        self.counts, self.wrong, self.reference = {}, [], {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    async def connect(self, receive_buffer=None):
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=sock)

    async def head(self, reader):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if ": " in line)}

    async def stream(self, prompt, reader, writer, leave_after=None, pause=0.0):
        """The text of a streamed answer; None where it was refused or left."""
        writer.write(request(json.dumps(body(prompt, stream=True)).encode()))
        await writer.drain()
        if leave_after == 0:
            return None
        status, headers = await self.head(reader)
        if status != 200:
            return await self.refused(status, headers)
        text, events = "", 0
        while True:
            line = (await reader.readline()).decode().strip()
            if line == "data: [DONE]":
                return text
            if not line and reader.at_eof():
                raise ConnectionError("the stream was cut")
            if not line.startswith("data: "):
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise ConnectionError(line)
            text += "".join(c["delta"].get("content") or "" for c in event["choices"])
            events += 1
            if events == leave_after:
                return None
            if pause:
                await asyncio.sleep(pause)

    async def refused(self, status, headers):
        self.count(f"refused {status}")
        if status == 429:
            assert int(headers["retry-after"]) >= 1, headers
            await asyncio.sleep(self.random.uniform(0.1, 1))
        return None

    def compare(self, prompt, text):
        if text is None:
            return
        self.count("compared")
        if text != self.reference[prompt]:
            self.wrong.append((prompt, text))

    async def whole(self, prompt, reader, writer):
        writer.write(request(json.dumps(body(prompt)).encode()))
        status, headers = await self.head(reader)
        if status != 200:
            return await self.refused(status, headers)
        answer = json.loads(await reader.readexactly(int(headers["content-length"])))
        return answer["choices"][0]["message"]["content"]

    async def one(self):
        kind = self.random.choices(["stream", "whole", "leave", "leave at once", "slow", "stuck", "nonsense"],
                                   [45, 15, 15, 5, 5, 3, 12])[0]
        prompt = self.random.choice(PROMPTS)
        reader, writer = await self.connect(4096 if kind in ("slow", "stuck") else None)
        self.count(kind)
        try:
            if kind == "stream":
                self.compare(prompt, await self.stream(prompt, reader, writer))
            elif kind == "whole":
                self.compare(prompt, await self.whole(prompt, reader, writer))
            elif kind == "leave":
                await self.stream(prompt, reader, writer, leave_after=self.random.randrange(1, 40))
            elif kind == "leave at once":
                await self.stream(prompt, reader, writer, leave_after=0)
            elif kind == "slow":
                self.compare(prompt, await self.stream(prompt, reader, writer, pause=0.05))
            elif kind == "stuck":  # asks, and reads nothing for longer than the server waits
                writer.write(request(json.dumps(body(prompt, stream=True, logprobs=True, top_logprobs=20)).encode()))
                await asyncio.sleep(6)
            else:
                writer.write(self.random.choice(NONSENSE))
                await asyncio.wait_for(reader.read(100), 20)
        finally:
            if self.random.random() < 0.5:
                writer.transport.abort()
            writer.close()

    async def client(self):
        while time.monotonic() < self.end:
            try:
                await asyncio.wait_for(self.one(), 300)
            except asyncio.TimeoutError:
                self.count("HUNG")
            except (ConnectionError, asyncio.IncompleteReadError):
                self.count("cut")

    async def run(self, clients):
        for prompt in PROMPTS:
            reader, writer = await self.connect()
            self.reference[prompt] = await self.stream(prompt, reader, writer)
            writer.close()
        await asyncio.gather(*(self.client() for _ in range(clients)))


def settled(running):
    """What is open and held once nobody asks any more."""
    for _ in range(300):
        busy = sum(running.metric(m) for m in ("pincer_engine_active", "pincer_engine_queued")) + running.metric("pincer_connections") - 1
        if busy == 0:
            break
        time.sleep(0.1)
    return {"files": running.open_files(), "memory": running.memory(), "kv_blocks": running.metric("pincer_kv_blocks_used"),
            "active": running.metric("pincer_active_requests") - 1, "busy": busy}


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "pincer.yaml"
        config.write_text(CONFIG)
        with server.Server(options, "--config", config, "--model", options.model) as running:
            seconds = options.minutes * 60
            warm_up = Soak(running.port, max(10, seconds * 0.1), options.seed)
            asyncio.run(warm_up.run(options.clients))
            before = settled(running)
            prober = running.probe()
            soak = Soak(running.port, seconds, options.seed + 1)
            asyncio.run(soak.run(options.clients))
            health = running.probed(prober)
            after = settled(running)
    leaked = after["memory"] - before["memory"]
    failures = [name for name, bad in {
        "wrong answers": soak.wrong, "hung": soak.counts.get("HUNG"), "streams cut": soak.counts.get("cut", 0) > soak.counts["nonsense"],
        "busy": after["busy"], "kv blocks": after["kv_blocks"], "requests": after["active"], "files": after["files"] > before["files"],
        "memory": leaked > LEAKED_BYTES, "health": health["failed"] or health["late"]}.items() if bad]
    print(json.dumps({"schema": 1, "minutes": options.minutes, "clients": options.clients, "counts": soak.counts, "before": before,
                      "after": after, "leaked_bytes": leaked, "health_ms": health["probe_ms"], "health_late": health["late"],
                      "wrong": soak.wrong[:3], "failures": failures}, indent=None if options.json else 2))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

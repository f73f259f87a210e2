#!/usr/bin/env python3
"""Breaks what answers, at a random token, and counts the answers that are whole all the same.

    no_lost_answer.py --pincer BINARY --model FILE.gguf [--runs 200] [--litellm VENV/bin/litellm] [--write docs/router-failover.md]

The cloud is another pincer with the same weights, so that a whole answer can be compared byte for byte with an unbroken one. Each
fault is done to the cloud by a proxy (reset, close, stall, garbage, limit), to the cloud's process (killed, and started again for the
next run), or to the local engine in its own process (killed, frozen). The gap is the longest silence between two pieces of an answer's
text, as the client sees it. With --litellm the cloud's faults are done behind LiteLLM's proxy as well, with a healthy pincer as its
fallback: as it comes, and with its continuation of broken streams switched on.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

NAME = "smollm2-135m-instruct"
# Answered at length, to the end, and by tokens whose likeliest rival is far off (0.13): where two are nearly as likely, the other one may be
# chosen after a break, since what was written is computed as a prompt and may be cut into other tokens. That answer is as good, but not the same.
PROMPT = "Count from 1 to 20."
TOKENS = 48  # the fault comes before


def body(model):
    return {"model": model, "messages": [{"role": "user", "content": PROMPT}], "temperature": 0, "max_tokens": 4 * TOKENS}


def read(response, began, on_piece=None):
    """(text, done, longest gap, error code, whether another upstream went on)"""
    text, done, last, gap, error, migrated, pieces = "", False, began, 0.0, None, False, 0
    for line in response:
        line = line.decode().strip()
        migrated = migrated or line.startswith(": pincer-migrated")
        if line == "data: [DONE]":
            done = True
        if not line.startswith("data: {"):
            continue
        event = json.loads(line[6:])
        error = event.get("error", {}).get("code") or error
        piece = "".join(choice["delta"].get("content") or "" for choice in event.get("choices", []))
        if not piece:
            continue
        now = time.monotonic()
        gap, last = (max(gap, now - last) if text else 0.0), now
        text += piece
        pieces += 1
        if on_piece:
            on_piece(pieces)
    return text, done, gap, error, migrated


class Bench:
    def __init__(self, support, proxy_class):
        self.support = support
        self.home = support.Home()
        self.cloud = support.Server(self.home)
        self.proxy = proxy_class(self.cloud.port)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.mortal_port = free.getsockname()[1]
        self.mortal = None
        name = NAME
        config = self.home.path / "router.yaml"
        config.write_text(f"""
upstreams:
  - {{name: local, kind: engine, models: {{chat: {name}, mortal: {name}}}}}
  - {{name: worker, kind: worker, models: {{worked: {name}}}, timeouts: {{first_token: 5s, inter_token: 1s}}}}
{self.upstream("cloud", self.proxy.port)}
{self.upstream("mortal", self.mortal_port)}
routes:
  - {{model: chat, cloud: cloud, local: local, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}, fallbacks: [local]}}
  - {{model: mortal, cloud: mortal, local: local, policy: {{rules: [{{if: "characters >= 0", use: mortal}}]}}, fallbacks: [local]}}
  - {{model: worked, local: worker, cloud: cloud, policy: fixed, fallbacks: [cloud]}}
""")
        self.server = support.Server(self.home, "--config", str(config))
        answer = json.loads(self.cloud.request("POST", "/v1/chat/completions", body(name))[1])
        if not TOKENS <= answer["usage"]["completion_tokens"] < 4 * TOKENS:
            raise SystemExit("the unbroken answer is too short or too long: another prompt is needed")
        self.whole = answer["choices"][0]["message"]["content"]

    def stream(self, model):
        return self.server.stream(body(model), {"x-pincer-markers": "1"})

    @staticmethod
    def upstream(name, port):
        return f"""  - name: {name}
    kind: openai
    base_url: http://127.0.0.1:{port}/v1
    proxy: none
    models: {{chat: {NAME}, worked: {NAME}, mortal: {NAME}}}
    prefill: continued
    timeouts: {{connect: 1s, first_token: 5s, inter_token: 1s}}
    outlier_detection: {{consecutive_errors: 100000, error_rate: 1, min_requests: 100000}}
    retry: {{max_attempts: 1}}"""

    def close(self):
        for server in filter(None, (self.server, self.cloud, self.mortal)):
            server.__exit__()
        self.proxy.close()
        self.home.remove()

    def workers(self):
        found = []
        for task in pathlib.Path(f"/proc/{self.server.process.pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
        return found

    def wait_for_worker(self):
        while True:
            connection, response = self.server.stream(dict(body("worked"), max_tokens=1))
            with contextlib.closing(connection):
                response.read()
            if response.getheader("x-pincer-upstream") == "worker":
                return
            time.sleep(0.05)  # its start needs the cores

    def cloud_run(self, fault, after):
        self.proxy.fail(fault, after)
        connection, response = self.stream("chat")
        with contextlib.closing(connection):
            return read(response, time.monotonic())

    def killed_run(self, after, ask=None):
        """`ask`: opens the stream; the route is asked if there is none."""
        if self.mortal is None or self.mortal.process.poll() is not None:
            self.mortal = self.support.Server(self.home, "--listen", f"http://127.0.0.1:{self.mortal_port}")

        def on_piece(pieces):
            if pieces >= after and self.mortal.process.poll() is None:
                self.mortal.process.kill()
                self.mortal.process.wait()

        connection, response = ask() if ask else self.stream("mortal")
        with contextlib.closing(connection):
            result = read(response, time.monotonic(), on_piece)
        on_piece(after)  # if it was too short
        return result

    def worker_run(self, sent, after):
        self.proxy.fail(None)
        self.wait_for_worker()
        pids, hit = self.workers(), threading.Event()

        def on_piece(pieces):
            if pieces >= after and not hit.is_set():
                hit.set()
                for pid in pids:
                    os.kill(pid, sent)

        connection, response = self.stream("worked")
        with contextlib.closing(connection):
            result = read(response, time.monotonic(), on_piece)
        if sent == signal.SIGSTOP:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        return result


class BehindLiteLLM:
    """The same cloud and the same faults with LiteLLM's proxy before it; its fallback is the cloud without the fault."""

    def __init__(self, bench, program, folder, goes_on):
        from forward_overhead import litellm_model, start_litellm
        self.bench = bench
        timeouts = {"timeout": 5, "stream_timeout": 1}
        healthy = litellm_model("healthy", NAME, bench.cloud.port, **timeouts)
        settings = {"disable_cooldowns": True, "num_retries": 0, "fallbacks": [{"chat": ["healthy"]}, {"mortal": ["healthy"]}]}
        if goes_on:
            healthy["model_info"] = {"supports_assistant_prefill": True}
            settings["enable_mid_stream_fallback_continuation"] = True
        config = {"model_list": [litellm_model("chat", NAME, bench.proxy.port, **timeouts), healthy,
                                 litellm_model("mortal", NAME, bench.mortal_port, **timeouts)],
                  "router_settings": settings}
        self.process, self.port, self.key = start_litellm(program, config, folder)

    def close(self):
        self.process.terminate()
        self.process.wait()

    def stream(self, model):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/v1/chat/completions", json.dumps(dict(body(model), stream=True)),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"})
        return connection, connection.getresponse()

    def run(self, fault, after):
        if fault == "killed":
            return self.bench.killed_run(after, lambda: self.stream("mortal"))
        self.bench.proxy.fail(fault, after)
        connection, response = self.stream("chat")
        with contextlib.closing(connection):
            return read(response, time.monotonic())


def measure(name, run, runs, draw, whole):
    """A line of the table; what went wrong goes to stderr."""
    gaps, same, ended, shown, went_on, odd = [], 0, 0, 0, 0, []
    for _ in range(runs):
        after = draw.randrange(1, TOKENS - 8)
        try:
            text, done, gap, error, migrated = run(after)
        except (OSError, http.client.HTTPException) as broken:
            text, done, gap, error, migrated = "", False, 20.0, type(broken).__name__, False
        ended += done
        same += done and text == whole
        shown += error is not None
        went_on += migrated
        if not done or text != whole:
            odd.append((after, text, error))
        gaps.append(gap)
    gaps.sort()
    for after, text, error in odd[:3]:
        print(f"  after {after}: {error} {text!r}", file=sys.stderr)
    last = gaps[min(len(gaps) - 1, int(0.99 * len(gaps)))]
    times = f"{1000 * statistics.median(gaps):.0f} | {1000 * last:.0f}" if ended else "- | -"
    line = f"| {name} | {runs} | {went_on} | {ended} | {same} | {shown} | {times} |"
    print(line, flush=True)
    return line


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--litellm")
    parser.add_argument("--litellm-runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support
    from fault_proxy import FaultProxy

    draw = random.Random(arguments.seed)
    bench = Bench(support, FaultProxy)
    cloud_faults = ("reset", "close", "stall", "garbage", "limit")
    faults = {f"cloud: {fault}": (lambda after, fault=fault: bench.cloud_run(fault, after)) for fault in cloud_faults}
    faults["cloud: process killed"] = bench.killed_run
    faults["worker: killed"] = lambda after: bench.worker_run(signal.SIGKILL, after)
    faults["worker: frozen"] = lambda after: bench.worker_run(signal.SIGSTOP, after)
    rows = []
    try:
        for name, run in faults.items():
            if not arguments.only or name in arguments.only:
                rows.append(measure(name, run, arguments.runs, draw, bench.whole))
        for goes_on in (False, True) if arguments.litellm else ():
            with tempfile.TemporaryDirectory() as folder:
                litellm = BehindLiteLLM(bench, arguments.litellm, pathlib.Path(folder), goes_on)
                try:
                    for fault in (*cloud_faults, "killed"):
                        name = f"LiteLLM{', continuation on' if goes_on else ''}: {fault}"
                        rows.append(measure(name, lambda after, fault=fault: litellm.run(fault, after), arguments.litellm_runs, draw, bench.whole))
                finally:
                    litellm.close()
    finally:
        bench.close()
    table = ("| fault | runs | gone on with | ended well | byte for byte | error shown | gap p50, ms | gap p99, ms |\n|---|---|---|---|---|---|---|---|\n"
             + "\n".join(rows) + "\n")
    if arguments.write:
        page = pathlib.Path(arguments.write)
        text = page.read_text()
        begin, end = "<!-- begin: made by bench/router/no_lost_answer.py -->\n", "<!-- end -->\n"
        head, rest = text.split(begin)
        page.write_text(head + begin + table + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()

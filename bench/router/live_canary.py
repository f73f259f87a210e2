#!/usr/bin/env python3
"""Canaries of a live server: how many that are like the baseline are rolled back, how soon worse ones are, and whether sessions stay.

    live_canary.py --pincer BINARY --model FILE.gguf [--weights 10 50] [--alike 100] [--worse 50] [--write docs/canary.md]

A mock of this process plays both arms: first tokens and lengths are log-normal, a share of the requests fails, half of these with status
500 and half in the middle of the answer. Each canary is a route of its own, all in one `pincer serve`; a few at a time get requests from
concurrent clients, in a random order of rows, so that a busy machine hits all of them alike. A canary has passed once the mock has got 300
requests for it, and is rolled back when GET /admin/canary says so. Exit code 1 if a session flips or a canary that was rolled back is asked.
"""

import argparse
import asyncio
import dataclasses
import json
import math
import os
import pathlib
import random
import statistics
import sys
import threading

import mock_cloud

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
BEGIN, END = "<!-- begin: made by bench/router/live_canary.py -->\n", "<!-- end -->\n"

MOST = 300  # requests to a canary that is worse, before it must be found
LONGEST, TOKEN_S = 256, 0.0005  # of answers, in tokens; of a token after the first
PROMPT = [{"role": "user", "content": "Say some words."}]


@dataclasses.dataclass(frozen=True)
class Arm:
    first_token_s: float = 0.040  # the median; log-normal with a deviation of 0.5
    tokens: float = 40  # as well, of 0.8
    errors: float = 0.01


ROWS = {
    "like the baseline": (Arm(), Arm()),
    "+30 % first token": (Arm(), Arm(first_token_s=1.3 * Arm.first_token_s)),
    "+5 % errors, none before": (Arm(errors=0), Arm(errors=0.05)),
    "+5 % errors, 1 % before": (Arm(errors=0.01), Arm(errors=0.06)),
    "three times as long": (Arm(), Arm(tokens=3 * Arm.tokens)),
    "a third as long": (Arm(), Arm(tokens=Arm.tokens / 3)),
}


@dataclasses.dataclass
class Run:
    """A canary."""
    route: str
    row: str
    weight: float
    got: int = 0  # requests to it that have reached the mock
    status: dict = dataclasses.field(default_factory=dict)  # as /admin/canary says

    def rolled_back(self):
        return self.status.get("stage") == "rolled_back"

    def over(self):
        return self.got >= MOST or self.rolled_back()


class Mock:
    """Both arms of every row: the path says which."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.runs = {}  # route -> Run
        self.arms = [arm for row in ROWS.values() for arm in row]

    async def answer(self, writer, path, body):
        index = int(path.split("/")[1])
        if index % 2 == 1:
            self.runs[json.loads(body)["model"]].got += 1
        arm, draw = self.arms[index], self.draw
        fails, breaks = draw.random() < arm.errors, draw.random() < 0.5
        tokens = max(2, min(LONGEST, round(arm.tokens * math.exp(draw.gauss(0, 0.8)))))
        await asyncio.sleep(arm.first_token_s * math.exp(draw.gauss(0, 0.5)))
        if fails and not breaks:
            writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}")
            return
        writer.write(mock_cloud.HEAD + mock_cloud.delta({"role": "assistant", "content": "word"}))
        await asyncio.sleep(TOKEN_S * tokens)
        if fails:
            writer.close()
            return
        rest = mock_cloud.delta({"content": " word" * (tokens - 1)})
        writer.write(rest + mock_cloud.delta({}, "stop") + mock_cloud.usage(tokens) + mock_cloud.END)


class Client:
    """A connection that is kept."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def ask(self, route, session=None):
        """(whether the lot gave it to the canary, the upstream that answered, whether the answer is whole)"""
        body = json.dumps({"model": route, "stream": True, "messages": PROMPT})
        return await self.send("POST", "/v1/chat/completions", body, f"x-pincer-session: {session}\r\n" if session else "")

    async def send(self, method, path, body="", headers=""):
        if self.streams is None or self.streams[1].is_closing():
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        reader, writer = self.streams
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
                     f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        if "content-length" in fields:
            text = await reader.readexactly(int(fields["content-length"]))
        else:
            text = await reader.readuntil(b"\r\n0\r\n\r\n")
        if fields.get("connection") == "close":
            writer.close()
        self.text = text
        self.status = int(head[0].split()[1])
        return fields.get("x-pincer-decision-cause") == "canary", fields.get("x-pincer-upstream"), b"[DONE]" in text and b'"error"' not in text

    async def admin(self, method, path, body=None):
        await self.send(method, path, json.dumps(body) if body else "")
        if self.status != 200:
            raise SystemExit(f"{method} {path}: {self.status} {self.text!r}")
        return json.loads(self.text)

    def close(self):
        if self.streams:
            self.streams[1].close()


def config_of(port, runs):
    lines = ["upstreams:"]
    for index in range(2 * len(ROWS)):
        lines.append(f'  - {{name: {upstream(index // 2, index % 2)}, base_url: "http://127.0.0.1:{port}/{index}/v1", proxy: none}}')
    lines.append("routes:")
    for run in runs:
        row = list(ROWS).index(run.row)
        baseline, canary = upstream(row, 0), upstream(row, 1)
        lines.append(f"  - {{model: {run.route}, cloud: {baseline}, canary: {{target: {canary}, baseline: {baseline}, weight: {run.weight:g}, "
                     "guard: {error_rate: 1%, ttft_p95: 20%}}}")
    return "\n".join(lines) + "\n"


def upstream(row, arm):
    return f"{('old', 'new')[arm]}{row}"


class Load:
    """Concurrent clients on a few runs at a time, until all runs are over."""

    def __init__(self, port, runs, clients, together, draw):
        self.port, self.clients, self.draw = port, clients, draw
        self.waiting = runs[::-1]
        self.active = [self.waiting.pop() for _ in range(min(together, len(runs)))]
        self.requests = self.failures = 0

    def next_run(self):
        while self.active:
            place = self.draw.randrange(len(self.active))
            if not self.active[place].over():
                return self.active[place]
            self.active[place] = self.active[-1]
            self.active.pop()
            if self.waiting:
                self.active.append(self.waiting.pop())
        return None

    async def ask(self):
        client = Client(self.port)
        while run := self.next_run():
            _, _, whole = await client.ask(run.route)
            self.requests += 1
            self.failures += not whole
        client.close()

    async def watch(self, runs, until):
        client, rounds = Client(self.port), 0
        while not until.is_set():
            await read_status(client, runs)
            rounds += 1
            if rounds % 30 == 0:
                print(f"{self.requests} requests, {sum(not run.over() for run in runs)} canaries left", file=sys.stderr, flush=True)
            await asyncio.sleep(1)
        client.close()

    async def run(self, runs):
        done = asyncio.Event()
        watching = asyncio.create_task(self.watch(runs, done))
        await asyncio.gather(*(self.ask() for _ in range(self.clients)))
        done.set()
        await watching


async def read_status(client, runs):
    statuses = {status["route"]: status for status in (await client.admin("GET", "/admin/canary"))["canaries"]}
    for run in runs:
        run.status = statuses[run.route]


async def asked_again(port, runs):
    """Routes whose canary gets requests after it was rolled back."""
    client, wrong = Client(port), []
    for run in filter(Run.rolled_back, runs):
        before = run.got
        for _ in range(5):
            await client.ask(run.route)
        if run.got != before:
            wrong.append(run.route)
    client.close()
    return wrong


async def sides_of(port, route, sessions, arguments, draw):
    """(session -> the sides that it was on: True for the canary; requests that the baseline answered since the canary had failed)

    The requests come in a random order, several of a session at a time."""
    jobs = [session for session in sessions for _ in range(arguments.session_requests)]
    draw.shuffle(jobs)
    sides, helped = {session: set() for session in sessions}, 0

    async def work():
        nonlocal helped
        client = Client(port)
        while jobs:
            session = jobs.pop()
            its, name, _ = await client.ask(route, session)
            sides[session].add(its)
            helped += its and name == upstream(0, 0)
        client.close()

    await asyncio.gather(*(work() for _ in range(arguments.clients)))
    return sides, helped


async def check_sessions(port, route, arguments, draw, known):
    """(lines of the page, what is wrong); `known`: sides at each weight, of an earlier server."""
    sessions = [f"session-{number}" for number in range(arguments.sessions)]
    admin, lines, wrong, before = Client(port), [], [], {}

    async def look(what, change, moved):
        """`moved`: whether a session that was on one side may not be on the other one now."""
        await admin.admin("POST", f"/admin/canary/{route}", change)
        sides, helped = await sides_of(port, route, sessions, arguments, draw)
        flipped = [session for session in sessions if len(sides[session]) != 1]
        side = {session: max(sides[session]) for session in sessions}
        back = [session for session in before if moved(before[session], side[session])]
        wrong.extend(f"{what}: {session} was on both sides" for session in flipped)
        wrong.extend(f"{what}: {session} moved" for session in back)
        lines.append(f"| {what} | {100 * statistics.mean(side.values()):.1f} % | {len(flipped)} | {len(back) if before else '-'} | {helped} |")
        return side

    for weight in arguments.session_weights:
        before = await look(f"{weight:g} %", {"weight": weight}, lambda old, new: old and not new)
        if known.setdefault(weight, before) != before:
            wrong.append(f"{weight} %: a server that was started again draws other sessions")
    await look("rolled back by hand", {"action": "rollback"}, lambda _, new: new)
    await look("resumed", {"action": "resume"}, lambda old, new: old != new)
    admin.close()
    return lines, wrong


def line_of(row, weight, runs):
    back = [run for run in runs if run.rolled_back()]
    counts = [run.status["requests"]["canary"] for run in back]
    guards = [run.status["reason"].split(":")[0] for run in back]
    others = [max(guard["confidence"] for guard in run.status["guards"]) for run in runs if not run.rolled_back()]
    spread = f"{statistics.median(counts):.0f} ({min(counts)} to {max(counts)})" if counts else "-"
    by = ", ".join(f"{guard} {guards.count(guard)}" for guard in sorted(set(guards))) or "-"
    evidence = f"{statistics.median(others):.2f}, {max(others):.2f}" if others else "-"
    return (f"| {weight:g} % | {row} | {len(runs)} | {len(back)} | {sum(run.got <= MOST for run in back)} | {spread} | {max(run.got for run in runs)} | "
            f"{by} | {evidence} |")


def measured_first_tokens(runs):
    """Medians as the server saw them, which is what the arms differ in after all that the machine adds."""
    def median(row, arm):
        return 1000 * statistics.median(next(g for g in run.status["guards"] if g["guard"] == "ttft")[arm] for run in runs if run.row == row)
    old, same, slow = median("like the baseline", "baseline"), median("like the baseline", "canary"), median("+30 % first token", "canary")
    return f"{old:.0f} ms of the baselines, {same:.0f} of canaries that are like them, {slow:.0f} of slower ones"


def start_server(support, home, port, runs):
    config = home.path / "canaries.yaml"
    config.write_text(config_of(port, runs))
    server = support.Server(home, "--config", str(config))
    # A rollback is a line in the log, and a full pipe would stop the server.
    threading.Thread(target=lambda: [None for _ in server.process.stderr], daemon=True).start()
    return server


async def measure(arguments, support, home):
    draw = random.Random(arguments.seed)
    mock = Mock(arguments.seed + 1)
    listener, port = await mock_cloud.listen(mock.answer)
    runs = [Run(f"r{index}-w{weight:g}-n{number}", row, weight)
            for weight in arguments.weights for index, row in enumerate(ROWS)
            for number in range(arguments.alike if index == 0 else arguments.worse)]
    sticky = Run("sticky", "like the baseline", arguments.session_weights[0])
    mock.runs = {run.route: run for run in [*runs, sticky]}
    known, wrong = {}, []
    for _ in range(2 if arguments.sessions else 0):  # the second time as after a restart
        server = start_server(support, home, port, [sticky])
        session_lines, flips = await check_sessions(server.port, "sticky", arguments, draw, known)
        wrong += flips
        server.__exit__()
    with start_server(support, home, port, runs) as server:
        draw.shuffle(runs)
        load = Load(server.port, runs, arguments.clients, arguments.together, draw)
        await load.run(runs)
        client = Client(server.port)
        await read_status(client, runs)
        client.close()
        wrong += await asked_again(server.port, runs)
    listener.close()
    table = ["| weight | the canary is | canaries | rolled back | within 300 requests | requests until then | most that one got | by the guard | "
             "evidence of the others |", "|---|---|---|---|---|---|---|---|---|"]
    table += [line_of(row, weight, [run for run in runs if run.row == row and run.weight == weight]) for weight in arguments.weights for row in ROWS]
    table += ["", f"{load.requests} requests; {load.failures} of them failed for the client. First tokens as the server saw them: {measured_first_tokens(runs)}."]
    if arguments.sessions:
        table += ["", f"{arguments.sessions} sessions, {arguments.session_requests} requests of each at every weight:", "",
                  "| weight | sessions with the canary | on both sides | went back | requests that the baseline answered since the canary had failed |",
                  "|---|---|---|---|---|", *session_lines]
    return "\n".join(table) + "\n", wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True, help="of the server; no request needs it")
    parser.add_argument("--weights", nargs="+", type=float, default=[10, 50])
    parser.add_argument("--alike", type=int, default=100, help="canaries that are like the baseline, at each weight")
    parser.add_argument("--worse", type=int, default=50, help="canaries of each other row, at each weight")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--together", type=int, default=16, help="canaries that get requests at a time")
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--session-requests", type=int, default=20)
    parser.add_argument("--session-weights", nargs="+", type=float, default=[5, 20, 50])
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support

    home = support.Home()
    try:
        table, wrong = asyncio.run(measure(arguments, support, home))
    finally:
        home.remove()
    print(table, end="")
    for each in wrong[:20]:
        print(f"wrong: {each}", file=sys.stderr)
    if arguments.write:
        page = pathlib.Path(arguments.write)
        head, rest = page.read_text().split(BEGIN)
        page.write_text(head + BEGIN + table + END + rest.split(END, 1)[1])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""A step from 1 to 20 clients against a route with `load`: does the first token still come in time, and what does the cloud cost for it?

    load_step.py --pincer BINARY --model FILE.gguf [--target 1] [--seconds 40] [--write docs/router-load.svg]

The local side is the engine of this machine. The cloud is a server of this script's, with a fixed delay and rate and no limit, since a second
engine would take the same cores. Clients wait for a whole answer, think, and ask anew with a prompt of their own. The same load then meets
fixed shares for the cloud (policy `weighted`, 0 to 100 %); the best one is the cheapest that keeps 95 % in time. Times and costs are of the
whole time with many clients, the step itself included. Costs are the share of tokens that the cloud wrote.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "e2e"), str(ROOT / "bench")]
import mock_cloud  # noqa: E402
import svg  # noqa: E402

NAME = "smollm2-135m-instruct"
CLIENTS, TOKENS, THINK, GOAL = 20, 24, 1.0, 0.95
CLOUD_DELAY, CLOUD_RATE = 0.3, 80  # seconds to the first token, tokens a second
WORDS = ("river stone lamp winter paper garden iron music window salt morning wheel copper island thread market silver bridge candle "
         "forest engine letter harbour cotton mirror ladder valley pepper anchor violin").split()


async def cloud(writer, _path, _body):
    await asyncio.sleep(CLOUD_DELAY)
    writer.write(mock_cloud.HEAD)
    for _ in range(TOKENS):
        writer.write(mock_cloud.delta({"role": "assistant", "content": " word"}))
        await asyncio.sleep(1 / CLOUD_RATE)
    writer.write(mock_cloud.delta({"role": "assistant", "content": ""}, "stop") + mock_cloud.usage(TOKENS) + mock_cloud.END)


async def ask(port, prompt):
    """(seconds to the first token, whether the cloud wrote it)"""
    body = json.dumps({"model": "chat", "stream": True, "max_tokens": TOKENS, "messages": [{"role": "user", "content": prompt}]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, first, seen = time.monotonic(), None, b""
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
                 b"Content-Length: %d\r\n\r\n" % len(body) + body)
    while piece := await reader.read(65536):
        seen += piece
        if first is None and b'"content":"' in seen.replace(b'"content":""', b""):
            first = time.monotonic() - began
    writer.close()
    first = first or time.monotonic() - began  # an answer without a word
    if b"[DONE]" not in seen:
        raise SystemExit(f"no answer: {seen[:400]!r}")
    return first, b"x-pincer-upstream: cloud" in seen.lower()


async def client(port, begin, until, seed, out):
    draw = random.Random(seed)
    await asyncio.sleep(max(0.0, begin + draw.uniform(0, THINK) - time.monotonic()))
    while time.monotonic() < until:
        prompt = " ".join(draw.choices(WORDS, k=arguments.words)) + ".\nWrite a long story about these words."
        at = time.monotonic()
        first, away = await ask(port, prompt)
        out.append({"at": at, "first": first, "cloud": away})
        await asyncio.sleep(draw.expovariate(1 / THINK))


async def load(port, before, seconds, after):
    """One client all the time, the others from `before` on for `seconds`: the requests, with times counted from the step."""
    out, start = [], time.monotonic()
    step = start + before
    tasks = [client(port, start, step + seconds + after, 0, out)]
    tasks += [client(port, step, step + seconds, number, out) for number in range(1, CLIENTS)]
    await asyncio.gather(*tasks)
    for request in out:
        request["at"] -= step
    return sorted(out, key=lambda request: request["at"])


def config(home, port, target, share=None):
    policy = f"{{load: {{target_ttft: {round(1000 * target)}ms}}}}" if share is None else f"{{weights: {{local: {100 - share}, cloud: {share}}}}}"
    file = home.path / "load.yaml"
    file.write_text(f"""
upstreams:
  - {{name: local, kind: engine, models: {{chat: {NAME}}}}}
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{port}/v1", proxy: none, price_per_mtok: {{output: 1}}}}
routes:
  - {{model: chat, local: local, cloud: cloud, policy: {policy}}}
""")
    return str(file)


def summary(requests, target, seconds):
    busy = [request for request in requests if 0 <= request["at"] < seconds]
    first = sorted(request["first"] for request in busy)
    return {"requests": len(busy), "in_time": statistics.mean(one <= target for one in first), "cloud": statistics.mean(r["cloud"] for r in busy),
            "p50": statistics.median(first), "p95": first[int(0.95 * len(first))]}


def settling(requests, target, seconds):
    """(seconds from the step until 95 % of the requests of the next 5 s, and of all later ones, are in time; the longest first token)"""
    busy = [request for request in requests if 0 <= request["at"] < seconds]
    settled = None
    for begin in range(int(seconds) - 5, -1, -1):
        window = [r["first"] <= target for r in busy if begin <= r["at"] < begin + 5]
        if window and statistics.mean(window) < GOAL:
            break
        settled = begin
    return settled, max(request["first"] for request in busy)


def picture(requests, target, seconds, before, after):
    width, height, left, top, right, bottom = 680, 420, 60, 50, 60, 50
    most = max(2 * target, max(request["first"] for request in requests))

    def at(when, first):
        return left + (when + before) / (before + seconds + after) * (width - left - right), height - bottom - first / most * (height - top - bottom)

    parts = [svg.text(left, 26, "A step from 1 to 20 clients, and back: time to the first token", kind="title")]
    for i in range(5):
        x, y = at(-before, most * i / 4)
        parts += [svg.line(x, y, width - right, y, "grid"), svg.text(x - 6, y + 4, f"{most * i / 4:.1f} s", "end", "small"),
                  svg.text(width - right + 6, y + 4, f"{25 * i} %", "start", "small")]
    for when in range(-int(before), int(seconds + after) + 1, 10):
        x, y = at(when, 0)
        parts += [svg.line(x, y, x, top, "grid"), svg.text(x, y + 18, f"{when} s", "middle", "small")]
    x, y = at(-before, target)
    parts += [svg.line(x, y, width - right, y, "roof", "6 4"), svg.text(x + 4, y - 5, "target", kind="small halo")]
    for request in requests:
        x, y = at(request["at"], request["first"])
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{svg.COLOURS[1 if request["cloud"] else 0]}"/>')
    points = []
    for when in range(-int(before), int(seconds + after) - 1):
        window = [request["cloud"] for request in requests if when <= request["at"] < when + 3]
        if window:
            points.append("{:.1f},{:.1f}".format(*at(when + 1.5, most * statistics.mean(window))))
    parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{svg.COLOURS[2]}" stroke-width="2"/>')
    for i, name in enumerate(("answered here", "answered by the cloud", "share of the cloud (right axis, 3 s)")):
        x, y = width - right - 230, top + 14 + 16 * i
        parts += [f'<rect x="{x}" y="{y - 6}" width="12" height="4" fill="{svg.COLOURS[i]}"/>', svg.text(x + 18, y, name, kind="small halo")]
    return svg.picture(width, height, "Time to the first token while 20 clients come and go", parts)


def main():
    import support
    home, port, target = support.Home(), mock_cloud.serve(cloud), arguments.target

    def measure(share, before, after):
        with support.Server(home, "--config", config(home, port, target, share)) as server:
            asyncio.run(ask(server.port, "Hello"))  # the model is loaded, and the engine has seen a step
            return asyncio.run(load(server.port, before, arguments.seconds, after))

    try:
        lines = ["| | requests | first token in time | of the cloud | p50, ms | p95, ms |", "|---|---|---|---|---|---|"]

        def add(name, found):
            lines.append(f"| {name} | {found['requests']} | {100 * found['in_time']:.1f} % | {100 * found['cloud']:.1f} % | {1000 * found['p50']:.0f} | "
                         f"{1000 * found['p95']:.0f} |")
            print(lines[-1], flush=True)

        print("\n".join(lines))
        requests = measure(None, arguments.before, arguments.after)
        ours = summary(requests, target, arguments.seconds)
        add("load", ours)
        best = None
        for share in range(0, 101, arguments.by):
            found = summary(measure(share, 1, 0), target, arguments.seconds)
            add(f"fixed, {share} % to the cloud", found)
            if best is None and found["in_time"] >= GOAL:
                best = found
    finally:
        home.remove()
    settled, longest = settling(requests, target, arguments.seconds)
    after = [request["cloud"] for request in requests if request["at"] >= arguments.seconds + 5]
    print(f"\ntarget {target:g} s; settled after {'-' if settled is None else settled} s; longest first token {longest:.2f} s; cost against the best fixed share: "
          f"{ours['cloud'] / best['cloud'] if best and best['cloud'] else float('nan'):.2f}; "
          f"5 s after the others left {100 * statistics.mean(after) if after else float('nan'):.0f} % still go to the cloud")
    if arguments.write:
        pathlib.Path(arguments.write).write_text(picture(requests, target, arguments.seconds, arguments.before, arguments.after))


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--pincer", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--target", type=float, default=1.0, help="seconds to the first token")
parser.add_argument("--words", type=int, default=1000, help="of each prompt; unlike any other's")
parser.add_argument("--before", type=float, default=10, help="seconds with one client")
parser.add_argument("--seconds", type=float, default=30, help="with all clients")
parser.add_argument("--after", type=float, default=20, help="seconds with one client again")
parser.add_argument("--by", type=int, default=10, help="percent between two fixed shares")
parser.add_argument("--write")

if __name__ == "__main__":
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    main()

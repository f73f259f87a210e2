#!/usr/bin/env python3
"""Breaks what answers, at a random token, and counts the answers that are whole all the same.

    no_lost_answer.py --pincer BINARY --model FILE.gguf [--runs 200] [--write docs/router-failover.md]

The cloud is another pincer with the same weights, so that a whole answer can be compared byte for byte with an unbroken one. Each
fault is done to the cloud by a proxy (reset, close, stall, garbage), or to the local engine in its own process (killed, frozen).
The gap is the longest silence between two pieces of an answer's text, as the client sees it, in runs that were gone on with.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

PROMPT = "Count from one to thirty in words, separated by commas."
TOKENS = 48


def body(model):
    return {"model": model, "messages": [{"role": "user", "content": PROMPT}], "temperature": 0, "max_tokens": TOKENS}


def read(response, began, on_piece=None):
    """(text, done, longest gap, error code)"""
    text, done, last, gap, error = "", False, began, 0.0, None
    for line in response:
        line = line.decode().strip()
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
        if on_piece:
            on_piece(text)
    return text, done, gap, error


class Bench:
    def __init__(self, support, proxy_class):
        self.support = support
        self.home = support.Home()
        self.cloud = support.Server(self.home)
        self.proxy = proxy_class(self.cloud.port)
        name = "smollm2-135m-instruct"
        config = self.home.path / "router.yaml"
        config.write_text(f"""
upstreams:
  - {{name: local, kind: engine, models: {{chat: {name}}}}}
  - {{name: worker, kind: worker, models: {{worked: {name}}}, timeouts: {{first_token: 5s, inter_token: 1s}}}}
  - name: cloud
    kind: openai
    base_url: http://127.0.0.1:{self.proxy.port}/v1
    proxy: none
    models: {{chat: {name}, worked: {name}}}
    prefill: continued
    timeouts: {{connect: 1s, first_token: 5s, inter_token: 1s}}
    outlier_detection: {{consecutive_errors: 100000, error_rate: 1, min_requests: 100000}}
    retry: {{max_attempts: 1}}
routes:
  - {{model: chat, cloud: cloud, local: local, policy: {{rules: [{{if: "characters >= 0", use: cloud}}]}}, fallbacks: [local]}}
  - {{model: worked, local: worker, cloud: cloud, policy: fixed, fallbacks: [cloud]}}
""")
        self.server = support.Server(self.home, "--config", str(config))
        self.whole = json.loads(self.cloud.request("POST", "/v1/chat/completions", body(name))[1])["choices"][0]["message"]["content"]

    def close(self):
        for server in (self.server, self.cloud):
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

    def cloud_run(self, fault, after):
        self.proxy.fail(fault, after)
        connection, response = self.server.stream(body("chat"))
        with contextlib.closing(connection):
            return read(response, time.monotonic())

    def worker_run(self, sent, after):
        self.proxy.fail(None)
        self.wait_for_worker()
        pids, hit = self.workers(), threading.Event()

        def on_piece(text):
            if len(text.split()) >= after and not hit.is_set():
                hit.set()
                for pid in pids:
                    os.kill(pid, sent)

        connection, response = self.server.stream(body("worked"))
        with contextlib.closing(connection):
            result = read(response, time.monotonic(), on_piece)
        if sent == signal.SIGSTOP:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support
    from fault_proxy import FaultProxy

    draw = random.Random(arguments.seed)
    bench = Bench(support, FaultProxy)
    faults = {f"cloud: {fault}": (lambda after, fault=fault: bench.cloud_run(fault, after))
              for fault in ("reset", "close", "stall", "garbage", "limit")}
    faults["worker: killed"] = lambda after: bench.worker_run(signal.SIGKILL, after)
    faults["worker: frozen"] = lambda after: bench.worker_run(signal.SIGSTOP, after)
    rows = []
    try:
        for name, run in faults.items():
            if arguments.only and name not in arguments.only:
                continue
            gaps, whole, ended, odd = [], 0, 0, []
            for _ in range(arguments.runs):
                after = draw.randrange(1, TOKENS - 8)
                text, done, gap, error = run(after)
                ended += done
                whole += done and text == bench.whole
                if not done or text != bench.whole:
                    odd.append((after, text, error))
                gaps.append(gap)
            gaps.sort()
            rows.append(f"| {name} | {arguments.runs} | {ended} | {whole} | {1000 * statistics.median(gaps):.0f} | "
                        f"{1000 * gaps[min(len(gaps) - 1, int(0.99 * len(gaps)))]:.0f} |")
            print(rows[-1], flush=True)
            for after, text, error in odd[:3]:
                print(f"  after {after}: {error} {text!r}", file=sys.stderr)
    finally:
        bench.close()
    table = "| fault | runs | ended well | byte for byte | gap p50, ms | gap p99, ms |\n|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    if arguments.write:
        page = pathlib.Path(arguments.write)
        text = page.read_text()
        begin, end = "<!-- begin: made by bench/router/no_lost_answer.py -->\n", "<!-- end -->\n"
        head, rest = text.split(begin)
        page.write_text(head + begin + table + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()

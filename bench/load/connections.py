#!/usr/bin/env python3
"""How much memory open streams and idle connections take: 1,000 streams at once, of which as many as the server lets run are
answered and the others wait; then 10,000 connections that do nothing. /health is asked all the time."""

import json
import subprocess
import time

import server


def probe_while(running, what):
    prober = running.probe()
    result = what()
    health = running.probed(prober)
    return result, {"probe_ms": health["probe_ms"], "late": health["late"], "failed": health["failed"]}


def streams(running, count, max_tokens):
    most = 0
    process = running.load("streams", "--clients", count, "--rounds", 1, "--max-tokens", max_tokens)
    seen = 0
    while process.poll() is None:
        most = max(most, running.memory())
        seen = max(seen, running.metric("pincer_active_requests") - 1)
        time.sleep(0.2)
    out = process.stdout.read()
    if process.returncode != 0:
        raise SystemExit("pincer_load failed; the server said:\n" + "".join(running.log))
    return {**json.loads(out), "most_open": seen, "most_memory": most}


def idle(running, count):
    process = running.load("idle", "--count", count, stdin=subprocess.PIPE)
    if process.stdout.readline().strip() != "open":
        raise SystemExit("the connections were not opened; the server said:\n" + "".join(running.log))
    time.sleep(1)
    result = {"connections": running.metric("pincer_connections") - 2, "memory": running.memory(), "files": running.open_files()}
    process.stdin.close()
    process.wait()
    return result


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--max-active", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=32)
    parser.add_argument("--idle", type=int, default=10000)
    options = parser.parse_args()
    flags = ["--max-active", str(options.max_active), "--max-queued", str(options.streams), "--max-queue-wait", "0", "--model", options.model,
             "--max-connections", str(max(options.idle, options.streams) + 100)]
    with server.Server(options, *flags) as running:
        running.measure("streams", "--clients", 4, "--rounds", 1, "--max-tokens", 4)  # everything is there that is made once
        before = running.memory()
        streamed, health = probe_while(running, lambda: streams(running, options.streams, options.max_tokens))
        between = running.memory()
        held, idle_health = probe_while(running, lambda: idle(running, options.idle))
        print(json.dumps({
            "schema": 1, "memory_before": before,
            "streams": {**streamed, "bytes_each": (streamed["most_memory"] - before) / options.streams, "health": health},
            "idle": {**held, "bytes_each": (held["memory"] - between) / options.idle, "health": idle_health},
            "memory_after": running.memory()}, indent=None if options.json else 2))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What serving costs: total tokens/s of clients that stream over HTTP, beside the same work on a bare engine in a process of its
own, in turns; and what HTTP adds to the time to the first token.

The client shares the cores with the server. It is a C++ program on epoll that reports the CPU time that it used itself; the
share of the cores that it took is printed beside the ratio, which is not corrected for it."""

import json
import os
import pathlib
import statistics
import subprocess

import server


def engine_run(options, work):
    pool = pathlib.Path(options.home) / "pool"
    model = pathlib.Path(options.home) / "models" / options.file
    out = subprocess.run([options.build / "bench/load/pincer_engine_load", "--model", model, "--pool", pool,
                          "--tuning", options.home, *map(str, work)], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)


def compare(options, running, clients):
    rounds = max(2, options.requests // clients)
    work = ["--clients", clients, "--max-tokens", options.max_tokens]
    running.measure("streams", "--model", options.model, *work, "--rounds", 1, "--first-round", 1000)  # it is warm then, as the engine will be
    ratios, engine, served, client_share, added = [], [], [], [], []
    for pair in range(options.pairs):
        # Whoever is first alternates, so that a machine that slows down or speeds up favours neither.
        order = ["engine", "http"] if pair % 2 == 0 else ["http", "engine"]
        result = {}
        # New prompts for each pair: the server would know those of the pair before, which a new engine cannot.
        own = [*work, "--rounds", rounds, "--first-round", pair * rounds]
        for kind in order:
            result[kind] = (engine_run(options, own) if kind == "engine" else
                            running.measure("streams", "--model", options.model, *own))
        bare, http = result["engine"], result["http"]
        assert bare["tokens"] == http["tokens"], (bare, http)
        ratios.append(http["tokens_per_s"] / bare["tokens_per_s"])
        engine.append(bare["tokens_per_s"])
        served.append(http["tokens_per_s"])
        client_share.append(http["cpu_seconds"] / http["seconds"] / os.cpu_count())
        added.append(http["added_first_token_ms"])
    return {"clients": clients, "pairs": options.pairs, "tokens": http["tokens"], "engine_tokens_per_s": statistics.median(engine),
            "http_tokens_per_s": statistics.median(served), "ratio": {"median": statistics.median(ratios), "min": min(ratios),
                                                                     "max": max(ratios), "samples": ratios},
            "client_share_of_cores": statistics.median(client_share),
            "added_first_token_ms": {"p50": statistics.median(a["p50"] for a in added), "p99": statistics.median(a["p99"] for a in added),
                                     "max": max(a["max"] for a in added)}}


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--file", default="SmolLM2-135M-Instruct.Q4_1.gguf", help="the model's file in PINCER_HOME/models")
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--requests", type=int, default=32, help="in one run, of all clients")
    parser.add_argument("--max-tokens", type=int, default=64)
    options = parser.parse_args()
    results = []
    with server.Server(options, "--max-active", "32") as running:
        for clients in map(int, options.clients.split(",")):
            results.append(compare(options, running, clients))
    if options.json:
        print(json.dumps({"schema": 1, "results": results}))
        return
    print("| clients | bare engine, tokens/s | HTTP, tokens/s | ratio (min - max) | client's share of the cores | added to the first token, "
          "ms: median, p99, max |\n|---|---|---|---|---|---|")
    for r in results:
        ratio, added = r["ratio"], r["added_first_token_ms"]
        print(f"| {r['clients']} | {r['engine_tokens_per_s']:.0f} | {r['http_tokens_per_s']:.0f} | {ratio['median']:.3f} "
              f"({ratio['min']:.3f} - {ratio['max']:.3f}) | {100 * r['client_share_of_cores']:.1f} % | {added['p50']:.2f}, "
              f"{added['p99']:.2f}, {added['max']:.2f} |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Decoding with and without speculation, in turns: python3 bench/speculation/measure.py [-m MODEL] [-r RUNS].

The first prompt is what prompt lookup is for, a program to be repeated with one name changed; the others are what it
must not harm. Prints tokens/s without and with, their ratio (median of the pairs), the tokens that a step gives, and
whether the answers are the same.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROMPTS = {
    "edit a program": [(HERE / "edit.txt").read_text()],
    "story": ["Tell me a story about a lighthouse keeper and a whale."],
    "list": ["Name thirty animals, each with one sentence about it."],
    "chat": ["Why is the sky blue, and why is it red in the evening?"],
}


def run(binary, arguments, prompt, tokens, temperature):
    command = [binary, "run", "--json", "-n", str(tokens), "--temp", str(temperature), "--seed", "1", *arguments, *prompt]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pincer", default=os.environ.get("PINCER_BIN", str(HERE.parents[1] / "build/release/server/pincer")))
    parser.add_argument("-m", "--model", default="")
    parser.add_argument("-d", "--draft", default="", help="a draft model instead of n-grams")
    parser.add_argument("-n", type=int, default=400, help="tokens")
    parser.add_argument("-r", type=int, default=5, help="pairs of runs")
    parser.add_argument("-t", "--threads", type=int, default=0)
    parser.add_argument("--temp", type=float, nargs="*", default=[0, 0.7])
    options = parser.parse_args()
    common = ["-t", str(options.threads)] + (["-m", options.model] if options.model else [])
    ways = {"off": ["--speculate", "off"], "on": ["--draft", options.draft] if options.draft else ["--speculate", "ngram"]}
    failed = False
    print("| prompt | temperature | tokens | off, tokens/s | on, tokens/s | ratio | tokens a step |")
    print("|---|---|---|---|---|---|---|")
    for name, prompt in PROMPTS.items():
        for temperature in options.temp:
            speed, ratios, answers = {"off": [], "on": []}, [], {}
            for _ in range(options.r):
                for way, arguments in ways.items():
                    result = run(options.pincer, common + arguments, prompt, options.n, temperature)
                    speed[way].append(result["timings"]["decode_tokens_per_s"])
                    answers[way] = result
                ratios.append(speed["on"][-1] / speed["off"][-1])
            failed = failed or answers["on"]["tokens"] != answers["off"]["tokens"]
            count, accepted = len(answers["on"]["tokens"]), answers["on"]["timings"]["accepted"]
            print(f"| {name} | {temperature} | {count} | {statistics.median(speed['off']):.1f} | {statistics.median(speed['on']):.1f} "
                  f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f}) | {count / max(1, count - accepted):.2f} |",
                  flush=True)
    if failed:
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Kills a server that stores conversations at random moments, and counts the turns that are lost or half written.

    kill_history.py --pincer BINARY --model FILE.gguf [--runs 100] [--seed N] [--write docs/history.md]

Three clients go on with their conversations (POST /v1/responses) and delete some turns. After a random time the server gets
SIGKILL. Then its file is read: every turn in it, acknowledged or not, must be whole, and every acknowledged one must be there. At
the end a server that is started again is asked for every turn that was ever acknowledged, and the answers are compared with what
was acknowledged. Exit code 1 if anything is wrong.
"""

import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
BEGIN, END = "<!-- begin: made by bench/router/kill_history.py -->\n", "<!-- end -->\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support
    from history_crash import Crashes

    home = support.Home()
    folder = home.path / "history"
    config = home.path / "history.yaml"
    config.write_text(f"storage: {{hot: {{path: {folder}}}}}\n")
    try:
        crashes = Crashes(home, config, folder, arguments.seed)
        for run in range(arguments.runs):
            turns = crashes.run()
            print(f"{run + 1}: {turns} turns acknowledged", file=sys.stderr, flush=True)
        crashes.check()
    finally:
        home.remove()
    starts = sorted(crashes.starts)
    table = ("| killed | turns acknowledged | deletions acknowledged | lost | half written | came back | start p50, ms | start max, ms |\n"
             "|---|---|---|---|---|---|---|---|\n"
             f"| {arguments.runs} times | {len(crashes.acknowledged)} | {len(crashes.removed)} | {len(crashes.lost)} | "
             f"{len(crashes.half_written)} | {len(crashes.came_back)} | {1000 * starts[len(starts) // 2]:.0f} | "
             f"{1000 * starts[-1]:.0f} |\n")
    print(table, end="")
    wrong = crashes.lost + crashes.half_written + crashes.came_back
    for each in wrong[:20]:
        print("wrong: " + each, file=sys.stderr)
    if arguments.write:
        page = pathlib.Path(arguments.write)
        head, rest = page.read_text().split(BEGIN)
        page.write_text(head + BEGIN + table + END + rest.split(END, 1)[1])
    return 1 if wrong or not crashes.acknowledged else 0


if __name__ == "__main__":
    sys.exit(main())

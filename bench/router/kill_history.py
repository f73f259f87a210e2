#!/usr/bin/env python3
"""Kills a server that stores conversations at random moments, and counts the turns that are lost or half written.

    kill_history.py --pincer BINARY --model FILE.gguf [--runs 100] [--seed N] [--storage disk s3] [--write docs/history.md]

Three clients go on with their conversations (POST /v1/responses) and delete some turns. After a random time the server gets
SIGKILL. Then its file is read: every turn in it, acknowledged or not, must be whole, and every acknowledged one must be there. At
the end a server that is started again is asked for every turn that was ever acknowledged, and the answers are compared with what
was acknowledged. With `--storage s3` there is an object storage as well (moto), and the folder is emptied before that last question, so
that every turn must come from there. Exit code 1 if anything is wrong.
"""

import argparse
import logging
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
BEGIN, END = "<!-- begin: made by bench/router/kill_history.py -->\n", "<!-- end -->\n"


def cold_storage(home):
    """The configuration of a bucket of this process."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    endpoint = "http://%s:%s" % moto.get_host_and_port()
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id",
                 aws_secret_access_key="secret").create_bucket(Bucket="history")
    for name, text in (("s3.txt", "id\nsecret\n"), ("keys.txt", "11" * 32 + "\n")):
        (home.path / name).write_text(text)
        (home.path / name).chmod(0o600)
    return (f", cold: {{s3: {{endpoint: '{endpoint}', bucket: history, proxy: none, credentials_file: {home.path}/s3.txt}}, "
            f"key_file: {home.path}/keys.txt}}")


def kill(arguments, storage):
    """(a row of the table, what is wrong)"""
    import support
    from history_crash import Crashes

    home = support.Home()
    folder = home.path / "history"
    config = home.path / "history.yaml"
    try:
        cold = cold_storage(home) if storage == "s3" else ""
        config.write_text(f"storage: {{hot: {{path: {folder}}}{cold}}}\n")
        crashes = Crashes(home, config, folder, arguments.seed)
        for run in range(arguments.runs):
            turns = crashes.run()
            print(f"{storage} {run + 1}: {turns} turns acknowledged", file=sys.stderr, flush=True)
        if cold:
            crashes.lose_the_disk()
        crashes.check()
    finally:
        home.remove()
    starts = sorted(crashes.starts)
    row = (f"| {'disk, then lost; S3' if cold else 'disk'} | {arguments.runs} times | {len(crashes.acknowledged)} | "
           f"{len(crashes.removed)} | {len(crashes.lost)} | {len(crashes.half_written)} | {len(crashes.came_back)} | "
           f"{1000 * starts[len(starts) // 2]:.0f} |\n")
    wrong = crashes.lost + crashes.half_written + crashes.came_back
    return row, wrong if crashes.acknowledged else ["no turn was acknowledged"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--storage", nargs="+", choices=["disk", "s3"], default=["disk"])
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    table = ("| storage | killed | turns acknowledged | deletions acknowledged | lost | half written | came back | start p50, ms |\n"
             "|---|---|---|---|---|---|---|---|\n")
    failed = False
    for storage in arguments.storage:
        row, wrong = kill(arguments, storage)
        table += row
        failed = failed or bool(wrong)
        for each in wrong[:20]:
            print(f"wrong, {storage}: {each}", file=sys.stderr)
    print(table, end="")
    if arguments.write:
        page = pathlib.Path(arguments.write)
        head, rest = page.read_text().split(BEGIN)
        page.write_text(head + BEGIN + table + END + rest.split(END, 1)[1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Pincer beside llama.cpp and OpenVINO GenAI, end to end: the same files, the same threads, alternating runs.

    bench/peers/install.py FOLDER
    bench/peers/end_to_end.py FOLDER --json run.json [--only 135M/prefill ...] [--write README.md ...] [--svg FILE]

Each round of a row runs every program once, each in a process of its own, after a warm-up inside it; every other round
in the reverse order. What a round measured is in the JSON file at once: a call that was interrupted goes on where it
stopped, and rounds with another binary of Pincer or other arguments for it are dropped. --write puts the tables between
the lines "<!-- end_to_end:begin -->" and "<!-- end_to_end:end -->" of a file. Without --rounds 0, which only draws, the
machine should be quiet: a round on a busy one says so.

Sides: "native" is all that the CPU has; "no AMX" has both run the same binaries while the kernel refuses AMX
(without_amx.py); "AVX2" has llama.cpp built for AVX2, and Pincer told by PINCER_FORCE_ISA. Prefill reads a prompt of
512 or 2048 tokens, decode generates 128 from an empty context, a batch generates 64 tokens for each of 1, 8 or 16
sequences after a prompt of 128 each, serve starts the server and asks for one token.
"""

import argparse
import contextlib
import itertools
import json
import os
import pathlib
import platform
import signal
import sys
import time

import contenders
import end_to_end_report as report
import serving

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FILES = {"135M": "SmolLM2-135M-Instruct", "0.5B": "random-0.5b", "7B": "random-7b"}
ALL_SIDES, NO_AVX2, NATIVE = ("native", "no AMX", "AVX2"), ("native", "no AMX"), ("native",)
# model, type, kind, sizes, sides
ROWS = (
    ("135M", "Q8_0", "prefill", (512,), ALL_SIDES),
    ("135M", "Q8_0", "prefill", (2048,), NO_AVX2),
    ("135M", "Q8_0", "decode", (128,), ALL_SIDES),
    ("135M", "Q8_0", "batch", (1, 8, 16), NO_AVX2),
    ("135M", "Q8_0", "serve", (), NATIVE),
    ("135M", "Q4_0", "prefill", (512,), NO_AVX2),
    ("135M", "Q4_0", "decode", (128,), NO_AVX2),
    ("0.5B", "Q8_0", "prefill", (512,), ALL_SIDES),
    ("0.5B", "Q8_0", "decode", (128,), ALL_SIDES),
    ("0.5B", "Q8_0", "batch", (1, 8, 16), NO_AVX2),
    ("0.5B", "Q4_0", "prefill", (512,), NATIVE),
    ("0.5B", "Q4_0", "decode", (128,), NATIVE),
    ("7B", "Q8_0", "prefill", (512,), ALL_SIDES),
    ("7B", "Q8_0", "decode", (128,), NO_AVX2),
    ("7B", "Q8_0", "batch", (1, 8, 16), NATIVE),
    ("7B", "Q8_0", "serve", (), NATIVE),
    ("7B", "Q4_0", "prefill", (512,), NATIVE),
    ("7B", "Q4_0", "decode", (128,), NATIVE),
    ("7B", "Q4_0", "serve", (), NATIVE),
)


def say(words):
    print(words, file=sys.stderr, flush=True)


def has_amx():
    with contextlib.suppress(OSError):
        return " amx_int8" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return False


def genai_runs(model, kind, sizes, side):
    """It reads these two models, has no batch of the kind, and has to hold 7B twice while it loads."""
    return model != "7B" and side != "AVX2" and kind in ("prefill", "decode") and sizes[0] <= 512


def jobs(peers, thread_counts, weights):
    """(name, job, contenders) of each row on this machine."""
    for (model, kind_of_file, kind, sizes, sides), threads in itertools.product(ROWS, thread_counts):
        for side in sides:
            if side == "no AMX" and not has_amx() or side == "AVX2" and platform.machine() != "x86_64":
                continue
            size = sizes[0] if len(sizes) == 1 else ""
            name = f"{model}/{kind_of_file}/{kind}{size}/{side}/{threads}"
            file = peers / "files" / f"{FILES[model]}.{kind_of_file}.gguf"
            names = ["Pincer", "llama.cpp"] + ["OpenVINO GenAI"] * genai_runs(model, kind, sizes, side)
            yield name, contenders.Job(file, kind, sizes, threads, side, weights.get(kind_of_file, "")), names


def is_wanted(name, patterns):
    """A pattern fits if each of its pieces begins a piece of the name: 135M/prefill."""
    pieces = name.lower().split("/")
    return not patterns or any(
        all(any(piece.startswith(word) for piece in pieces) for word in pattern.lower().split("/")) for pattern in patterns)


def busy_share(seconds=0.5):
    """How much of the machine's time others take."""
    def times():
        with open("/proc/stat", encoding="utf-8") as file:
            values = [int(word) for word in file.readline().split()[1:9]]
        return sum(values), values[3] + values[4]

    before = times()
    time.sleep(seconds)
    after = times()
    return 1 - (after[1] - before[1]) / max(1, after[0] - before[0])


class Record:
    """The JSON file: written after each round, by way of a file beside it."""

    def __init__(self, path):
        self.path = path
        self.data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"schema": 1, "rows": {}}
        self.data["machine"] = {"cpu": cpu_name(), "cores": os.cpu_count(), "system": platform.platform()}

    def rounds(self, name, pincer, weights):
        """Of this binary of Pincer and these weights; the others are dropped."""
        row = self.data["rows"].setdefault(name, {"rounds": []})
        row["rounds"] = [r for r in row["rounds"] if (r["pincer"], r["weights"]) == (pincer, weights)]
        return row["rounds"]

    def save(self):
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps(self.data, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, self.path)


def cpu_name():
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def one_round(programs, job, names, backwards):
    """{contender: {size: value}}, with what failed beside it."""
    values, details, errors = {}, {}, {}
    for name in reversed(names) if backwards else names:
        try:
            if job.kind == "serve":
                found, more = serving.measure(name, programs, job)
            else:
                found, more = contenders.RUN[name](programs, job)
            values[name] = {str(size): value for size, value in found.items()}
            if more:
                details = more
        except (contenders.Failed, KeyError, ValueError) as error:
            errors[name] = f"{type(error).__name__}: {error}"
            say(f"  {name}: {errors[name]}")
    return {"values": values, "details": details, "errors": errors}


def run_row(name, job, names, programs, record, rounds):
    done = record.rounds(name, programs.identity, job.weights)
    while len(done) < rounds:
        busy = busy_share()
        say(f"{name}: round {len(done) + 1} of {rounds}"
            + (f"; others take {100 * busy:.0f} % of the machine" if busy > 0.1 else ""))
        start = time.time()
        result = one_round(programs, job, names, len(done) % 2)
        done.append({"pincer": programs.identity, "weights": job.weights, "time": time.strftime("%Y-%m-%d %H:%M", time.gmtime(start)),
                     "seconds": round(time.time() - start, 1), "busy_before": round(busy, 3), **result})
        record.save()
    for line in report.summary(name, record.data["rows"][name]):
        say(f"  {line}")


def weights_of(word):
    kind, _, weights = word.partition("=")
    if not weights:
        raise argparse.ArgumentTypeError(f"{word} is not like Q8_0=int8")
    return kind, weights


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", type=pathlib.Path, help="the folder of install.py")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("end_to_end.json"))
    parser.add_argument("--only", nargs="+", default=[], metavar="ROW", help="as 135M/prefill or 7B/Q8_0/decode/native")
    parser.add_argument("--rounds", type=int, default=5, help="0: only draw what the JSON file has")
    parser.add_argument("--threads", type=lambda text: [int(word) for word in text.split(",")], default=[os.cpu_count()])
    parser.add_argument("--pincer", type=pathlib.Path, default=ROOT / "build/release/server/pincer")
    parser.add_argument("--pincer-arguments", default="", metavar="WORDS",
                        help="for `pincer bench` and `pincer serve`; write --pincer-arguments='--some thing'")
    parser.add_argument("--weights", type=weights_of, nargs="+", default=[("Q4_0", "int4g32")], metavar="TYPE=WEIGHTS",
                        help="what Pincer packs files of a type to, as Q8_0=int8; else its default, and int4g32 for Q4_0")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that one process may take")
    parser.add_argument("--list", action="store_true", help="only show the rows, and how many rounds they have")
    parser.add_argument("--write", type=pathlib.Path, nargs="+", default=[], help="files that get the tables")
    parser.add_argument("--svg", type=pathlib.Path, help="file for the picture")
    return parser.parse_args()


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers under test are stopped on the way out
    words = tuple(arguments.pincer_arguments.split())
    peers, pincer = arguments.peers.resolve(), arguments.pincer.resolve()
    programs = contenders.Programs(pincer, words, peers, arguments.timeout)
    record = Record(arguments.json)
    rows = [row for row in jobs(peers, arguments.threads, dict(arguments.weights)) if is_wanted(row[0], arguments.only)]
    if not rows:
        raise SystemExit(f"--only {' '.join(arguments.only)} fits no row; --list shows them")
    for name, job, names in rows:
        if arguments.list:
            done = record.rounds(name, programs.identity, job.weights)
            print(f"{name}  {len(done)} rounds  {', '.join(names)}")
        elif not job.file.exists():
            say(f"{name}: left out, {job.file} is not there; install.py makes it")
        elif arguments.rounds:
            run_row(name, job, names, programs, record, arguments.rounds)
    if arguments.list:
        return
    tables = report.tables(record.data, words)
    if arguments.svg:
        arguments.svg.write_text(report.picture(record.data), encoding="utf-8")
    for path in arguments.write:
        link = ""
        if arguments.svg:
            link = f"![{report.PICTURE}]({os.path.relpath(arguments.svg, path.resolve().parent)})\n\n"
        report.write_between_markers(path, link + tables)
    if not arguments.write:
        print(tables)


if __name__ == "__main__":
    main()

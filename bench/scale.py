#!/usr/bin/env python3
"""How Pincer's speed changes with the context, the batch and the threads: measured, and drawn.

    bench/scale.py MODEL --json scale.json --svg scale.svg [--contexts 128,512,...] [--batches 1,2,...] [--threads 1,2]

Each point is one call of `pincer bench`: decoding 32 tokens and reading a prompt of 128 after so many tokens of context,
and decoding with so many sequences after 128 tokens each. A point that the JSON file has already is not measured again.
Contexts beyond the model's own are measured, too, and drawn hollow: the time is right, the text would not be.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

from svg import COLOURS, line, picture, text

ROOT = pathlib.Path(__file__).resolve().parents[1]
CONTEXTS = (128, 512, 1024, 2048, 4096, 8192, 16384, 32768)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
PROMPT, GENERATE, BATCH_PROMPT, BATCH_GENERATE = 128, 32, 128, 32
WIDTH, HEIGHT, TOP, BOTTOM = 1200, 470, 84, 390
PANELS = ((70, 380), (470, 780), (870, 1180))


def points(contexts, batches, threads):
    """(name, flags of `pincer bench`)"""
    for count in threads:
        for context in contexts:
            yield f"context {context}, {count}", ["-p", PROMPT, "-n", GENERATE, "-d", context, "-t", count]
        for batch in batches:
            flags = ["-p", 0, "-n", BATCH_GENERATE, "-d", BATCH_PROMPT] if batch == 1 else [
                "-p", 0, "-n", 0, "-b", batch, "--batch-prompt", BATCH_PROMPT, "--batch-generate", BATCH_GENERATE]
            yield f"batch {batch}, {count}", [*flags, "-t", count]


def measure(arguments, data, save):
    wanted = list(points(arguments.contexts, arguments.batches, arguments.threads))
    for i, (name, flags) in enumerate(wanted):
        if name in data["points"]:
            continue
        print(f"{name} ({i + 1} of {len(wanted)})", file=sys.stderr, flush=True)
        command = [arguments.pincer, "bench", arguments.model, "-r", arguments.repetitions, *flags, "--format", "json",
                   *arguments.pincer_arguments.split()]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"  left out: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        report = json.loads(done.stdout)
        data["machine"], data["context"] = report["machine"], report["context"]
        data["points"][name] = report["results"]
        save()


def find(data, kind, size, threads, test):
    """(median, least, most, beyond the model's context) of a point, or None."""
    for row in data["points"].get(f"{kind} {size}, {threads}", []):
        if row["test"].startswith(test):
            speed = row["tokens_per_s"]
            return speed["median"], speed["min"], speed["max"], row["beyond_context"]
    return None


class Panel:
    """Logarithmic both ways, powers of two across."""

    def __init__(self, left, right, sizes, values):
        self.left, self.right, self.sizes = left, right, sizes
        self.low, self.high = 0.85 * min(values), 1.15 * max(values)

    def x(self, size):
        first, last = math.log2(self.sizes[0]), math.log2(self.sizes[-1])
        share = (math.log2(size) - first) / (last - first) if last > first else 0.5
        return self.left + 10 + share * (self.right - self.left - 20)

    def y(self, value):
        return BOTTOM - math.log(value / self.low) / math.log(self.high / self.low) * (BOTTOM - TOP)

    def frame(self, title, across):
        yield text((self.left + self.right) / 2, TOP - 14, title, "middle")
        yield text((self.left + self.right) / 2, BOTTOM + 36, across, "middle", "small")
        for size in self.sizes:
            yield line(self.x(size), TOP, self.x(size), BOTTOM, "grid")
            yield text(self.x(size), BOTTOM + 16, f"{size // 1024}k" if size >= 1024 else str(size), "middle", "small")
        for exponent in range(-6, 7):
            for factor in (1, 2, 5) if self.high > 8 * self.low else (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9):
                value = factor * 10.0**exponent
                if self.low <= value <= self.high:
                    yield line(self.left, self.y(value), self.right, self.y(value), "grid")
                    yield text(self.left - 6, self.y(value) + 4, f"{value:g}", "end", "small")

    def curve(self, found, colour):
        """`found`: (size, median, least, most, hollow)"""
        corners = " ".join(f"{self.x(size):.1f},{self.y(median):.1f}" for size, median, *_ in found)
        yield f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for size, median, least, most, hollow in found:
            x = self.x(size)
            yield f'<path d="M{x:.1f} {self.y(least):.1f}V{self.y(most):.1f}" stroke="{colour}"/>'
            paint = 'class="paper"' if hollow else f'fill="{colour}"'
            yield (f'<circle cx="{x:.1f}" cy="{self.y(median):.1f}" r="4" {paint} stroke="{colour}" stroke-width="1.5">'
                   f"<title>{size}: {median:.4g}</title></circle>")


def panel(place, title, across, sizes, curves):
    """`curves`: one of each number of threads."""
    values = [value for found in curves for _, median, least, most, _ in found for value in (median, least, most)]
    if not values:
        return
    area = Panel(*place, sizes, values)
    yield from area.frame(title, across)
    for found, colour in zip(curves, COLOURS):
        if found:
            yield from area.curve(found, colour)


def curve(data, kind, sizes, threads, test, convert=lambda value: value):
    found = ((size, find(data, kind, size, threads, test)) for size in sizes)
    return [(size, *map(convert, values[:3]), values[3]) for size, values in found if values]


def draw(data, contexts, batches, threads):
    cpu = data["machine"]["cpu"].split(" (")[0]
    words = f"{data['model']} on {cpu}, {data['machine']['date']}"
    parts = [text(PANELS[0][0], 28, words, kind="title")]
    for i, count in enumerate(threads):
        parts.append(line(PANELS[0][0] + 110 * i, 46, PANELS[0][0] + 24 + 110 * i, 46, "").replace(
            'class=""', f'stroke="{COLOURS[i]}" stroke-width="3"'))
        parts.append(text(PANELS[0][0] + 30 + 110 * i, 50, f"{count} thread{'s' if count > 1 else ''}"))
    parts += panel(PANELS[0], "Decode: milliseconds a token", "tokens in the context; hollow: more than trained for", contexts,
                   [curve(data, "context", contexts, count, "tg", lambda speed: 1000 / speed) for count in threads])
    parts += panel(PANELS[1], f"Prompt of {PROMPT}: microseconds a token", "tokens in the context before it", contexts,
                   [curve(data, "context", contexts, count, "pp", lambda speed: 1e6 / speed) for count in threads])
    parts += panel(PANELS[2], "Decode: tokens/s of all sequences", f"sequences, {BATCH_PROMPT} tokens of context each", batches,
                   [curve(data, "batch", batches, count, "") for count in threads])
    return picture(WIDTH, HEIGHT, words, parts)


def numbers(words):
    return tuple(sorted({int(word) for word in words.split(",")}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="as for `pincer bench`")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("scale.json"))
    parser.add_argument("--svg", type=pathlib.Path)
    parser.add_argument("--contexts", type=numbers, default=CONTEXTS)
    parser.add_argument("--batches", type=numbers, default=BATCHES)
    parser.add_argument("--threads", type=numbers, default=tuple(sorted({1, os.cpu_count()})))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--pincer", type=pathlib.Path, default=ROOT / "build/release/server/pincer")
    parser.add_argument("--pincer-arguments", default="", metavar="WORDS", help="more for `pincer bench`")
    arguments = parser.parse_args()
    data = {"schema": 1, "model": pathlib.Path(arguments.model).stem, "points": {}}
    if arguments.json.exists():
        data = json.loads(arguments.json.read_text(encoding="utf-8"))

    def save():
        unfinished = arguments.json.with_suffix(".part")
        unfinished.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, arguments.json)

    measure(arguments, data, save)
    if not data["points"]:
        raise SystemExit("no point could be measured")
    if arguments.svg:
        arguments.svg.write_text(draw(data, arguments.contexts, arguments.batches, arguments.threads), encoding="utf-8")


if __name__ == "__main__":
    main()

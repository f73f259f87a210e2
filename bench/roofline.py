#!/usr/bin/env python3
"""Draws the roofline of a run: how far each INT8 product is below what the machine can multiply and read.

    pincer bench --kernels --json > run.json
    bench/roofline.py run.json docs/roofline.svg [--threads N] [--best]

Across: MACs for a byte of weights, which is about the number of rows of activations. Up: GMAC/s. The slanted roofs are
the read bandwidths and the flat ones the INT8 peaks that were measured in the run. Each family of kernels is drawn by
the fastest that it has for a case; the scalar kernels, which are references, are left out.
"""

import argparse
import collections
import json
import math
import pathlib
from xml.sax.saxutils import escape

from svg import COLOURS, line, picture, text

WIDTH, HEIGHT = 960, 640
LEFT, RIGHT, TOP, BOTTOM = 64, 930, 64, 500


class Axes:
    """Logarithmic both ways."""

    def __init__(self, x_range, y_range):
        self.x_range, self.y_range = x_range, y_range

    def x(self, value):
        low, high = map(math.log10, self.x_range)
        return LEFT + (math.log10(value) - low) / (high - low) * (RIGHT - LEFT)

    def y(self, value):
        low, high = map(math.log10, self.y_range)
        return BOTTOM - (math.log10(value) - low) / (high - low) * (BOTTOM - TOP)

    def slope(self):
        """Degrees of a line on which y grows as x does."""
        run = self.x(10 * self.x_range[0]) - self.x(self.x_range[0])
        rise = self.y(self.y_range[0]) - self.y(10 * self.y_range[0])
        return -math.degrees(math.atan2(rise, run))


def mark(x, y, shape, colour, hollow, channels=False, tip=""):
    """A matrix: circle, square, diamond or triangle; hollow: cold weights; with a hole: a scale for each channel."""
    paint = f'fill="none" stroke="{colour}" stroke-width="2"' if hollow else f'fill="{colour}" fill-opacity="0.85"'
    points = {
        1: [(-5, -5), (5, -5), (5, 5), (-5, 5)],
        2: [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)],
        3: [(0, -6.5), (6, 5), (-6, 5)],
    }.get(shape % 4)
    title = f"<title>{escape(tip)}</title>" if tip else ""
    hole = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" class="paper"/>' if channels else ""
    if points is None:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" {paint}>{title}</circle>{hole}'
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)
    return f'<polygon points="{corners}" {paint}>{title}</polygon>{hole}'


def grid(axes, rows):
    for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000):
        if axes.y_range[0] <= value <= axes.y_range[1]:
            yield line(LEFT, axes.y(value), RIGHT, axes.y(value), "grid")
            yield text(LEFT - 8, axes.y(value) + 4, str(value), "end")
    for m in rows:
        yield line(axes.x(m), TOP, axes.x(m), BOTTOM, "grid")
        yield text(axes.x(m), BOTTOM + 18, f"{m}", "middle")
    yield text((LEFT + RIGHT) / 2, BOTTOM + 36, "MACs for a byte of weights: about the rows of activations", "middle")
    yield text(18, (TOP + BOTTOM) / 2, "GMAC/s", "middle", rotate=-90)


def roofs(axes, levels, peaks):
    top = max(peaks.values())
    for name, gb_s in levels.items():
        start = max(axes.x_range[0], axes.y_range[0] / gb_s)
        end = min(top / gb_s, axes.x_range[1])
        yield line(axes.x(start), axes.y(start * gb_s), axes.x(end), axes.y(end * gb_s), "roof")
        at = start * 1.06
        yield text(axes.x(at), axes.y(at * gb_s) - 5, f"{name} {gb_s:.0f} GB/s", kind="small halo", rotate=axes.slope())
    for isa, gmac_s in peaks.items():
        start = gmac_s / max(levels.values())
        yield line(axes.x(max(start, axes.x_range[0])), axes.y(gmac_s), RIGHT, axes.y(gmac_s), "roof",
                   "" if gmac_s == top else "5 4")
        yield text(RIGHT - 100, axes.y(gmac_s) - 6, f"{isa}: {gmac_s:.0f} GMAC/s", "end", "small halo")


def dots(axes, rows, families, matrices):
    for m, bits in sorted({(row["m"], row["bits"]) for row in rows}):
        column = [row for row in rows if (row["m"], row["bits"]) == (m, bits)]
        beside = [isa for isa in families if any(row["isa"] == isa for row in column)]
        for row in column:
            # Side by side, because several families may have about the same speed.
            shift = 9 * (beside.index(row["isa"]) - (len(beside) - 1) / 2)
            x = axes.x(row["m"] * row["n"] * row["k"] / row["bytes"]) + shift
            share = max(row["share_of_int8_peak"], row["share_of_read"])
            tip = f"{row['id']}: {row['gmac_s']:.1f} GMAC/s, {100 * share:.0f} % of the nearer limit"
            colour = COLOURS[families.index(row["isa"]) % len(COLOURS)]
            shape, cold = matrices.index(matrix(row)), row["weights"] == "cold"
            yield mark(x, axes.y(row["gmac_s"]), shape, colour, cold, row["group"] == 0, tip)
            if row["gmac_s"] == max(r["gmac_s"] for r in column if r["weights"] == row["weights"]):
                yield text(x + 10, axes.y(row["gmac_s"]) + 4, f"{100 * share:.0f} %", kind="small halo")


def fastest_of_families(rows):
    """For each case the fastest kernel of each family."""
    best = {}
    for row in rows:
        case = (row["isa"], row["m"], row["weights"], row["group"], matrix(row))
        if case not in best or row["gmac_s"] > best[case]["gmac_s"]:
            best[case] = row
    return list(best.values())


def by_best_sample(row):
    """The row with its fastest sample in place of the median."""
    gain = row["median_ns"] / row["min_ns"]
    return {**row, **{key: row[key] * gain for key in ("gmac_s", "gb_s", "share_of_int8_peak", "share_of_read")}}


def matrix(row):
    return f"{row['model']} {row['layer']} ({row['n']} x {row['k']}), {row['bits']} bits"


def legend(families, matrices):
    y = BOTTOM + 64
    for i, isa in enumerate(families):
        yield mark(LEFT + 6, y + 20 * i - 4, 0, COLOURS[i % len(COLOURS)], False)
        yield text(LEFT + 20, y + 20 * i, isa, kind="small")
    for i, name in enumerate(matrices):
        yield mark(240, y + 20 * i - 4, i, "#888", False)
        yield text(254, y + 20 * i, name, kind="small")
    kinds = ("weights warm, in cache", False, False), ("weights cold, from memory", True, False), (
        "a scale for each channel, not for every 32 values", False, True)
    for i, (words, cold, channels) in enumerate(kinds):
        yield mark(560, y + 20 * i - 4, 0, "#888", cold, channels)
        yield text(574, y + 20 * i, words, kind="small")


def draw(run, threads, best):
    limits, key = run["limits"], str(threads)
    wanted = (r for r in run["results"] if r["threads"] == threads and "bits" in r and r["isa"] != "scalar")
    rows = sorted(wanted, key=lambda r: (r["op"] != "gemv", r["m"]))
    if not rows:
        raise SystemExit(f"the run has no INT8 products of {threads} threads; `pincer bench -t` sets them")
    if best:
        rows = [by_best_sample(row) for row in rows]
    rows = fastest_of_families(rows)
    families = list(collections.OrderedDict.fromkeys(r["isa"] for r in rows))
    matrices = list(collections.OrderedDict.fromkeys(matrix(r) for r in rows))
    levels = limits["read_gb_s_by_level"][key]
    peaks = {isa: v for isa, v in limits["int8_gmac_s_by_isa"][key].items() if isa != "scalar"}
    lowest = min(min(r["gmac_s"] for r in rows), 0.6 * min(levels.values()))
    axes = Axes((0.5, 2 * max(r["m"] * r["n"] * r["k"] / r["bytes"] for r in rows)), (0.8 * lowest, 1.35 * max(peaks.values())))
    height = max(HEIGHT, BOTTOM + 64 + 20 * max(len(families), len(matrices)) + 16)
    cpu = run["machine"]["cpu"].split(" (")[0]
    words = f"INT8 products of Pincer on {cpu}, {threads} thread{'s' if threads > 1 else ''}, {run['machine']['date']}"
    parts = [
        text(LEFT, 28, words, kind="title"),
        text(LEFT, 46, f"{'Best samples' if best else 'Medians'}, beside the limits measured in the same run; with each"
             " column's best, its share of the nearer limit", kind="small"),
        *grid(axes, sorted({r["m"] for r in rows})),
        *roofs(axes, levels, peaks),
        *dots(axes, rows, families, matrices),
        *legend(families, matrices),
    ]
    return picture(WIDTH, height, words, parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("svg", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--best", action="store_true", help="the best samples, for a machine that others use, too")
    arguments = parser.parse_args()
    svg = draw(json.loads(arguments.run.read_text()), arguments.threads, arguments.best)
    arguments.svg.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()

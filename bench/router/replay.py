#!/usr/bin/env python3
"""Replays labels of a weak and a strong model under routers that see prompts only; writes a page and a picture.

    replay.py LABELS.csv[.gz] --pincer build/release/pincer [--out docs/router-quality.md]

LABELS has the columns group, prompt, weak_correct and strong_correct. A router is a score of prompts: the hardest go to the
strong model first. APGR is the area under quality against the share that goes there, 0.5 for a random order and scaled so
that weak is 0 and strong is 1; CPT50 is the share that gains half of the difference. Needs numpy; with litellm there, its
complexity heuristic takes part.
"""
import argparse
import os
import pathlib
import sys
import types

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import svg  # noqa: E402
import train_score  # noqa: E402

SAMPLES = 1000  # of the bootstrap
SEED = 7
GRID = numpy.linspace(0, 1, 201)
CUTS = (0.5, 0.8, 0.95)


def gains(score, weak, strong, ties):
    """What the first n prompts in the score's order gain, for n = 0, 1, …, per prompt."""
    order = numpy.lexsort((ties, -score))
    return numpy.concatenate([[0.0], numpy.cumsum((strong - weak)[order])]) / len(order)


def apgr(curve):
    return curve.mean() / curve[-1]


def cpt(curve, part):
    return float(numpy.argmax(curve >= part * curve[-1])) / (len(curve) - 1)


def evaluate(scores, weak, strong, groups):
    """For each router: its curve, and APGR in the bootstrap's samples, which are the same for all: samples of prompts, and
    of whole groups where there are some."""
    random = numpy.random.default_rng(SEED)
    ties = random.random(len(weak))
    out = {name: {"curve": gains(score, weak, strong, ties), "apgr": [], "groups": []} for name, score in scores.items()}
    for _ in range(SAMPLES):
        take = random.integers(0, len(weak), len(weak))
        for name, score in scores.items():
            out[name]["apgr"].append(apgr(gains(score[take], weak[take], strong[take], ties[take])))
    members = [numpy.flatnonzero(groups == group) for group in numpy.unique(groups)]
    for _ in range(SAMPLES if len(members) > 1 else 0):
        take = numpy.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        for name, score in scores.items():
            out[name]["groups"].append(apgr(gains(score[take], weak[take], strong[take], ties[take])))
    return out


def litellm_scores(prompts):
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    try:
        import importlib.metadata

        from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter
        router = ComplexityRouter("auto", types.SimpleNamespace())
        version = importlib.metadata.version("litellm")
        return f"LiteLLM {version} complexity", numpy.array([float(router.classify(p)[1]) for p in prompts])
    except Exception as error:  # another version, or none
        print(f"without LiteLLM's heuristic: {error}", file=sys.stderr)
        return None, None


def routers(rows, program):
    weak = numpy.array([int(row["weak_correct"]) for row in rows], dtype=float)
    strong = numpy.array([int(row["strong_correct"]) for row in rows], dtype=float)
    groups = numpy.array([row["group"] for row in rows])
    length = numpy.array([len(row["prompt"]) for row in rows], dtype=float)
    names, features = train_score.features_of(program, rows)
    scores = {
        "random": numpy.random.default_rng(SEED + 1).random(len(rows)),
        "rule: under 50 characters stay local": (length >= 50).astype(float),
        "length": length,
        "default score, group left out": train_score.cross_fit(features, strong - weak, groups, names.index("length")),
        "default score, as shipped (has seen these labels)":
            numpy.array([float(row["score"]) for row in train_score.run_score(program, rows)]),
        "oracle": strong - weak,
    }
    name, heuristic = litellm_scores([row["prompt"] for row in rows])
    if name:
        scores[name] = heuristic
    return scores, weak, strong, groups


def interval(values):
    low, high = numpy.quantile(values, (0.025, 0.975))
    return f"{low:.3f} to {high:.3f}"


def table(results):
    lines = ["| router | APGR | 95 % interval | minus length's | the same, of groups | CPT50 / 80 / 95, % |"]
    lines.append("|---|---|---|---|---|---|")
    for name, result in results.items():
        curve = result["curve"]
        beyond = ["", ""]
        if name != "length":
            beyond = [interval(numpy.array(result[key]) - numpy.array(results["length"][key])) if result[key] else "one group"
                      for key in ("apgr", "groups")]
        cuts = " / ".join(f"{100 * cpt(curve, part):.0f}" for part in CUTS)
        lines.append(f"| {name} | {apgr(curve):.3f} | {interval(result['apgr'])} | {' | '.join(beyond)} | {cuts} |")
    return "\n".join(lines) + "\n"


def by_group(scores, weak, strong, groups):
    lines = ["| group | prompts | weak | strong | length | default, left out |", "|---|---|---|---|---|---|"]
    for group in numpy.unique(groups):
        take = groups == group
        ties = numpy.zeros(take.sum())
        cells = []
        for name in ("length", "default score, group left out"):
            curve = gains(scores[name][take], weak[take], strong[take], ties)
            cells.append(f"{apgr(curve):.3f}" if curve[-1] > 0.02 else "no gap")
        lines.append(f"| {group} | {take.sum()} | {weak[take].mean():.3f} | {strong[take].mean():.3f} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def picture(results, weak, strong):
    width, height, left, top, right, bottom = 640, 420, 60, 50, 20, 50
    low, high = weak.mean() - 0.01, max(weak.mean() + result["curve"].max() for result in results.values()) + 0.01

    def at(share, quality):
        return left + share * (width - left - right), height - bottom - (quality - low) / (high - low) * (height - top - bottom)

    parts = [svg.text(left, 26, "Right answers against the share of prompts that the strong model gets", kind="title")]
    for i in range(11):
        x, y = at(i / 10, low)
        parts += [svg.line(x, y, x, top, "grid"), svg.text(x, y + 18, f"{10 * i} %", "middle", "small")]
    for i in range(6):
        quality = low + (high - low) * i / 5
        x, y = at(0, quality)
        parts += [svg.line(x, y, width - right, y, "grid"), svg.text(x - 6, y + 4, f"{quality:.2f}", "end", "small")]
    shown = [name for name in results if "shipped" not in name and "rule" not in name]
    for i, name in enumerate(shown):
        curve = results[name]["curve"]
        points = [at(share, weak.mean() + curve[round(share * (len(curve) - 1))]) for share in GRID]
        colour = svg.COLOURS[i % len(svg.COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = height - bottom - 16 * (len(shown) - i)
        parts += [f'<rect x="{width - 250}" y="{y - 9}" width="12" height="4" fill="{colour}"/>',
                  svg.text(width - 232, y - 3, name, kind="small halo")]
    return svg.picture(width, height, "Quality of routers that see prompts only", parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels")
    parser.add_argument("--pincer", default="build/release/pincer")
    parser.add_argument("--out", default="docs/router-quality.md")
    args = parser.parse_args()
    rows = train_score.read_rows(args.labels)
    scores, weak, strong, groups = routers(rows, args.pincer)
    out = pathlib.Path(args.out)
    sections = []
    mathematics = groups == "gsm8k"
    for title, take in (("MMLU", ~mathematics), ("GSM8K", mathematics), ("All together", weak >= 0)):
        if not take.any():
            continue
        results = evaluate({name: score[take] for name, score in scores.items()}, weak[take], strong[take], groups[take])
        about = (f"{take.sum()} prompts of {len(numpy.unique(groups[take]))} groups; the weak model is right in "
                 f"{100 * weak[take].mean():.1f} %, the strong one in {100 * strong[take].mean():.1f} %.")
        sections.append(f"## {title}\n\n{about}\n\n{table(results)}")
        if title == "MMLU":
            out.with_suffix(".svg").write_text(picture(results, weak[take], strong[take]))
    page = out.read_text() if out.exists() else "# How good the default score is\n"
    begin, end = "<!-- made by bench/router/replay.py -->", "<!-- end -->"
    head, _, rest = page.partition(begin)
    tail = rest.partition(end)[2] or "\n"
    middle = "\n".join(sections) + "\n## Each group by itself\n\n" + by_group(scores, weak, strong, groups)
    out.write_text(f"{head.rstrip()}\n\n{begin}\n\n{middle}\n{end}{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Trains the default score of prompts and writes server/route/score_weights.inc.

    train_score.py LABELS.csv[.gz] --pincer build/release/pincer [--out server/route/score_weights.inc]

LABELS has the columns group, prompt, weak_correct and strong_correct. The features are the program's own (`pincer route
--score LABELS --features`), so that what is trained is what runs. Needs numpy.

The model is linear on standardized, clipped features and predicts strong_correct - weak_correct, what the cloud gains. Its
ridge penalty pulls it not towards nothing but towards length, the baseline that is hard to beat on subjects that were not
seen: the feature `length` has PRIOR standard deviations of the trained part on top.
"""
import argparse
import csv
import gzip
import io
import pathlib
import subprocess
import sys
import tempfile

import numpy

PENALTY = 3000.0  # of ridge; as many rows' worth of doubt
PRIOR = 1.0  # of length, in standard deviations of the trained part's predictions
FARTHEST = 3.0  # as kFarthest of prompt_score.cpp
PARTS = 64  # of the quantile table
QUALITIES = 20  # steps of the table of shares


def read_rows(path):
    data = pathlib.Path(path).read_bytes()
    if path.endswith(".gz"):
        data = gzip.decompress(data)
    csv.field_size_limit(1 << 30)
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def run_score(program, rows, options=()):
    """The rows with what `pincer route --score` adds."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["prompt"])
        writer.writerows([row["prompt"]] for row in rows)
        file.flush()
        out = subprocess.run([program, "route", "--score", file.name, *options], check=True, stdout=subprocess.PIPE).stdout
    return list(csv.DictReader(io.StringIO(out.decode(), newline="")))


def features_of(program, rows):
    scored = run_score(program, rows, ["--features"])
    names = [name for name in scored[0] if name not in ("prompt", "score")]
    return names, numpy.array([[float(row[name]) for name in names] for row in scored])


def fit(features, gain, length):
    """Means, scales and weights; `length` is the column that the prior is on."""
    mean, scale = features.mean(0), 1 / (features.std(0) + 1e-6)
    z = numpy.clip((features - mean) * scale, -FARTHEST, FARTHEST)
    weights = numpy.linalg.solve(z.T @ z + PENALTY * numpy.eye(z.shape[1]), z.T @ (gain - gain.mean()))
    weights = weights / (z @ weights).std()
    weights[length] += PRIOR
    return mean, scale, weights


def predict(model, features):
    mean, scale, weights = model
    return numpy.clip((features - mean) * scale, -FARTHEST, FARTHEST) @ weights


def cross_fit(features, gain, groups, length):
    """Predictions for each group by a model that never saw a label of that group."""
    out = numpy.zeros(len(gain))
    for group in numpy.unique(groups):
        test = groups == group
        out[test] = predict(fit(features[~test], gain[~test], length), features[test])
    return out


def shares_for_quality(values, gain):
    """The share of prompts, hardest first, that the cloud must answer for 0, 1/QUALITIES, … 1 of its gain over the local model. With
    predictions of cross_fit() it is what to expect of groups that were not seen."""
    order = numpy.argsort(-values, kind="stable")
    recovered = numpy.maximum.accumulate(numpy.concatenate([[0.0], numpy.cumsum(gain[order])])) / gain.sum()
    wanted = numpy.arange(QUALITIES + 1) / QUALITIES
    return numpy.searchsorted(recovered, numpy.minimum(wanted, recovered[-1])) / len(gain)


def table(names, model, values, shares, source):
    mean, scale, weights = model
    quantiles = numpy.quantile(values, numpy.arange(1, PARTS) / PARTS)
    lines = [f"// Made by bench/router/train_score.py from {source}; do not edit.", "// mean, 1 / standard deviation, weight"]
    lines.insert(0, "// clang-format off")
    lines.append(f"constexpr std::array<Weight, {len(names)}> kWeights = {{{{")
    for name, *row in zip(names, mean, scale, weights):
        lines.append("    {" + ", ".join(f"{value:.6e}F" for value in row) + f"}},  // {name}")
    lines += ["}};", "", f"constexpr std::array<float, {len(quantiles)}> kQuantiles = {{"]
    lines += ["    " + " ".join(f"{value:.5e}F," for value in quantiles[i:i + 6]) for i in range(0, len(quantiles), 6)]
    lines += ["};", "", f"constexpr std::array<float, {len(shares)}> kShares = {{"]
    lines += ["    " + " ".join(f"{value:.4f}F," for value in shares[i:i + 10]) for i in range(0, len(shares), 10)]
    return "\n".join(lines + ["};", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels")
    parser.add_argument("--pincer", default="build/release/pincer")
    parser.add_argument("--out", default="server/route/score_weights.inc")
    args = parser.parse_args()
    rows = read_rows(args.labels)
    names, features = features_of(args.pincer, rows)
    gain = numpy.array([int(row["strong_correct"]) - int(row["weak_correct"]) for row in rows], dtype=float)
    length = names.index("length")
    model = fit(features, gain, length)
    groups = numpy.array([row["group"] for row in rows])
    shares = shares_for_quality(cross_fit(features, gain, groups, length), gain)
    source = f"{pathlib.Path(args.labels).name}, {len(rows)} prompts of {len({row['group'] for row in rows})} groups"
    pathlib.Path(args.out).write_text(table(names, model, predict(model, features), shares, source))
    return 0


if __name__ == "__main__":
    sys.exit(main())

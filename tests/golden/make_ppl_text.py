#!/usr/bin/env python3
# Makes a plain-text English corpus for perplexity runs from a CSV (optionally gzipped) with the columns `group` and `prompt`.
# usage: make_ppl_text.py LABELS.csv[.gz] OUT.txt [CHARACTERS]     (default 110,000 characters: about 24,000 SmolLM2 tokens)
# Only the Python standard library is used (made with Python 3.11.7). Deterministic: MMLU prompts, longest first (ties: file order),
# one prompt per passage (prompts that share their first 100 characters are the same passage), joined by blank lines.
import csv
import gzip
import io
import sys


def main():
    path, out = sys.argv[1], sys.argv[2]
    budget = int(sys.argv[3]) if len(sys.argv) > 3 else 110000
    raw = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    rows = [r for r in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline="")) if r["group"].startswith("mmlu/")]
    rows.sort(key=lambda r: -len(r["prompt"]))  # stable
    seen, parts, total = set(), [], 0
    for r in rows:
        text = r["prompt"].replace("\r", "").strip()
        if text[:100] in seen:
            continue
        seen.add(text[:100])
        parts.append(text)
        total += len(text) + 2
        if total >= budget:
            break
    with open(out, "w", encoding="utf-8", newline="") as f:
        f.write("\n\n".join(parts) + "\n")


main()

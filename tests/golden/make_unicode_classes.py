#!/usr/bin/env python3
# Makes unicode_classes.json: the code point classes that the `tokenizers` library really uses in Digits and ByteLevel, measured by probing
# it with every code point: {"letter", "number", "space", "digits_split"}: lists of inclusive [first, last] ranges (surrogates left out).
# letter/number/space: \p{L}, \p{N}, \s of ByteLevel's regular expression (Unicode 16 tables); everything else is "other".
# digits_split: what Digits cuts out (Rust's char::is_numeric, newer tables: more than \p{N} by 13 code points).
# usage: make_unicode_classes.py OUT.json          Made with Python 3.11.7, tokenizers 0.23.3.
import json
import sys

from tokenizers import pre_tokenizers as p


def main():
    level, digits = p.ByteLevel(add_prefix_space=False, use_regex=True), p.Digits(individual_digits=True)
    out = {"letter": [], "number": [], "space": [], "digits_split": []}

    def add(name, c):
        r = out[name]
        if r and r[-1][1] == c - 1:
            r[-1][1] = c
        else:
            r.append([c, c])

    for c in range(0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        one = lambda pre: len(level.pre_tokenize_str(pre + chr(c))) == 1
        if one("a"):
            add("letter", c)
        elif one("1"):
            add("number", c)
        elif not one("!"):
            add("space", c)
        if len(digits.pre_tokenize_str("a" + chr(c))) == 2:
            add("digits_split", c)
    with open(sys.argv[1], "w") as f:
        f.write("{\n" + ",\n".join(f'"{k}":{json.dumps(v, separators=(",", ":"))}' for k, v in out.items()) + "\n}\n")
    print({k: (len(v), sum(b - a + 1 for a, b in v)) for k, v in out.items()})


main()

#!/usr/bin/env python3
# Makes tokenizer.jsonl: {"text", "ids", "kind"} per line, by the `tokenizers` library.
# usage: make_tokenizer.py MODEL.gguf OUT.jsonl [LLAMA_CPP_VOCAB.inp]     (the .inp: llama.cpp's models/ggml-vocab-*.gguf.inp, all alike)
# Made with Python 3.11.7, tokenizers 0.23.3, transformers 5.23.0 (cross-check only), gguf 0.19.0, and the .inp file of llama.cpp 0c1e57098.
#
# The tokenizer object is built explicitly from the GGUF's vocabulary and merges, with the pre-tokenizer of SmolLM's tokenizer.json:
#   Sequence[Digits(individual_digits=true), ByteLevel(add_prefix_space=false, trim_offsets=true, use_regex=true)], no normalizer.
# It is NOT what transformers' AutoTokenizer.from_pretrained(dir, gguf_file=...) yields: that (5.23.0) drops the Digits step
# (it ignores tokenizer.ggml.pre = "smollm" and always uses a bare ByteLevel), which differs on every text with a space before a digit or
# two numeric characters in a row that a merge could join. main() counts how many cases differ.
# Only control tokens (token_type 3) are added tokens: special=True, normalized=False, no strip.
# The vocabulary lacks the bytes in MISSING (no token at all holds them; there is no byte fallback and no unk_token): `tokenizers` drops such
# a byte BEFORE merging, so that its neighbours inside one pre-token can merge across it. Cases where that happens have "lossy": true
# (the text cannot be had back from the ids). U+0004, 6, 13, 14, 16, 1D and planes 4 to 11 are the code points concerned.
# No case contains a special token's text; add_special_tokens=False.
import json
import random
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


MISSING = {0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xC0, 0xC1, 0xF1, 0xF2} | set(range(0xF5, 0x100))


def load(path):
    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"].contents()]
    assert fields["tokenizer.ggml.model"].contents() == "gpt2" and fields["tokenizer.ggml.pre"].contents() == "smollm"
    assert all(len(m) == 2 for m in merges) and len(set(tokens)) == len(tokens)
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, fuse_unk=False))
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, y in zip(tokens, types) if y == 3])
    assert tok.get_vocab_size() == len(tokens)
    return tok


HAND = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r\n\r\n", " \n", "\n ", " \n \n  \t\t x", "a", " a", "  a", "a ", "a  ",
    "Hello", "Hello world", " Hello  world ", "Hello, World!", "HELLO world\n\n\n  foo\tbar",
    "0", "42", " 42", "1234567890", "3.14159, 1e-10, 0xFF", "in 2024 there were 365 days", "a1b2c3", "1 2  3   4", "12:34:56", "$1,000,000.00",
    "I'm you're he's she'll we'd they've can't", "I'M YOU'RE HE'S SHE'LL WE'D THEY'VE CAN'T", "'s 't 'll 'd 're 've 'm 'T 'S", "''s'''t", "\u2019s it\u2019s",
    "don't 'tis rock'n'roll 's", "'", "''", " '", "' s",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3067\u3059\u3002", "\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8", " \u4f60 \u597d ",
    "\U0001f600", "\U0001f600\U0001f601 \U0001f602", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "\U0001f44d\U0001f3fd ok \u2764\ufe0f", "e\u0301 n\u0303 a\u0308\u0323", "\u0301", " \u0301a", "Z\u0351\u036b\u0343\u036aa\u0302\u0329l\u0334g\u0355o\u033c",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0660\u0661\u0662\u0663", "a\u0661b 1\u0662\u0663", "x\u00b2 + y\u00b3 = z\u00b9\u2070", "\u00bd \u00bc \u2153", "\u2160\u2161\u2162 \u2460\u2461", "\u0967\u0968\u0969 \uff11\uff12\uff13", "\u4e00\u4e8c\u4e09 \u3007 \u3021", "\U0001d7d8\U0001d7d9\U0001d7da",
    "\x00", "\x01\x02\x03", "a\x00b", "\x07\x08\x1b[31mred\x1b[0m", "\x7f\x80\x85\x9f", "\x1c\x1d\x1e\x1f", "a\x0bb\x0cc", "a\x1cb\x1dc", "\x1d", "-\x1d- =\x04= th\x06e", "(\x13)\x14;\x16", "\U00040000", "\U000bffff!\U00050123?",
    "\u00a0", "a\u00a0b", "a \u00a0 b", "\u2028", "a\u2028b\u2029c", "\u3000\u3000x", "\u2003x\u2009y\u200az", "\u200b\u200bx\u200by", "\ufeffx", "\u1680x\u202fy\u205fz", "\u180ex\u2060y", "x\u0085y", "\u00adsoft\u00adhyphen",
    "a" * 2000, "ab" * 1000, "Donaudampfschifffahrtsgesellschaftskapit\u00e4n" * 3, " " * 1, " " * 7, " " * 64, " " * 1000, "\n" * 100, "\t" * 33, "=" * 500, "-=" * 40, "!?" * 33, "1" * 300,
    "def f(x):\n    return x ** 2  # square\n\n\nclass A:\n\tpass\n", "#include <stdio.h>\nint main(void) {\n  printf(\"%d\\n\", 1+2);\n  return 0;\n}\n",
    "{\"key\": [1, 2.5, null, true], \"s\": \"a\\\"b\\u00e9\"}", "<html><body class='x'>&amp;</body></html>", "SELECT * FROM t WHERE a_b = 'c' -- x;", "https://example.org/a/b?c=d&e=f#g", "C:\\Users\\me\\file.txt", "foo_bar fooBar FooBar FOO_BAR foo-bar",
    "if (a && b || !c) { x += y << 2; }", "\\frac{a}{b} $x^2$ \\\\", "<|im_start", "|>", "<|", "<s></s>", "[INST] [/INST]", "\u00e9\u00e8\u00ea \u00df \u0130\u0131 \ufb01", "\u212b \u2126 \u00b5", "\u00aa\u00ba \u02b0 \u1d2c", "\u20ac\u00a3\u00a5 \u2122\u00a9\u00ae", "\u2014\u2013\u2026\u201c\u201d\u00ab\u00bb", "\ufffd\ufffe\uffff", "\U0010ffff\U000f0000\ue000", "\U00020000\U0002a6df", "\U00010400\U00010428 \U0001e900", "\u1e9e \u2c60 \ua720", "_", "__init__", "a_b _c", "\u203f\u2040", " .", " ...", ". .", ".\n", ".\n\n", " \n.", "end.  Next", "x  \n  y", "x\n  \n\ny", "\n\n    indented\n        more",
]


def random_cases(n, seed):
    r = random.Random(seed)
    words = "the of and Hello world it's don't we'll FOO bar_baz x1 y22 number 2024 Pincer token izer a I 'quoted' (paren) [x] e.g. U.S.A. \u00e9tat na\u00efve \u00fcber".split()
    spaces = [" ", " ", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u00a0", "\u1680", "\u2002", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b"]
    digits = "0123456789" * 3 + "\u0660\u0669\u06f5\u0966\u09e6\u0e53\uff17\u00b2\u00bd\u2162\u2460\u3007\U0001d7ce\U0001f101\u19da\u0bf0\u1369"
    marks = "\u0300\u0301\u0308\u0323\u0327\u0591\u064b\u093e\u0941\u094d\u0e31\u1ab0\u20dd\ufe0f\ufe20\u200d\u200c\U0001d165\u3099"
    ranges = [(0, 0x7F), (0x80, 0x24F), (0x250, 0x6FF), (0x700, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x1F300, 0x1FAFF), (0x20000, 0x3FFFF), (0x40000, 0xDFFFF), (0xE0000, 0xE0FFF), (0xF0000, 0x10FFFF)]
    out = []
    while len(out) < n:
        want, s = r.randint(1, 80), ""
        style = r.random()  # < 0.5: word-like mixture; else any code points
        while len(s) < want:
            k = r.random()
            if style < 0.5:
                s += r.choice(words) if k < 0.45 else r.choice(spaces) if k < 0.75 else r.choice(digits) if k < 0.85 else r.choice(marks) if k < 0.9 else chr(r.randint(*r.choice(ranges)))
            else:
                s += chr(r.randint(*r.choice(ranges))) if k < 0.6 else r.choice(spaces) if k < 0.75 else r.choice(digits) if k < 0.85 else r.choice(marks) if k < 0.95 else r.choice(words)
        out.append(s[:want])
    return out


def main():
    import os

    gguf, out = sys.argv[1], sys.argv[2]
    tok = load(gguf)
    cases = [(t, "hand") for t in dict.fromkeys(HAND)]
    if len(sys.argv) > 3:
        raw = open(sys.argv[3], encoding="utf-8", newline="").read()
        inp = raw.split("\n__ggml_vocab_test__\n")  # as llama.cpp's test-tokenizer-0 does
        assert inp.pop() == "" and len(inp) == 46
        cases += [(t, "llama.cpp") for t in inp]
    cases += [(t, "random") for t in random_cases(200, 20261122)]
    with open(out, "w", encoding="utf-8") as f:
        for t, kind in cases:
            ids = tok.encode(t, add_special_tokens=False).ids
            case = {"text": t, "ids": ids, "kind": kind}
            if tok.decode(ids, skip_special_tokens=False) != t:
                assert MISSING & set(t.encode("utf-8")), repr(t)
                case["lossy"] = True
            f.write(json.dumps(case) + "\n")
    try:
        os.environ["TRANSFORMERS_VERBOSITY"] = "error"
        from transformers import AutoTokenizer

        a = AutoTokenizer.from_pretrained(os.path.dirname(os.path.abspath(gguf)), gguf_file=os.path.basename(gguf))
        assert a.backend_tokenizer.get_vocab() == tok.get_vocab()
        d = sum(a.encode(t, add_special_tokens=False) != tok.encode(t, add_special_tokens=False).ids for t, _ in cases)
        a.backend_tokenizer.pre_tokenizer = tok.pre_tokenizer
        e = sum(a.encode(t, add_special_tokens=False) != tok.encode(t, add_special_tokens=False).ids for t, _ in cases)
        print(f"{len(cases)} cases; transformers' own GGUF conversion differs in {d}; with SmolLM's pre-tokenizer put into it, in {e}")
    except ImportError:
        print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()

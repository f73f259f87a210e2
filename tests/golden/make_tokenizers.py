#!/usr/bin/env python3
# Makes tokenizers.jsonl: what transformers' tokenizers make of the 2,000 strings of texts.py. The first line names the columns; each other line is
# {"text", "hashes": [FNV-1a (32 bits) of the ids as little-endian int32, in hex, by column], for the first lines also "ids": [ids by column]}.
# usage: make_tokenizers.py DIR_OF_TINY_MODELS GEMMA3.gguf OUT.jsonl
# Made with Python 3.11.7, transformers 5.23.0, tokenizers 0.23.3, sentencepiece 0.2.1, gguf 0.19.0.
# All are built from the GGUF's own vocabulary: qwen2 by transformers' Qwen2Tokenizer, llama-bpe by the parts of Llama 3's tokenizer.json, gpt-2 and
# smollm by ByteLevel (and Digits), spm and gemma by GemmaTokenizer with the merges that its converter derives from the scores; of these the
# SentencePiece library itself must agree on every string (asserted). spm-prefix is SentencePiece with add_dummy_prefix; transformers' fast form of it
# (Prepend and Replace, as in Llama 2's tokenizer.json) must agree as well.
import json
import os
import struct
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import sentencepiece
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import GemmaTokenizer, PreTrainedTokenizerFast, Qwen2Tokenizer
from transformers.convert_slow_tokenizer import generate_merges

import texts
import tiny_vocabularies as vocabularies

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
IN_FULL = 40


def fields(path, *names):
    all_fields = GGUFReader(path).fields
    return [all_fields["tokenizer.ggml." + n].contents() for n in names]


def byte_level(path, kind):
    tokens, types, merges = fields(path, "tokens", "token_type", "merges")
    vocab = {t: i for i, t in enumerate(tokens)}
    pairs = [tuple(m.split(" ")) for m in merges]
    if kind == "qwen2":
        tok = Qwen2Tokenizer(vocab=vocab, merges=pairs)
    else:
        inner = Tokenizer(models.BPE(vocab=vocab, merges=pairs, ignore_merges=kind == "llama-bpe"))
        level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind != "llama-bpe")
        first = {"llama-bpe": pre_tokenizers.Split(Regex(LLAMA3), "isolated"), "smollm": pre_tokenizers.Digits(individual_digits=True)}.get(kind)
        inner.pre_tokenizer = pre_tokenizers.Sequence([first, level]) if first else level
        tok = PreTrainedTokenizerFast(tokenizer_object=inner)
    tok.add_tokens([AddedToken(t, special=True, normalized=False) for t, y in zip(tokens, types) if y == vocabularies.CONTROL])
    assert len(tok) == len(tokens)
    return lambda text: tok.encode(text, add_special_tokens=False)


def spm(path, prefix=False):
    tokens, types, scores = fields(path, "tokens", "token_type", "scores")
    m = vocabularies.spm_model(tokens, scores, types, prefix)
    reference = sentencepiece.SentencePieceProcessor(model_proto=m.SerializeToString())
    vocab = {p.piece: i for i, p in enumerate(m.pieces)}
    # 0.0, SentencePiece's score of user-defined pieces, puts their merges first.
    merges = generate_merges(vocab, {p.piece: p.score for p in m.pieces})
    tok = GemmaTokenizer(vocab=vocab, merges=merges)
    tok.add_tokens([AddedToken(p.piece, normalized=False, special=p.type == vocabularies.CONTROL) for p in m.pieces if p.type in (vocabularies.CONTROL, vocabularies.USER_DEFINED) and not prefix])
    if prefix:
        tok._tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])

    def encode(text):
        a, b = reference.encode(text), tok.encode(text, add_special_tokens=False)
        # The prefixed form of transformers has the user-defined tokens left out: they would be found before the space is put in front.
        assert a == b or (prefix and any(p.piece.replace("\u2581", " ") in " " + text for p in m.pieces if p.type == vocabularies.USER_DEFINED)), (text, a, b)
        return a

    return encode


def fnv(ids):
    h = 0x811C9DC5
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{h:08x}"


def main():
    folder, gemma, out = sys.argv[1:4]
    tiny = lambda arch: os.path.join(folder, f"tiny-{arch}.gguf")
    columns = {
        "gpt-2": byte_level(tiny("llama"), "gpt-2"), "smollm": byte_level(tiny("llama"), "smollm"), "llama-bpe": byte_level(tiny("llama"), "llama-bpe"),
        "qwen2": byte_level(tiny("qwen2"), "qwen2"), "spm": spm(tiny("gemma3")), "spm-prefix": spm(tiny("gemma3"), True), "gemma": spm(gemma),
    }
    with open(out, "w", encoding="utf-8") as f:
        f.write(json.dumps({"columns": list(columns)}) + "\n")
        for i, text in enumerate(texts.texts()):
            ids = [encode(text) for encode in columns.values()]
            line = {"text": text, "hashes": [fnv(x) for x in ids]}
            if i < IN_FULL:
                line["ids"] = ids
            f.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


main()

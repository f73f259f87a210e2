#!/usr/bin/env python3
# Makes dequant.json: {type: {"block_elems", "block_bytes", "data": hex, "values": hex}}: for each type a few blocks of seeded random bytes
# and what gguf.quants.dequantize makes of them, as hex of little-endian float32 (bit patterns, in order).
# usage: make_dequant.py OUT.json
# Made with Python 3.11.7, gguf 0.19.0, numpy 2.4.6. Seed 20261122.
# Bytes are random but every float16 scale is finite and of ordinary size; F16/BF16 values are finite. F16 and BF16: 64 values; quantized: 2 blocks.
# gguf computes in float32 in the order of ggml's reference C code, so equality is expected bit for bit where no FMA contraction is used.
import json
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

SCALES = {T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q2_K: [80, 82], T.Q3_K: [108], T.IQ4_NL: [0], T.IQ4_XS: [0]}


def main():
    r, out = np.random.default_rng(20261122), {}
    for t in (T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q4_K, T.Q5_K, T.Q6_K, T.Q5_0, T.Q5_1, T.Q2_K, T.Q3_K, T.IQ4_NL, T.IQ4_XS):
        elems, size = GGML_QUANT_SIZES[t]
        if t == T.F16:
            b = r.integers(0, 65536, 64).astype("<u2")
            b = np.where((b & 0x7C00) == 0x7C00, b & 0xBFFF, b).astype("<u2")
            b[:8] = [0, 0x8000, 1, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x3C00]  # zeros, subnormals, smallest normal, largest, one
            b = b.view(np.uint8)
        elif t == T.BF16:
            b = r.integers(0, 65536, 64).astype("<u2")
            b = np.where((b & 0x7F80) == 0x7F80, b & 0xBFFF, b).astype("<u2")
            b[:6] = [0, 0x8000, 1, 0x0080, 0x7F7F, 0x3F80]
            b = b.view(np.uint8)
        else:
            b = r.integers(0, 256, (2, size)).astype(np.uint8)
            for row in range(2):
                for o in SCALES[t]:  # a float16 between 2^-10 and 1, either sign
                    b[row, o : o + 2] = np.array([r.choice([-1, 1]) * 2.0 ** r.uniform(-10, 0)], "<f2").view(np.uint8)
            b = b.ravel()
        v = dequantize(b, t).astype("<f4").ravel()
        assert v.size == b.size // size * elems and np.isfinite(v).all()
        out[t.name] = {"block_elems": int(elems), "block_bytes": int(size), "data": b.tobytes().hex(), "values": v.tobytes().hex()}
        print(t.name, b.size, "bytes", v.size, "values", v[:4], v.min(), v.max())
    json.dump(out, open(sys.argv[1], "w"), indent=1)


main()

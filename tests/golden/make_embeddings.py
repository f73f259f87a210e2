#!/usr/bin/env python3
# Makes embeddings.json: for each tiny-ARCH of make_tiny_models.py, the embeddings of its 64 tokens: final-norm states, pooled (mean, first, last),
# of length 1. The states come from transformers' FP32 logits in tiny-ARCH-logits.gguf: logits = states W^T, and the head W has more rows than
# columns, so that least squares finds them (checked: what is left of the logits is below 1e-5 of the largest).
# usage: make_embeddings.py FOLDER_OF_TINY_MODELS > embeddings.json
# Made with Python 3.11.7, numpy 2.4.6, gguf 0.19.0.
import json
import sys

import numpy as np
from gguf import GGUFReader


def tensor(reader, name):
    return next((np.array(t.data, dtype=np.float64) for t in reader.tensors if t.name == name), None)


def unit(x):
    return [round(float(v), 7) for v in x / np.linalg.norm(x)]


out = {}
for arch in ("llama", "qwen2", "gemma3"):
    model = GGUFReader(f"{sys.argv[1]}/tiny-{arch}.gguf")
    logits = tensor(GGUFReader(f"{sys.argv[1]}/tiny-{arch}-logits.gguf"), "logits")
    head = tensor(model, "output.weight")
    if head is None:
        head = tensor(model, "token_embd.weight")
    states = np.linalg.lstsq(head, logits.T, rcond=None)[0].T
    assert np.abs(states @ head.T - logits).max() < 1e-5 * np.abs(logits).max(), arch
    out[arch] = {"mean": unit(states.mean(axis=0)), "first": unit(states[0]), "last": unit(states[-1])}
json.dump(out, sys.stdout)
print()

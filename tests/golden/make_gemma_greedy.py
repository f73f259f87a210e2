#!/usr/bin/env python3
# Makes gemma_greedy.jsonl: {"prompt", "prompt_ids", "ids", "margins"} per line: the first 64 greedy tokens after each prompt, in FP32.
# usage: make_gemma_greedy.py GEMMA3.gguf OUT.jsonl
# Made with Python 3.11.7, torch 2.15.0 (CPU), transformers 5.23.0, gguf 0.19.0, sentencepiece 0.2.1.
# transformers' Gemma3ForCausalLM holds gguf's own dequantization of every tensor (norm gains less the 1 that the file adds). Attention: eager, float32.
# margins[j] = largest logit - second largest at step j. Prompts begin with <bos>. Generation never stops: always 64 tokens.
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import numpy as np
import sentencepiece
import torch
from gguf import GGUFReader, dequantize
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

import tiny_vocabularies as vocabularies
from make_tiny_models import NAMES, NORMS

PROMPTS = [
    "The capital of France is",
    # Longer than the window of 512 tokens.
    "In the year 1998 the highest spring tide had stood at 4.82 metres; in 2017 it had reached 5.07. Nobody had asked her what she thought this meant. " * 14 + "The engineer asked:",
    "def fibonacci(n):\n", "Once upon a time, in a small village by the sea,", "Die drei größten Städte in Deutschland sind",
]


def load(path):
    r = GGUFReader(path)
    get = lambda k: r.fields["gemma3." + k].contents()
    layers, window = int(get("block_count")), int(get("attention.sliding_window"))
    config = Gemma3TextConfig(
        vocab_size=262144, hidden_size=int(get("embedding_length")), intermediate_size=int(get("feed_forward_length")), num_hidden_layers=layers,
        num_attention_heads=int(get("attention.head_count")), num_key_value_heads=int(get("attention.head_count_kv")), head_dim=int(get("attention.key_length")),
        query_pre_attn_scalar=int(get("attention.key_length")), rms_norm_eps=1e-6, sliding_window=window, max_position_embeddings=int(get("context_length")),
        layer_types=["full_attention" if l % 6 == 5 else "sliding_attention" for l in range(layers)],
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": float(get("rope.freq_base"))}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},
        attn_implementation="eager", dtype=torch.float32,
    )
    names = {v: k for k, v in (NAMES | NORMS | {"post_attention_layernorm": "post_attention_norm"}).items()}
    state = {}
    for t in r.tensors:
        w = torch.from_numpy(dequantize(t.data, t.tensor_type).astype(np.float32).reshape(tuple(reversed([int(x) for x in t.shape]))))
        stem = t.name.removesuffix(".weight")
        if "norm" in stem:
            w = w - 1.0
        if stem.startswith("blk."):
            _, l, part = stem.split(".")
            state[f"model.layers.{l}.{names[part]}.weight"] = w
        else:
            state[{"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[stem]] = w
    model = Gemma3ForCausalLM(config)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert set(missing) <= {"lm_head.weight"} and not unexpected, (missing, unexpected)
    model.tie_weights()
    fields = [r.fields["tokenizer.ggml." + k].contents() for k in ("tokens", "scores", "token_type")]
    return model.eval(), sentencepiece.SentencePieceProcessor(model_proto=vocabularies.spm_model(*fields, False).SerializeToString())


@torch.inference_mode()
def main():
    model, tokenizer = load(sys.argv[1])
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        for prompt in PROMPTS:
            prompt_ids = [2] + tokenizer.encode(prompt)
            x, past, ids, margins = torch.tensor([prompt_ids]), None, [], []
            for _ in range(64):
                r = model(x, past_key_values=past, use_cache=True, logits_to_keep=1)
                past = r.past_key_values
                top = torch.topk(r.logits[0, -1], 2)
                ids.append(int(top.indices[0]))
                margins.append(round(float(top.values[0] - top.values[1]), 6))
                x = top.indices[:1].reshape(1, 1)
            f.write(json.dumps({"prompt": prompt, "prompt_ids": prompt_ids, "ids": ids, "margins": margins}) + "\n")
            f.flush()
            print(len(prompt_ids), min(margins), repr(tokenizer.decode(ids))[:200], flush=True)


main()

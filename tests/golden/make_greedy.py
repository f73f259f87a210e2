#!/usr/bin/env python3
# Makes greedy.jsonl: {"id", "ids", "margins"} per line: the first 64 greedy tokens after each prompt of chat_ids.jsonl, in FP32.
# usage: make_greedy.py MODEL.gguf chat_ids.jsonl OUT.jsonl
# Made with Python 3.11.7, torch 2.15.0 (CPU), transformers 5.23.0, accelerate, gguf 0.19.0.
# transformers' LlamaForCausalLM loads the GGUF, dequantizes every tensor to float32 and un-permutes q/k (GGUF llama files hold them for
# interleaved rope); main() checks every loaded tensor against gguf's own dequantization. Attention: eager, float32 everywhere.
# margins[j] = largest logit - second largest at step j. Generation does NOT stop at <|im_end|> (or any other token): always 64 tokens.
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import numpy as np
import torch
from gguf import GGUFReader, dequantize
from transformers import AutoModelForCausalLM


def unpermute(w, heads):
    return w.reshape(heads, w.shape[0] // heads // 2, 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def check(path, model):
    r = GGUFReader(path)
    heads = int(r.fields["llama.attention.head_count"].contents())
    kv = int(r.fields["llama.attention.head_count_kv"].contents())
    sd = {k: v.numpy() for k, v in model.state_dict().items()}
    part = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj"}
    part |= {"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    for t in r.tensors:
        w = dequantize(t.data, t.tensor_type).astype(np.float32).reshape(tuple(reversed([int(x) for x in t.shape])))
        n = t.name.removesuffix(".weight")
        if n.startswith("blk."):
            _, l, p = n.split(".")
            w = unpermute(w, heads) if p == "attn_q" else unpermute(w, kv) if p == "attn_k" else w
            k = f"model.layers.{l}.{part[p]}.weight"
        else:
            k = {"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[n]
        assert sd[k].dtype == np.float32 and np.array_equal(sd[k], w), (t.name, k)
    assert np.array_equal(sd["lm_head.weight"], sd["model.embed_tokens.weight"])
    c = model.config
    print(len(r.tensors), "tensors equal;", c.rope_parameters, "eps", c.rms_norm_eps, "heads", c.num_attention_heads, c.num_key_value_heads, "tied", c.tie_word_embeddings)
    assert abs(c.rms_norm_eps - 1e-5) < 1e-9 and c.rope_parameters["rope_theta"] == 100000.0


@torch.inference_mode()
def main():
    path, chats, out = sys.argv[1:4]
    model = AutoModelForCausalLM.from_pretrained(os.path.dirname(os.path.abspath(path)), gguf_file=os.path.basename(path), dtype=torch.float32, attn_implementation="eager").eval()
    check(path, model)
    with open(out, "w", encoding="utf-8") as f:
        for line in open(chats, encoding="utf-8"):
            case = json.loads(line)
            x, past, ids, margins = torch.tensor([case["ids"]]), None, [], []
            for _ in range(64):
                r = model(x, past_key_values=past, use_cache=True, logits_to_keep=1)
                past = r.past_key_values
                top = torch.topk(r.logits[0, -1], 2)
                ids.append(int(top.indices[0]))
                margins.append(round(float(top.values[0] - top.values[1]), 6))
                x = top.indices[:1].reshape(1, 1)
            f.write(json.dumps({"id": case["id"], "ids": ids, "margins": margins}) + "\n")
            f.flush()


main()

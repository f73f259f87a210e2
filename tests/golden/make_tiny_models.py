#!/usr/bin/env python3
# Makes tiny-ARCH.gguf and tiny-ARCH-logits.gguf for llama, qwen2 and gemma3: random models with F16 matrices, F32 norms and biases, a small
# vocabulary and a chat template, and the FP32 logits of transformers over 64 positions (tensor "logits", metadata "tokens").
# usage: make_tiny_models.py OUT_DIR
# Made with Python 3.11.7, torch 2.15.0 (CPU), transformers 5.23.0, gguf 0.19.0, tokenizers 0.23.3, sentencepiece 0.2.1. Seed 20261125.
# GGUF's conventions, as llama.cpp's converter has them: llama's q and k rows are permuted for interleaved rope; gemma's norm gains hold their +1.
import math
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import numpy as np
import torch
from gguf import GGUFWriter
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

import chat_templates
import tiny_vocabularies as vocabularies

VOCAB = {"llama": 640, "qwen2": 640, "gemma3": 1024}
POSITIONS = 64


def config(arch):
    common = dict(vocab_size=VOCAB[arch], max_position_embeddings=512, attn_implementation="eager", dtype=torch.float32)
    if arch == "llama":  # more query width than width, Llama 3's frequency factors, an own head
        rope = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
        return LlamaConfig(hidden_size=96, intermediate_size=224, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, head_dim=32, rms_norm_eps=1e-5, rope_parameters=rope, **common)
    if arch == "qwen2":  # a width and a feed-forward length that are no multiples of 32
        return Qwen2Config(hidden_size=80, intermediate_size=176, num_hidden_layers=3, num_attention_heads=5, num_key_value_heads=1, rms_norm_eps=1e-6, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 1e6}, **common)
    kinds = ["full_attention" if l % 6 == 5 else "sliding_attention" for l in range(7)]
    rope = {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}
    return Gemma3TextConfig(hidden_size=64, intermediate_size=160, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=2, head_dim=32, query_pre_attn_scalar=32, rms_norm_eps=1e-6, sliding_window=20, layer_types=kinds, rope_parameters=rope, bos_token_id=2, eos_token_id=1, pad_token_id=0, **common)


CLASSES = {"llama": LlamaForCausalLM, "qwen2": Qwen2ForCausalLM, "gemma3": Gemma3ForCausalLM}


def randomize(model, arch):
    """Weights whose layers matter: attention neither flat nor one-hot, norms and biases far from their defaults."""
    g = torch.Generator().manual_seed(20261125)
    for name, p in model.named_parameters():
        x = torch.randn(p.shape, generator=g)
        if p.dim() == 2:
            gain = 1.0 if "embed" in name and arch != "gemma3" else 1.5 if "q_proj" in name or "k_proj" in name else 1.0
            scale = gain if "embed" in name and arch != "gemma3" else gain / math.sqrt(p.shape[1])
            p.data = (x * scale).half().float()
        elif name.endswith("bias"):
            p.data = 0.5 * x
        else:  # gains of norms: gemma3's are stored without their 1
            p.data = 0.2 * x + (0.0 if arch == "gemma3" else 1.0)
    model.tie_weights()


def permuted(w, heads):
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
NORMS = {"pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm"}


def tensors(model, arch):
    c = model.config
    norms = NORMS | {"post_attention_layernorm": "post_attention_norm" if arch == "gemma3" else "ffn_norm"}
    for name, p in model.state_dict().items():
        w = p.numpy()
        name = name.removeprefix("model.")
        if name == "lm_head.weight":
            if not c.tie_word_embeddings:
                yield "output.weight", w
            continue
        base, kind = name.rsplit(".", 1)
        if arch == "gemma3" and base.endswith("norm"):
            w = w + 1.0
        if base.startswith("layers."):
            _, l, part = base.split(".", 2)
            if arch == "llama" and part.endswith(("q_proj", "k_proj")):
                w = permuted(w, c.num_attention_heads if part.endswith("q_proj") else c.num_key_value_heads)
            yield f"blk.{l}.{(NAMES | norms)[part]}.{kind}", w
        else:
            yield {"embed_tokens": "token_embd", "norm": "output_norm"}[base] + ".weight", w


def frequency_factors(c):
    """rope_freqs.weight, as the converter computes it from Llama 3's parameters."""
    r = c.rope_parameters
    low, high = r["original_max_position_embeddings"] / r["low_freq_factor"], r["original_max_position_embeddings"] / r["high_freq_factor"]
    out = []
    for i in range(0, c.head_dim, 2):
        wave = 2 * math.pi * r["rope_theta"] ** (i / c.head_dim)
        smooth = (r["original_max_position_embeddings"] / wave - r["low_freq_factor"]) / (r["high_freq_factor"] - r["low_freq_factor"])
        out.append(1.0 if wave < high else r["factor"] if wave > low else 1 / ((1 - smooth) / r["factor"] + smooth))
    return np.array(out, np.float32)


def write_metadata(f, c, arch):
    f.add_name(f"tiny {arch}")
    f.add_context_length(c.max_position_embeddings)
    f.add_embedding_length(c.hidden_size)
    f.add_block_count(c.num_hidden_layers)
    f.add_feed_forward_length(c.intermediate_size)
    f.add_head_count(c.num_attention_heads)
    f.add_head_count_kv(c.num_key_value_heads)
    f.add_layer_norm_rms_eps(c.rms_norm_eps)
    if arch == "gemma3":
        f.add_key_length(c.head_dim)
        f.add_value_length(c.head_dim)
        f.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
        f.add_string("gemma3.rope.scaling.type", "linear")
        f.add_float32("gemma3.rope.scaling.factor", c.rope_parameters["full_attention"]["factor"])
        f.add_sliding_window(c.sliding_window)
    else:
        if arch == "llama":
            f.add_key_length(c.head_dim)
            f.add_value_length(c.head_dim)
            f.add_rope_dimension_count(c.head_dim)
        f.add_rope_freq_base(c.rope_parameters["rope_theta"])


def write_tokenizer(f, arch):
    if arch == "gemma3":
        user_defined = ["\n", "\n\n", "\n\n\n", "\t", "\t\t"] + ["\u2581" * n for n in range(2, 9)] + ["<table>", "<td>", "</td>", "<b>", "</b>"]
        data = vocabularies.spm_metadata(vocabularies.spm(VOCAB[arch], ["<start_of_turn>", "<end_of_turn>"], user_defined))
        f.add_tokenizer_model("llama")
        f.add_token_scores(data["scores"])
        f.add_bos_token_id(2)
        f.add_eos_token_id(1)
        f.add_unk_token_id(3)
        f.add_add_bos_token(True)
        f.add_add_space_prefix(False)
    else:
        llama = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
        control = llama if arch == "llama" else ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        words = ["\u0120weather", "Pincer", "\u0120tokenizer", "2026"] if arch == "llama" else []
        data = vocabularies.bpe(VOCAB[arch], control, words)
        f.add_tokenizer_model("gpt2")
        f.add_tokenizer_pre("llama-bpe" if arch == "llama" else "qwen2")
        f.add_token_merges(data["merges"])
        if arch == "llama":
            f.add_bos_token_id(data["tokens"].index("<|begin_of_text|>"))
        f.add_eos_token_id(data["tokens"].index("<|eot_id|>" if arch == "llama" else "<|im_end|>"))
    f.add_token_list(data["tokens"])
    f.add_token_types(data["token_type"])
    f.add_chat_template(chat_templates.TEMPLATES[arch])


def write(path, f):
    f.write_header_to_file(path)
    f.write_kv_data_to_file()
    f.write_tensors_to_file()
    f.close()


@torch.inference_mode()
def main():
    for arch, cls in CLASSES.items():
        model = cls(config(arch)).eval()
        randomize(model, arch)
        f = GGUFWriter(None, arch)
        write_metadata(f, model.config, arch)
        write_tokenizer(f, arch)
        for name, w in tensors(model, arch):
            f.add_tensor(name, w.astype(np.float16 if w.ndim == 2 else np.float32))
        if arch == "llama":
            f.add_tensor("rope_freqs.weight", frequency_factors(model.config))
        write(os.path.join(sys.argv[1], f"tiny-{arch}.gguf"), f)

        ids = [(17 * i * i + 5 * i + 3) % 600 for i in range(POSITIONS)]
        logits = model(torch.tensor([ids])).logits[0].float().numpy()
        f = GGUFWriter(None, "logits")
        f.add_array("tokens", ids)
        f.add_tensor("logits", logits)
        write(os.path.join(sys.argv[1], f"tiny-{arch}-logits.gguf"), f)
        margin = np.sort(logits, axis=1)
        print(arch, sum(p.numel() for p in model.parameters()), "weights; logits", logits.min(), logits.max(), logits.std(), "median margin", np.median(margin[:, -1] - margin[:, -2]))


if __name__ == "__main__":
    main()

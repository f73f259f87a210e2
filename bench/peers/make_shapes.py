#!/usr/bin/env python3
"""Writes GGUF files with the shapes of a 0.5B and a 7B model and random weights: for speed, not for sense.

    bench/peers/make_shapes.py TOKENIZER.gguf FOLDER [--only 0.5b/Q8_0 ...] [--force]

Needs numpy and the package `gguf`. The tokenizer comes from TOKENIZER.gguf (SmolLM2-135M-Instruct); a larger
vocabulary is filled up with unused tokens. Files that are there already stay, unless --force is given.

Each matrix repeats one run of random blocks, since what is read and multiplied does not depend on the values, as long
as they are neither zero (multipliers are faster then) nor let the activations overflow: weights ~ N(0, 1/sqrt(k)).
"""

import argparse
import dataclasses
import os
import pathlib
import sys
import zlib

import gguf
import numpy as np

BLOCK = 32  # weights in a block of Q8_0 and Q4_0
# A prime, so that no two of the first 65,537 rows of a matrix are equal.
RANDOM_BLOCKS = 65_537


@dataclasses.dataclass(frozen=True)
class Shape:
    architecture: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    context: int
    rope_base: float
    qkv_bias: bool
    tied: bool  # the head is the embedding

    def matrices(self):
        """(name, rows, columns) of all that is quantized."""
        head_dim = self.width // self.heads
        yield "token_embd", self.vocabulary, self.width
        for layer in range(self.layers):
            yield f"blk.{layer}.attn_q", self.width, self.width
            yield f"blk.{layer}.attn_k", self.kv_heads * head_dim, self.width
            yield f"blk.{layer}.attn_v", self.kv_heads * head_dim, self.width
            yield f"blk.{layer}.attn_output", self.width, self.width
            yield f"blk.{layer}.ffn_gate", self.feed_forward, self.width
            yield f"blk.{layer}.ffn_up", self.feed_forward, self.width
            yield f"blk.{layer}.ffn_down", self.width, self.feed_forward
        if not self.tied:
            yield "output", self.vocabulary, self.width

    def vectors(self):
        """(name, values) of what stays FP32."""
        ones = np.ones(self.width, np.float32)
        kv_width = self.kv_heads * self.width // self.heads
        for layer in range(self.layers):
            yield f"blk.{layer}.attn_norm.weight", ones
            yield f"blk.{layer}.ffn_norm.weight", ones
            if self.qkv_bias:
                for name, size in (("q", self.width), ("k", kv_width), ("v", kv_width)):
                    yield f"blk.{layer}.attn_{name}.bias", np.full(size, 0.01, np.float32)
        yield "output_norm.weight", ones


SHAPES = {
    "0.5b": Shape("qwen2", 24, 896, 14, 2, 4864, 151_936, 32_768, 1e6, qkv_bias=True, tied=True),
    "7b": Shape("llama", 32, 4096, 32, 32, 11_008, 49_152, 4096, 1e4, qkv_bias=False, tied=False),
}
TYPES = {"Q8_0": gguf.GGMLQuantizationType.Q8_0, "Q4_0": gguf.GGMLQuantizationType.Q4_0}
FILE_TYPES = {"Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0}


def random_blocks(kind, columns, seed):
    """[RANDOM_BLOCKS][bytes of a block]: an FP16 scale, and the quants of N(0, 1/sqrt(columns))."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((RANDOM_BLOCKS, BLOCK), dtype=np.float32)
    largest = np.abs(values).max(axis=1, keepdims=True)
    steps = 127 if kind == "Q8_0" else 8
    scales = largest / steps
    # Of the tensor, beside those of its blocks.
    tensor_scale = rng.uniform(0.8, 1.2) / np.sqrt(columns)
    quants = np.rint(values / scales)
    if kind == "Q8_0":
        packed = quants.astype(np.int8).view(np.uint8)
    else:  # low nibbles are the first half of the block, high ones the second; both plus 8
        nibbles = (np.clip(quants, -8, 7) + 8).astype(np.uint8)
        packed = nibbles[:, : BLOCK // 2] | nibbles[:, BLOCK // 2 :] << 4
    return np.hstack([(scales * tensor_scale).astype("<f2").view(np.uint8), packed])


def matrix(kind, rows, columns, seed):
    """[rows][bytes of a row]"""
    blocks = random_blocks(kind, columns, seed)
    count = rows * columns // BLOCK
    return np.tile(blocks, (-(-count // RANDOM_BLOCKS), 1))[:count].reshape(rows, -1)


def copy_tokenizer(source, writer, vocabulary):
    """The keys of the tokenizer, with unused tokens up to `vocabulary`."""
    for field in source.fields.values():
        if not field.name.startswith("tokenizer."):
            continue
        value = field.contents()
        if field.name == gguf.Keys.Tokenizer.LIST:
            value += [f"<|unused_{i}|>" for i in range(len(value), vocabulary)]
        elif field.name == gguf.Keys.Tokenizer.TOKEN_TYPE:
            value += [int(gguf.TokenType.UNUSED)] * (vocabulary - len(value))
        elif field.name == gguf.Keys.Tokenizer.SCORES:
            value += [0.0] * (vocabulary - len(value))
        sub_type = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, field.types[0], sub_type)


def describe(shape, name, kind, writer):
    writer.add_name(f"random {name} {kind}")
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(1e-6)
    if shape.architecture == "llama":
        writer.add_rope_dimension_count(shape.width // shape.heads)


def write(shape, name, kind, source, path):
    """By way of a file beside it, so that one which was cut short is never taken for a whole one."""
    unfinished = path.with_suffix(".part")
    writer = gguf.GGUFWriter(unfinished, shape.architecture)
    describe(shape, name, kind, writer)
    copy_tokenizer(source, writer, shape.vocabulary)
    block_bytes = gguf.GGML_QUANT_SIZES[TYPES[kind]][1]
    for tensor, rows, columns in shape.matrices():
        row_bytes = columns // BLOCK * block_bytes
        writer.add_tensor_info(f"{tensor}.weight", (rows, row_bytes), np.dtype(np.uint8), rows * row_bytes, TYPES[kind])
    for tensor, values in shape.vectors():
        writer.add_tensor_info(tensor, values.shape, values.dtype, values.nbytes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor, rows, columns in shape.matrices():
        writer.write_tensor_data(matrix(kind, rows, columns, zlib.crc32(tensor.encode())))
    for _, values in shape.vectors():
        writer.write_tensor_data(values)
    writer.close()
    os.replace(unfinished, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tokenizer", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    wanted = [f"{name}/{kind}" for name in SHAPES for kind in TYPES]
    parser.add_argument("--only", nargs="+", choices=wanted, default=wanted, metavar="SHAPE/TYPE",
                        help=f"of {', '.join(wanted)}")
    parser.add_argument("--force", action="store_true", help="write files that are there, too")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    source = gguf.GGUFReader(arguments.tokenizer)
    for choice in arguments.only:
        name, kind = choice.split("/")
        path = arguments.folder / f"random-{name}.{kind}.gguf"
        if path.exists() and not arguments.force:
            continue
        print(f"writing {path}", file=sys.stderr, flush=True)
        write(SHAPES[name], name, kind, source, path)


if __name__ == "__main__":
    main()

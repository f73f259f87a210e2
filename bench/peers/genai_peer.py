"""OpenVINO GenAI on a GGUF file: prefill and decode, a line of JSON.

    genai_peer.py FILE --threads N --prompt N --generate N --repetitions N

Runs in the virtual environment that has openvino-genai. Each repetition has a prompt of its own, because a repeated one
comes from the prefix cache. Prefill is prompt / time to the first token, decode 1 / time per token after it.
"""

import argparse
import json

import numpy as np
import openvino as ov
import openvino_genai as genai


def prompt_of(length, vocabulary, seed):
    ids = np.random.default_rng(seed).integers(0, vocabulary, (1, length), dtype=np.int64)
    return genai.TokenizedInputs(ov.Tensor(ids), ov.Tensor(np.ones_like(ids)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--vocabulary", type=int, default=49_000, help="ids of the prompts are below it")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pipe = genai.LLMPipeline(arguments.file, "CPU", INFERENCE_NUM_THREADS=arguments.threads)
    config = genai.GenerationConfig(max_new_tokens=arguments.generate + 1, ignore_eos=True, do_sample=False,
                                    apply_chat_template=False)
    prefill, decode = [], []
    for repetition in range(arguments.repetitions + 1):
        prompt = prompt_of(arguments.prompt, arguments.vocabulary, [arguments.seed, repetition])
        metrics = pipe.generate(prompt, config).perf_metrics
        if repetition:  # the first one warms up
            prefill.append(1000 * arguments.prompt / metrics.get_ttft().mean)
            decode.append(1000 / metrics.get_tpot().mean)
    print(json.dumps({"version": ov.__version__, "prefill": prefill, "decode": decode}))


if __name__ == "__main__":
    main()

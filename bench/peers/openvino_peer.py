"""OpenVINO on one thread: a model of one layer, int8 weights with a scale a channel.

dynamic N: FP32 activations that the plugin quantizes in each call, by groups of N, as it does for language models.
128 was the fastest size; whole rows fell back to FP32. static: the activations pass a FakeQuantize to u8, as in models
that were calibrated.
"""

import numpy as np
import openvino as ov
from openvino import opset13 as op

import cases

# Group of the activations; None: static.
MODES = {"dynamic 32": 32, "dynamic 128": 128, "static": None}
CORE = ov.Core()


def weights(n, k, seed):
    rng = np.random.default_rng(seed)
    quants = rng.integers(-127, 128, (n, k), dtype=np.int8)
    scale = np.full((n, 1), 0.01, np.float32)
    return op.multiply(op.convert(op.constant(quants), "f32"), op.constant(scale))


def request(m, n, k, seed, group):
    x = op.parameter([m, k], np.float32)
    activations = x if group else op.fake_quantize(x, *(np.float32(v) for v in (-1, 1, -1, 1)), 256)
    model = ov.Model([op.matmul(activations, weights(n, k, seed), False, True)], [x])
    return ready(model, np.random.default_rng(1).uniform(-1, 1, (m, k)).astype(np.float32), group or 0)


def ready(model, data, group):
    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": "1",
        "INFERENCE_PRECISION_HINT": "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(group),
    }
    infer = CORE.compile_model(model, "CPU", settings).create_infer_request()
    infer.set_input_tensor(ov.Tensor(data))
    return infer.infer


def empty_call():
    x = op.parameter([1, 16], np.float32)
    return ready(ov.Model([op.relu(x)], [x]), np.zeros((1, 16), np.float32), 0)


def main():
    seconds = cases.seconds_argument()
    overhead = cases.best_ns(empty_call(), seconds)
    for m, n, k, copies in cases.all_cases():
        for mode, group in MODES.items():
            calls = [request(m, n, k, seed, group) for seed in range(copies)]
            ns = cases.best_ns(cases.taking_turns(calls), seconds) - overhead
            cases.report(f"OpenVINO {mode}", m, n, k, copies, ns)


if __name__ == "__main__":
    main()

"""ONNX Runtime on one thread: a model of one layer, activations quantized in each call.

MatMulInteger: what quantize_dynamic makes of a layer, a scale a channel. MatMulNBits: 8 bits, a scale for every 32
weights, accuracy level 4 (int8 arithmetic).
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import cases

GROUP = 32


def integer_graph(n, k, rng):
    quants = rng.integers(-127, 128, (k, n), dtype=np.int8)
    constants = {"w": quants, "w_scale": np.full(n, 0.01, np.float32), "w_zero": np.zeros(n, np.int8)}
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["q", "w", "zero", "w_zero"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["scale", "w_scale"], ["scales"]),
        helper.make_node("Mul", ["floats", "scales"], ["y"]),
    ]
    return nodes, constants


def nbits_graph(n, k, rng):
    groups = k // GROUP
    constants = {
        "w": rng.integers(1, 256, (n, groups, GROUP), dtype=np.uint8),
        "w_scale": np.full((n, groups), 0.01, np.float32),
    }
    node = helper.make_node("MatMulNBits", ["x", "w", "w_scale"], ["y"], domain="com.microsoft", K=k, N=n, bits=8,
                            block_size=GROUP, accuracy_level=4)
    return [node], constants


def empty_graph():
    return [helper.make_node("Relu", ["x"], ["y"])], {}


def ready(nodes, constants, m, n, k):
    graph = helper.make_graph(
        nodes,
        "layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [m, k])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [m, n])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = onnxruntime.OrtValue.ortvalue_from_numpy(np.random.default_rng(1).uniform(-1, 1, (m, k)).astype(np.float32))
    y = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty((m, n), np.float32))
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", x)
    binding.bind_ortvalue_output("y", y)

    def call(_kept=(x, y)):  # the binding does not keep their memory
        session.run_with_iobinding(binding)

    return call


def main():
    seconds = cases.seconds_argument()
    overhead = cases.best_ns(ready(*empty_graph(), 1, 16, 16), seconds)
    for m, n, k, copies in cases.all_cases():
        for peer, graph in (("ONNX Runtime MatMulInteger", integer_graph), ("ONNX Runtime MatMulNBits", nbits_graph)):
            calls = [ready(*graph(n, k, np.random.default_rng(seed)), m, n, k) for seed in range(copies)]
            ns = cases.best_ns(cases.taking_turns(calls), seconds) - overhead
            cases.report(peer, m, n, k, copies, ns)


if __name__ == "__main__":
    main()

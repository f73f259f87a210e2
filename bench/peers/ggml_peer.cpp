// llama.cpp's ggml on one thread: mul_mat with Q8_0 weights, a graph of one node. The activations
// are FP32 and are quantized in each call. Weights lie in the plain buffer, or in one that the CPU
// backend offers for them (repacked), if it has one: the faster counts.
#include <cstring>
#include <vector>

#include "best_time.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace {

std::vector<ggml_backend_buffer_type_t> buffer_types() {
  std::vector<ggml_backend_buffer_type_t> types = {ggml_backend_cpu_buffer_type()};
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  auto extra =
      reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
          ggml_backend_dev_backend_reg(cpu), "ggml_backend_dev_get_extra_bufts"));
  if (extra == nullptr) return types;
  for (auto* type = extra(cpu); type != nullptr && *type != nullptr; ++type) types.push_back(*type);
  return types;
}

std::vector<std::uint8_t> random_weights(const PeerCase& c) {
  const std::size_t count = static_cast<std::size_t>(c.n) * c.k;
  std::vector<float> floats(count);
  for (float& f : floats) f = static_cast<float>(std::rand()) / RAND_MAX - 0.5f;
  std::vector<std::uint8_t> quants(ggml_row_size(GGML_TYPE_Q8_0, c.k) * c.n);
  ggml_quantize_chunk(GGML_TYPE_Q8_0, floats.data(), quants.data(), 0, c.n, c.k, nullptr);
  return quants;
}

// 0 when this kind of buffer is not for such weights.
double time_with(ggml_backend_buffer_type_t type, ggml_backend_t backend, const PeerCase& c,
                 const std::vector<std::uint8_t>& quants, double seconds) {
  const ggml_init_params no_data = {ggml_tensor_overhead() * (c.copies * 4 + 8) +
                                        ggml_graph_overhead_custom(8, false) * (c.copies + 1),
                                    nullptr, true};
  ggml_context* weights = ggml_init(no_data);
  ggml_context* rest = ggml_init(no_data);
  ggml_tensor* x = ggml_new_tensor_2d(rest, GGML_TYPE_F32, c.k, c.m);
  std::vector<ggml_cgraph*> graphs;
  std::vector<ggml_tensor*> matrices;
  for (int i = 0; i < c.copies; ++i) {
    matrices.push_back(ggml_new_tensor_2d(weights, GGML_TYPE_Q8_0, c.k, c.n));
    graphs.push_back(ggml_new_graph_custom(rest, 8, false));
    ggml_build_forward_expand(graphs.back(), ggml_mul_mat(rest, matrices.back(), x));
  }
  double ns = 0;
  ggml_backend_buffer_t weight_buffer = ggml_backend_alloc_ctx_tensors_from_buft(weights, type);
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(rest, backend);
  const bool usable = weight_buffer != nullptr &&
                      (type == ggml_backend_cpu_buffer_type() ||
                       (matrices[0]->extra != nullptr &&
                        ggml_backend_supports_op(backend, ggml_graph_node(graphs[0], 0))));
  if (usable) {
    for (ggml_tensor* w : matrices) ggml_backend_tensor_set(w, quants.data(), 0, quants.size());
    std::vector<float> floats(static_cast<std::size_t>(c.m) * c.k, 0.25f);
    ggml_backend_tensor_set(x, floats.data(), 0, floats.size() * sizeof(float));
    ns = best_ns(seconds, [&](long turn) {
      ggml_backend_graph_compute(backend, graphs[static_cast<std::size_t>(turn % c.copies)]);
    });
  }
  ggml_backend_buffer_free(buffer);
  if (weight_buffer != nullptr) ggml_backend_buffer_free(weight_buffer);
  ggml_free(weights);
  ggml_free(rest);
  return ns;
}

void run(const PeerCase& c, double seconds) {
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, 1);
  const std::vector<std::uint8_t> quants = random_weights(c);
  double best = 0;
  for (ggml_backend_buffer_type_t type : buffer_types()) {
    const double ns = time_with(type, backend, c, quants, seconds);
    if (ns > 0 && (best == 0 || ns < best)) best = ns;
  }
  ggml_backend_free(backend);
  report("llama.cpp Q8_0", c, best);
}

}  // namespace

int main(int argc, char** argv) { return for_each_case(argc, argv, run); }

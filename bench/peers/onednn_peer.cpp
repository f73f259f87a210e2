// oneDNN on one thread: the INT8 matmul primitive, s8 activations that are quantized already with
// one scale, s8 weights in the layout that the primitive wants with a scale a channel, FP32 result.
#include <cstdint>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "best_time.h"

namespace {

using dnnl::memory;

void run(const PeerCase& c, double seconds) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc a_desc({c.m, c.k}, memory::data_type::s8, memory::format_tag::ab);
  const memory::desc any_desc({c.k, c.n}, memory::data_type::s8, memory::format_tag::any);
  const memory::desc c_desc({c.m, c.n}, memory::data_type::f32, memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 1);
  const dnnl::matmul::primitive_desc primitive(engine, a_desc, any_desc, c_desc, attributes);
  const dnnl::matmul matmul(primitive);

  memory plain({{c.k, c.n}, memory::data_type::s8, memory::format_tag::ab}, engine);
  auto* quants = static_cast<std::int8_t*>(plain.get_data_handle());
  for (long i = 0; i < static_cast<long>(c.k) * c.n; ++i) {
    quants[i] = static_cast<std::int8_t>(std::rand() % 255 - 127);
  }
  std::vector<memory> weights;
  for (int i = 0; i < c.copies; ++i) {
    weights.emplace_back(primitive.weights_desc(), engine);
    dnnl::reorder(plain, weights.back()).execute(stream, plain, weights.back());
  }
  memory a(a_desc, engine), result(c_desc, engine);
  std::memset(a.get_data_handle(), 3, a_desc.get_size());
  memory a_scale({{1}, memory::data_type::f32, memory::format_tag::a}, engine);
  memory w_scale({{c.n}, memory::data_type::f32, memory::format_tag::a}, engine);
  *static_cast<float*>(a_scale.get_data_handle()) = 0.01f;
  std::fill_n(static_cast<float*>(w_scale.get_data_handle()), c.n, 0.01f);
  stream.wait();

  const auto call = [&](long turn) {
    matmul.execute(stream, {{DNNL_ARG_SRC, a},
                            {DNNL_ARG_WEIGHTS, weights[static_cast<std::size_t>(turn % c.copies)]},
                            {DNNL_ARG_DST, result},
                            {DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, a_scale},
                            {DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, w_scale}});
    stream.wait();
  };
  report("oneDNN", c, best_ns(seconds, call));
}

}  // namespace

int main(int argc, char** argv) { return for_each_case(argc, argv, run); }

// The AMX kernels on emulated tiles: what is around the tiles needs AVX512-VNNI only.
#include "kernels/gemm/amx_product.h"
#include "tests/kernels/emulated/tiles.h"

namespace pincer::kernels {

void emulated_gemm_s8s8_f32_amx_32x32x64(const GemmArgs& args) noexcept {
  multiply_by_tiles<EmulatedTiles>(args);
}

}  // namespace pincer::kernels

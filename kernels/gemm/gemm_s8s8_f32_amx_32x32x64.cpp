// GEMM on AMX: tiles of 16 rows by 16 channels, 64 values of k at a time.
#include "kernels/gemm/amx_product.h"
#include "kernels/gemm/amx_tiles.h"

namespace pincer::kernels {

void gemm_s8s8_f32_amx_32x32x64(const GemmArgs& args) noexcept {
  multiply_by_tiles<AmxTiles>(args);
}

}  // namespace pincer::kernels

// A call of the GEMM on AMX, by T: AmxTiles or what emulates them.
#pragma once

#include <cassert>

#include "kernels/gemm/amx_channels.h"
#include "kernels/gemm/amx_groups.h"

namespace pincer::kernels {
namespace {

template <class T>
void multiply_by_tiles(const GemmArgs& args) {
  const Layout& layout = args.w.layout();
  assert(layout.nr == kTileRows && layout.kr == 4 && layout.offset == 1 && layout.bits == 8);
  assert(args.a.ir == kTileRows && args.a.ik == kStep && args.m_begin % kTileRows == 0);
  assert(args.a.stride >= args.w.k_padded() && args.a.stride % kStep == 0);
  if (layout.group == 0) {
    ChannelProduct<T> product(args);
    T::configure(kStep);
    product.run();
  } else {
    GroupProduct<T> product(args);
    T::configure(product.k_bytes());
    product.run();
  }
  T::release();
}

}  // namespace
}  // namespace pincer::kernels

// Calls that check their arguments. A kernel itself only asserts; these say what was expected.
#pragma once

#include <string>

#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels {

// What is wrong with a call, with the values and what was expected; empty when nothing is. Shapes,
// strides, alignment and layout ids are checked, not what pointers point to.
std::string misuse(const GemmKernel& kernel, const GemmArgs& args);
std::string misuse(const AttentionKernel& kernel, const AttentionArgs& args);
std::string misuse(const AttentionF16Kernel& kernel, const AttentionF16Args& args);
std::string misuse(const AttentionS8Kernel& kernel, const AttentionS8Args& args);

// kernel.fn(args); in debug builds (asserts on) a misuse is printed and ends the program.
void call(const GemmKernel& kernel, const GemmArgs& args);
void call(const AttentionKernel& kernel, const AttentionArgs& args);
void call(const AttentionF16Kernel& kernel, const AttentionF16Args& args);
void call(const AttentionS8Kernel& kernel, const AttentionS8Args& args);

}  // namespace pincer::kernels

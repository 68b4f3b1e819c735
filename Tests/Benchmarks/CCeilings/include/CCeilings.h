/// What this machine can do at best: loops that do nothing but multiply-adds, or nothing but loads
/// and stores. The benchmark runs one per thread and relates kernels to them.
#ifndef VOXELNAS_CCEILINGS_H
#define VOXELNAS_CCEILINGS_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Multiply-adds in registers for `rounds` rounds on the calling thread; returns the number of
/// floating-point operations done. `level` is vn_instruction_set()'s: 0 baseline, 1 AVX2, 2 AVX-512.
double vc_multiply_adds(int level, long rounds);
/// Reads `count` floats, a multiple of 64; the sum is returned so that the loads are not dropped.
float vc_read(const float *values, ptrdiff_t count);
/// a = b + 3 · c over `count` floats, a multiple of 64: two loads and a store each.
void vc_triad(float *a, const float *b, const float *c, ptrdiff_t count);

#pragma clang assume_nonnull end
#endif

// Chooses among the three builds of each kernel.
#ifndef VN_INSTRUCTION_SETS_H
#define VN_INSTRUCTION_SETS_H
#include "CKernels.h"

// Products and sums are never contracted behind our back: what is fused is written as FMA().
#pragma STDC FP_CONTRACT OFF

// The best set of this processor, and the calling thread's choice (-1: the best).
extern int vn_best_level;
extern _Thread_local int vn_thread_level;

static inline int vn_active_level(void) {
  return vn_thread_level < 0 ? vn_best_level : vn_thread_level;
}

#if defined(__x86_64__)
#define VN_DISPATCH(name, ...)                      \
  switch (vn_active_level()) {                      \
  case 2: return name##_avx512(__VA_ARGS__);        \
  case 1: return name##_avx2(__VA_ARGS__);          \
  default: return name##_baseline(__VA_ARGS__);     \
  }
#else
#define VN_DISPATCH(name, ...) return name##_baseline(__VA_ARGS__);
#endif
#endif

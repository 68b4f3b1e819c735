// Includes the file VN_BODY once per instruction set, with VN_SUFFIX, VN_LANES and the vector
// operations of Vectors.h set for it.
#define VN_SUFFIX baseline
#define VN_LANES 4
#include "Vectors.h"
#include VN_BODY
#include "VectorsEnd.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VN_SUFFIX avx2
#define VN_LANES 8
#include "Vectors.h"
#include VN_BODY
#include "VectorsEnd.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define VN_SUFFIX avx512
#define VN_LANES 16
#include "Vectors.h"
#include VN_BODY
#include "VectorsEnd.h"
#pragma clang attribute pop
#endif

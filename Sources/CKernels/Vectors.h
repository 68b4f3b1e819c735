// Vector operations of one instruction set. No include guard: included once per set.
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__aarch64__)
#include <arm_neon.h>
#endif
#ifndef VN_JOIN
#define VN_JOIN2(a, b) a##_##b
#define VN_JOIN(a, b) VN_JOIN2(a, b)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROLLED _Pragma("clang loop unroll(disable)")
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
// Every function of a body is FN(name), so that the three builds can live in one file.
#define FN(name) VN_JOIN(name, VN_SUFFIX)
#define LANES VN_LANES

typedef float FN(vn_vector) __attribute__((vector_size(VN_LANES * 4), aligned(4), may_alias));
typedef int32_t FN(vn_integers) __attribute__((vector_size(VN_LANES * 4), aligned(4), may_alias));
typedef double FN(vn_doubles) __attribute__((vector_size(VN_LANES * 8), aligned(8), may_alias));
#define V FN(vn_vector)
#define VI FN(vn_integers)
#define VD FN(vn_doubles)

#if VN_LANES == 4 && defined(__x86_64__)
#define FMA(a, b, c) ((a) * (b) + (c))
#define FMA1(a, b, c) ((a) * (b) + (c))
#else
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define FMA1(a, b, c) __builtin_fmaf(a, b, c)
#endif

// A mask of the first `count` lanes, and loads (zeros elsewhere) and stores through it.
#if VN_LANES == 16
#define MASK __mmask16
INLINE MASK FN(mask)(ptrdiff_t count) { return (MASK)((1u << MIN(count, 16)) - 1); }
INLINE V FN(load_masked)(const float *p, MASK m) { return (V)_mm512_maskz_loadu_ps(m, p); }
INLINE void FN(store_masked)(float *p, V v, MASK m) { _mm512_mask_storeu_ps(p, m, (__m512)v); }
#elif VN_LANES == 8
#define MASK __m256i
INLINE MASK FN(mask)(ptrdiff_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)MIN(count, 8)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE V FN(load_masked)(const float *p, MASK m) { return (V)_mm256_maskload_ps(p, m); }
INLINE void FN(store_masked)(float *p, V v, MASK m) { _mm256_maskstore_ps(p, m, (__m256)v); }
#else
#define MASK ptrdiff_t
INLINE MASK FN(mask)(ptrdiff_t count) { return MIN(count, 4); }
INLINE V FN(load_masked)(const float *p, MASK m) {
  V v = {0};
  for (ptrdiff_t i = 0; i < m; i++) v[i] = p[i];
  return v;
}
INLINE void FN(store_masked)(float *p, V v, MASK m) {
  for (ptrdiff_t i = 0; i < m; i++) p[i] = v[i];
}
#endif
INLINE V FN(load)(const float *p) { return *(const V *)p; }
INLINE void FN(store)(float *p, V v) { *(V *)p = v; }
INLINE V FN(load_some)(const float *p, const int masked, MASK m) {
  return masked ? FN(load_masked)(p, m) : FN(load)(p);
}
INLINE void FN(store_some)(float *p, V v, const int masked, MASK m) {
  if (masked) FN(store_masked)(p, v, m);
  else FN(store)(p, v);
}
#if VN_LANES == 16
INLINE V FN(broadcast)(float x) { return (V)_mm512_set1_ps(x); }
#elif VN_LANES == 8
INLINE V FN(broadcast)(float x) { return (V)_mm256_set1_ps(x); }
#else
INLINE V FN(broadcast)(float x) { return (V){x, x, x, x}; }
#endif
// The bound is the first operand: a NaN in `v` passes through, as in PyTorch.
#if VN_LANES == 16
INLINE V FN(at_least)(V bound, V v) { return (V)_mm512_max_ps((__m512)bound, (__m512)v); }
INLINE V FN(at_most)(V bound, V v) { return (V)_mm512_min_ps((__m512)bound, (__m512)v); }
#elif VN_LANES == 8
INLINE V FN(at_least)(V bound, V v) { return (V)_mm256_max_ps((__m256)bound, (__m256)v); }
INLINE V FN(at_most)(V bound, V v) { return (V)_mm256_min_ps((__m256)bound, (__m256)v); }
#elif defined(__x86_64__)
INLINE V FN(at_least)(V bound, V v) { return (V)_mm_max_ps((__m128)bound, (__m128)v); }
INLINE V FN(at_most)(V bound, V v) { return (V)_mm_min_ps((__m128)bound, (__m128)v); }
#else
INLINE V FN(at_least)(V bound, V v) { return (V)vmaxq_f32((float32x4_t)bound, (float32x4_t)v); }
INLINE V FN(at_most)(V bound, V v) { return (V)vminq_f32((float32x4_t)bound, (float32x4_t)v); }
#endif
#define LOAD FN(load)
#define STORE FN(store)
#define LOAD_SOME FN(load_some)
#define STORE_SOME FN(store_some)
#define BROADCAST FN(broadcast)

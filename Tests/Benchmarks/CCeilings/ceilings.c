#include "CCeilings.h"

// Enough independent chains to cover latency 4 at two multiply-adds a cycle, few enough for the
// registers. `volatile` keeps the compiler from shortening the loop.
#define CHAIN(type, count, lanes, instruction, constraint)                        \
  type r[count], x, y;                                                            \
  for (int i = 0; i < count; i++) r[i] = (type){0};                               \
  x = (type){0}, y = (type){0};                                                   \
  for (long k = 0; k < rounds; k++) {                                             \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)            \
        __asm__ volatile(instruction : "+" constraint(r[i]) : constraint(x), constraint(y)); \
  }                                                                               \
  return 2.0 * lanes * count * (double)rounds;

typedef float four __attribute__((vector_size(16)));

#if defined(__x86_64__)
typedef float eight __attribute__((vector_size(32)));
typedef float sixteen __attribute__((vector_size(64)));

__attribute__((target("avx512f"))) static double avx512(long rounds) {
  CHAIN(sixteen, 20, 16, "vfmadd231ps %2, %1, %0", "v")
}
__attribute__((target("avx2,fma"))) static double avx2(long rounds) {
  CHAIN(eight, 12, 8, "vfmadd231ps %2, %1, %0", "x")
}
static double baseline(long rounds) {
  // A product and a sum: what this set has in place of a fused multiply-add.
  CHAIN(four, 12, 4, "mulps %1, %0\n\taddps %2, %0", "x")
}
double vc_multiply_adds(int level, long rounds) {
  return level == 2 ? avx512(rounds) : level == 1 ? avx2(rounds) : baseline(rounds);
}
#elif defined(__aarch64__)
double vc_multiply_adds(int level, long rounds) {
  CHAIN(four, 24, 4, "fmla %0.4s, %1.4s, %2.4s", "w")
}
#else
double vc_multiply_adds(int level, long rounds) {
  volatile float sum = 0;
  for (long k = 0; k < rounds; k++) sum = sum * 0.5f + 1;
  return 2.0 * (double)rounds;
}
#endif

#define EACH_LINE for (ptrdiff_t i = 0; i < count; i += 64)
typedef float line __attribute__((vector_size(64), aligned(4), may_alias));

#define READ                                                         \
  line sums[4] = {{0}, {0}, {0}, {0}};                               \
  EACH_LINE for (int j = 0; j < 4; j++) sums[j] += *(const line *)(values + i + 16 * j); \
  const line sum = sums[0] + sums[1] + sums[2] + sums[3];            \
  float total = 0;                                                   \
  for (int j = 0; j < 16; j++) total += sum[j];                      \
  return total;
#define TRIAD                                                                    \
  EACH_LINE for (int j = 0; j < 64; j += 16) *(line *)(a + i + j) =              \
      *(const line *)(b + i + j) + 3 * *(const line *)(c + i + j);

#if defined(__x86_64__)
// Wider loads where the processor has them.
__attribute__((target("avx2,fma"))) static float read_avx2(const float *values, ptrdiff_t count) {
  READ
}
__attribute__((target("avx2,fma"))) static void triad_avx2(float *a, const float *b, const float *c,
                                                           ptrdiff_t count) {
  TRIAD
}
#endif

float vc_read(const float *values, ptrdiff_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return read_avx2(values, count);
#endif
  READ
}

void vc_triad(float *a, const float *b, const float *c, ptrdiff_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    triad_avx2(a, b, c, count);
    return;
  }
#endif
  TRIAD
}

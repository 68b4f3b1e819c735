#include "Packing.h"
// Batch norm with its activation: sums in float over chunks of 64 rows, then in double.
// A full cache line of channels is taken down the rows at a time.

#define LINE (16 / LANES)

// Calls `BLOCK(c, vectors, masked, m)` for all channels: whole lines, then single vectors, then the
// last lanes.
#define COLUMNS(C)                                                              \
  ptrdiff_t c = 0;                                                              \
  for (; c + 16 <= (C); c += 16) BLOCK(c, LINE, 0, FN(mask)(LANES));            \
  for (; c + LANES <= (C); c += LANES) BLOCK(c, 1, 0, FN(mask)(LANES));         \
  if (c < (C)) BLOCK(c, 1, 1, FN(mask)((C) - c));

INLINE void FN(add_doubles)(double *p, V v) {
  VD *out = (VD *)p;
  *out += __builtin_convertvector(v, VD);
}

INLINE void FN(moments_block)(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t C, double *sums,
                              double *squares, const int vectors, const int masked, MASK m) {
  // Relative to the chunk's first row, so that a large mean costs no digits of the variance.
  V pivot[LINE], s[LINE], q[LINE];
  UNROLL for (int j = 0; j < vectors; j++) {
    pivot[j] = LOAD_SOME(x + r0 * C + j * LANES, masked, m);
    s[j] = q[j] = (V){0};
  }
  for (ptrdiff_t r = r0; r < r1; r++)
    UNROLL for (int j = 0; j < vectors; j++) {
      const V v = LOAD_SOME(x + r * C + j * LANES, masked, m) - pivot[j];
      s[j] += v;
      q[j] = FMA(v, v, q[j]);
    }
  const double count = (double)(r1 - r0);
  UNROLL for (int j = 0; j < vectors; j++) {
    const VD p = __builtin_convertvector(pivot[j], VD), sum = __builtin_convertvector(s[j], VD);
    *(VD *)(sums + j * LANES) += sum + count * p;
    *(VD *)(squares + j * LANES) += __builtin_convertvector(q[j], VD) + (2 * sum + count * p) * p;
  }
}

static void FN(vn_moments)(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t C, double *sums,
                           double *squares) {
  for (ptrdiff_t c = 0; c < (C + 15) / 16 * 16; c++) sums[c] = squares[c] = 0;
  for (ptrdiff_t r = r0; r < r1; r += 64) {
    const ptrdiff_t end = MIN(r + 64, r1);
#define BLOCK(c, vectors, masked, m) \
  FN(moments_block)(x + c, r, end, C, sums + c, squares + c, vectors, masked, m)
    COLUMNS(C)
#undef BLOCK
  }
}

INLINE void FN(column_sums_block)(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t C,
                                  double *sums, const int vectors, const int masked, MASK m) {
  V s[LINE];
  UNROLL for (int j = 0; j < vectors; j++) s[j] = (V){0};
  for (ptrdiff_t r = r0; r < r1; r++)
    UNROLL for (int j = 0; j < vectors; j++)
      s[j] += LOAD_SOME(x + r * C + j * LANES, masked, m);
  UNROLL for (int j = 0; j < vectors; j++) FN(add_doubles)(sums + j * LANES, s[j]);
}

static void FN(vn_column_sums)(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t C,
                               double *sums) {
  for (ptrdiff_t c = 0; c < (C + 15) / 16 * 16; c++) sums[c] = 0;
  for (ptrdiff_t r = r0; r < r1; r += 64) {
    const ptrdiff_t end = MIN(r + 64, r1);
#define BLOCK(c, vectors, masked, m) FN(column_sums_block)(x + c, r, end, C, sums + c, vectors, masked, m)
    COLUMNS(C)
#undef BLOCK
  }
}

INLINE void FN(normalize_rows)(const float *x, const float *residual, float *y, ptrdiff_t r0,
                               ptrdiff_t r1, ptrdiff_t C, const float *scale, const float *shift,
                               const int activation, const int added) {
  for (ptrdiff_t r = r0; r < r1; r++) {
    const float *xr = x + r * C, *add = added ? residual + r * C : 0;
    float *yr = y + r * C;
    ptrdiff_t c = 0;
    for (; c + LANES <= C; c += LANES) {
      V v = FN(activate)(FMA(LOAD(xr + c), LOAD(scale + c), LOAD(shift + c)), activation);
      if (added) v += LOAD(add + c);
      STORE(yr + c, v);
    }
    if (c < C) {
      MASK m = FN(mask)(C - c);
      V v = FMA(FN(load_masked)(xr + c, m), FN(load_masked)(scale + c, m),
                FN(load_masked)(shift + c, m));
      v = FN(activate)(v, activation);
      if (added) v += FN(load_masked)(add + c, m);
      FN(store_masked)(yr + c, v, m);
    }
  }
}

static void FN(vn_normalize)(const float *x, const float *residual, float *y, ptrdiff_t r0,
                             ptrdiff_t r1, ptrdiff_t C, const float *scale, const float *shift,
                             int activation) {
#define ROWS(a, added) FN(normalize_rows)(x, residual, y, r0, r1, C, scale, shift, a, added)
  if (residual) {
    if (activation == VN_LINEAR) ROWS(VN_LINEAR, 1);
    else if (activation == VN_RELU) ROWS(VN_RELU, 1);
    else ROWS(VN_RELU6, 1);
  } else {
    if (activation == VN_LINEAR) ROWS(VN_LINEAR, 0);
    else if (activation == VN_RELU) ROWS(VN_RELU, 0);
    else ROWS(VN_RELU6, 0);
  }
#undef ROWS
}

INLINE void FN(gradient_sums_block)(const float *x, const float *dy, ptrdiff_t r0, ptrdiff_t r1,
                                    ptrdiff_t C, const float *scale, const float *shift,
                                    const float *mean, const int activation, double *sums,
                                    double *products, const int vectors, const int masked, MASK m) {
  V a[LINE], b[LINE], mu[LINE], s[LINE], q[LINE];
  UNROLL for (int j = 0; j < vectors; j++) {
    a[j] = LOAD_SOME(scale + j * LANES, masked, m);
    b[j] = LOAD_SOME(shift + j * LANES, masked, m);
    mu[j] = LOAD_SOME(mean + j * LANES, masked, m);
    s[j] = q[j] = (V){0};
  }
  for (ptrdiff_t r = r0; r < r1; r++)
    UNROLL for (int j = 0; j < vectors; j++) {
      const V v = LOAD_SOME(x + r * C + j * LANES, masked, m);
      const V g = FN(masked_gradient)(v, LOAD_SOME(dy + r * C + j * LANES, masked, m), a[j], b[j],
                                      activation);
      s[j] += g;
      q[j] = FMA(g, v - mu[j], q[j]);
    }
  UNROLL for (int j = 0; j < vectors; j++) {
    FN(add_doubles)(sums + j * LANES, s[j]);
    FN(add_doubles)(products + j * LANES, q[j]);
  }
}

INLINE void FN(gradient_sums)(const float *x, const float *dy, ptrdiff_t r0, ptrdiff_t r1,
                              ptrdiff_t C, const float *scale, const float *shift,
                              const float *mean, const int activation, double *sums,
                              double *products) {
  for (ptrdiff_t c = 0; c < (C + 15) / 16 * 16; c++) sums[c] = products[c] = 0;
  for (ptrdiff_t r = r0; r < r1; r += 64) {
    const ptrdiff_t end = MIN(r + 64, r1);
#define BLOCK(c, vectors, masked, m)                                                              \
  FN(gradient_sums_block)(x + c, dy + c, r, end, C, scale + c, shift + c, mean + c, activation,   \
                          sums + c, products + c, vectors, masked, m)
    COLUMNS(C)
#undef BLOCK
  }
}

static void FN(vn_normalize_gradient_sums)(const float *x, const float *dy, ptrdiff_t r0,
                                           ptrdiff_t r1, ptrdiff_t C, const float *scale,
                                           const float *shift, const float *mean, int activation,
                                           double *sums, double *products) {
#define SUMS(a) FN(gradient_sums)(x, dy, r0, r1, C, scale, shift, mean, a, sums, products)
  if (activation == VN_LINEAR) SUMS(VN_LINEAR);
  else if (activation == VN_RELU) SUMS(VN_RELU);
  else SUMS(VN_RELU6);
#undef SUMS
}

INLINE void FN(gradient_rows)(const float *x, const float *dy, float *dx, ptrdiff_t r0,
                              ptrdiff_t r1, ptrdiff_t C, const float *scale, const float *shift,
                              const float *mean, const float *slope, const float *offset,
                              const int activation) {
  for (ptrdiff_t r = r0; r < r1; r++) {
    const float *xr = x + r * C, *gr = dy + r * C;
    float *out = dx + r * C;
    ptrdiff_t c = 0;
    for (; c + LANES <= C; c += LANES) {
      V v = LOAD(xr + c), a = LOAD(scale + c);
      V g = FN(masked_gradient)(v, LOAD(gr + c), a, LOAD(shift + c), activation);
      STORE(out + c, FMA(g, a, FMA(v - LOAD(mean + c), LOAD(slope + c), LOAD(offset + c))));
    }
    if (c < C) {
      MASK m = FN(mask)(C - c);
#define SOME(p) FN(load_masked)((p) + c, m)
      V v = SOME(xr), a = SOME(scale);
      V g = FN(masked_gradient)(v, SOME(gr), a, SOME(shift), activation);
      FN(store_masked)(out + c, FMA(g, a, FMA(v - SOME(mean), SOME(slope), SOME(offset))), m);
#undef SOME
    }
  }
}

static void FN(vn_normalize_gradient)(const float *x, const float *dy, float *dx, ptrdiff_t r0,
                                      ptrdiff_t r1, ptrdiff_t C, const float *scale,
                                      const float *shift, const float *mean, const float *slope,
                                      const float *offset, int activation) {
#define ROWS(a) FN(gradient_rows)(x, dy, dx, r0, r1, C, scale, shift, mean, slope, offset, a)
  if (activation == VN_LINEAR) ROWS(VN_LINEAR);
  else if (activation == VN_RELU) ROWS(VN_RELU);
  else ROWS(VN_RELU6);
#undef ROWS
}
#undef COLUMNS
#undef LINE
#undef PACKED

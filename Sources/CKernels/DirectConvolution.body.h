// A dense convolution with few input channels: two vectors of output channels × six voxels.

// `inside`: every tap of the tile lies inside the row.
INLINE void FN(direct_tile)(const float *x, const float *w, float *y, const vn_convolution *g,
                            ptrdiff_t n, ptrdiff_t d, ptrdiff_t h, ptrdiff_t w0, const int T,
                            const int vectors, const int inside, const int masked, MASK m,
                            ptrdiff_t c) {
  const ptrdiff_t ci = g->input.channels, co = g->out_channels, sw = g->stride_width;
  V acc[6][2];
  UNROLL for (int t = 0; t < T; t++) UNROLL for (int j = 0; j < vectors; j++) acc[t][j] = (V){0};
  for (ptrdiff_t kd = 0; kd < g->kernel_depth; kd++) {
    const ptrdiff_t id = d * g->stride_depth + kd - g->pad_depth;
    if (id < 0 || id >= g->input.depth) continue;
    for (ptrdiff_t kh = 0; kh < g->kernel_height; kh++) {
      const ptrdiff_t ih = h * g->stride_height + kh - g->pad_height;
      if (ih < 0 || ih >= g->input.height) continue;
      const float *xr = x + ((n * g->input.depth + id) * g->input.height + ih) * g->input.width * ci;
      const float *wr = w + (kd * g->kernel_height + kh) * g->kernel_width * ci * co + c;
      const ptrdiff_t start = (w0 * sw - g->pad_width) * ci;
      ROLLED for (ptrdiff_t tap = 0; tap < g->kernel_width * ci; tap++) {
        V wv[2];
        UNROLL for (int j = 0; j < vectors; j++)
          wv[j] = LOAD_SOME(wr + tap * co + j * LANES, masked && j == vectors - 1, m);
        UNROLL for (int t = 0; t < T; t++) {
          const ptrdiff_t at = start + t * sw * ci + tap;
          if (!inside && (size_t)at >= (size_t)(g->input.width * ci)) continue;
          V xv = BROADCAST(xr[at]);
          UNROLL for (int j = 0; j < vectors; j++) acc[t][j] = FMA(xv, wv[j], acc[t][j]);
        }
      }
    }
  }
  float *yr = y + (((n * g->out_depth + d) * g->out_height + h) * g->out_width + w0) * co + c;
  UNROLL for (int t = 0; t < T; t++)
    UNROLL for (int j = 0; j < vectors; j++)
      STORE_SOME(yr + t * co + j * LANES, acc[t][j], masked && j == vectors - 1, m);
}

// The output columns whose taps all lie inside the row: `first`..<`end`.
INLINE void FN(inside)(const vn_convolution *g, ptrdiff_t *first, ptrdiff_t *end) {
  const ptrdiff_t reach = g->input.width - g->kernel_width + g->pad_width;
  *first = MIN((g->pad_width + g->stride_width - 1) / g->stride_width, g->out_width);
  *end = reach < 0 ? *first : MAX(MIN(reach / g->stride_width + 1, g->out_width), *first);
}

static void FN(vn_direct_convolution)(const float *x, const float *weights, float *y,
                                      vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  ptrdiff_t first, end;
  FN(inside)(&g, &first, &end);
  for (ptrdiff_t row = r0; row < r1; row++) {
    const ptrdiff_t h = row % g.out_height, plane = row / g.out_height;
    const ptrdiff_t d = plane % g.out_depth, n = plane / g.out_depth;
    for (ptrdiff_t c = 0; c < g.out_channels;) {
      const ptrdiff_t left = g.out_channels - c;
      const int pair = left >= 2 * LANES, masked = left < LANES;
      MASK m = FN(mask)(left);
      ptrdiff_t w0 = 0;
#define AT(T, vectors, inside, masked) \
  FN(direct_tile)(x, weights, y, &g, n, d, h, w0, T, vectors, inside, masked, m, c)
      if (pair) {
        ROLLED for (; w0 < first; w0++) AT(1, 2, 0, 0);
        ROLLED for (; w0 + 6 <= end; w0 += 6) AT(6, 2, 1, 0);
        ROLLED for (; w0 < g.out_width; w0++) AT(1, 2, 0, 0);
        c += 2 * LANES;
      } else {
        ROLLED for (; w0 < g.out_width; w0++) {
          if (masked) AT(1, 1, 0, 1);
          else AT(1, 1, 0, 0);
        }
        c += LANES;
      }
#undef AT
    }
  }
}

// What output rows h0..<h1 of a plane add to `taps` taps from `tap` on of kernel row (kd, kh), for `vectors`
// vectors of output channels.
INLINE void FN(direct_weights)(const float *x, const float *dy, float *out, const vn_convolution *g,
                               ptrdiff_t n, ptrdiff_t d, ptrdiff_t h0, ptrdiff_t h1, ptrdiff_t kd,
                               ptrdiff_t kh, ptrdiff_t tap, const int taps, const int vectors, const int masked, MASK m) {
  const ptrdiff_t ci = g->input.channels, co = g->out_channels, step = g->stride_width * ci;
  const ptrdiff_t id = d * g->stride_depth + kd - g->pad_depth;
  if (id < 0 || id >= g->input.depth) return;
  ptrdiff_t first, end;
  FN(inside)(g, &first, &end);
  V acc[3][32 / LANES];
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int j = 0; j < vectors; j++) acc[t][j] = (V){0};
  for (ptrdiff_t h = h0; h < h1; h++) {
    const ptrdiff_t ih = h * g->stride_height + kh - g->pad_height;
    if (ih < 0 || ih >= g->input.height) continue;
    const float *xr = x + ((n * g->input.depth + id) * g->input.height + ih) * g->input.width * ci;
    const float *gr = dy + ((n * g->out_depth + d) * g->out_height + h) * g->out_width * co;
    const ptrdiff_t start = tap - g->pad_width * ci;
// A vector of channels at a time: 12 sums, three inputs and one gradient fill 16 registers.
#define VOXEL(w, inside)                                                                          \
  {                                                                                               \
    const ptrdiff_t from = start + (w) * step;                                                    \
    V xv[3];                                                                                      \
    UNROLL for (int t = 0; t < taps; t++)                                                         \
      xv[t] = inside || (size_t)(from + t) < (size_t)(g->input.width * ci)                        \
                  ? BROADCAST(xr[from + t])                                                       \
                  : (V){0};                                                                       \
    UNROLL for (int j = 0; j < vectors; j++) {                                                    \
      const V gv = LOAD_SOME(gr + (w) * co + j * LANES, masked, m);                               \
      UNROLL for (int t = 0; t < taps; t++) {                                                     \
        if (!inside && (size_t)(from + t) >= (size_t)(g->input.width * ci)) continue;             \
        acc[t][j] = FMA(xv[t], gv, acc[t][j]);                                                    \
      }                                                                                           \
    }                                                                                             \
  }
    ROLLED for (ptrdiff_t w = 0; w < first; w++) VOXEL(w, 0)
    ROLLED for (ptrdiff_t w = first; w < end; w++) VOXEL(w, 1)
    ROLLED for (ptrdiff_t w = end; w < g->out_width; w++) VOXEL(w, 0)
#undef VOXEL
  }
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int j = 0; j < vectors; j++) {
      float *to = out + (tap + t) * co + j * LANES;
      STORE_SOME(to, LOAD_SOME(to, masked, m) + acc[t][j], masked, m);
    }
}

// Output rows of a plane and one kernel row: three taps × 32 channels at a time where there are so many.
static void FN(direct_weights_rows)(const float *x, const float *dy, float *out, vn_convolution g,
                                    ptrdiff_t n, ptrdiff_t d, ptrdiff_t h0, ptrdiff_t h1,
                                    ptrdiff_t kd, ptrdiff_t kh) {
  const ptrdiff_t taps = g.kernel_width * g.input.channels, co = g.out_channels;
#define AT(taps, vectors, masked, m) \
  FN(direct_weights)(x, dy + c, out + c, &g, n, d, h0, h1, kd, kh, tap, taps, vectors, masked, m)
  for (ptrdiff_t c = 0; c < co;) {
    const int wide = co - c >= 32, masked = co - c < LANES;
    MASK m = FN(mask)(co - c);
    for (ptrdiff_t tap = 0; tap < taps;) {
      const int three = taps - tap >= 3;
      if (wide && three) AT(3, 32 / LANES, 0, m);
      else if (wide) AT(1, 32 / LANES, 0, m);
      else if (masked) AT(1, 1, 1, m);
      else AT(1, 1, 0, m);
      tap += wide && three ? 3 : 1;
    }
    c += wide ? 32 : LANES;
  }
#undef AT
}

static void FN(vn_direct_convolution_weights)(const float *x, const float *dy, float *partial,
                                              vn_convolution g, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t size = g.kernel_width * g.input.channels * g.out_channels;
  const ptrdiff_t rows = g.kernel_depth * g.kernel_height;
  for (ptrdiff_t i = i0 * size; i < i1 * size; i++) partial[i] = 0;
  for (ptrdiff_t item = i0; item < i1;) {
    const ptrdiff_t n = item / rows, count = MIN(rows - item % rows, i1 - item);
    // All kernel rows on a few output rows while those are in the first-level cache.
    const ptrdiff_t group = MAX(4096 / (g.out_width * g.out_channels), 1);
    for (ptrdiff_t d = 0; d < g.out_depth; d++)
      for (ptrdiff_t h = 0; h < g.out_height; h += group)
        for (ptrdiff_t i = item; i < item + count; i++)
          FN(direct_weights_rows)(x, dy, partial + i * size, g, n, d, h,
                                  MIN(h + group, g.out_height), i % rows / g.kernel_height,
                                  i % rows % g.kernel_height);
    item += count;
  }
}

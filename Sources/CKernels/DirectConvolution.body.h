// A dense convolution with few input channels: two vectors of output channels × four voxels.

INLINE void FN(direct_tile)(const float *x, const float *w, float *y, const vn_convolution *g,
                            ptrdiff_t n, ptrdiff_t d, ptrdiff_t h, ptrdiff_t w0, const int T,
                            const int vectors, const int masked, MASK m, ptrdiff_t c) {
  const ptrdiff_t ci = g->input.channels, co = g->out_channels;
  V acc[4][2];
  UNROLL for (int t = 0; t < T; t++) UNROLL for (int j = 0; j < vectors; j++) acc[t][j] = (V){0};
  for (ptrdiff_t kd = 0; kd < g->kernel_depth; kd++) {
    const ptrdiff_t id = d * g->stride_depth + kd - g->pad_depth;
    if (id < 0 || id >= g->input.depth) continue;
    for (ptrdiff_t kh = 0; kh < g->kernel_height; kh++) {
      const ptrdiff_t ih = h * g->stride_height + kh - g->pad_height;
      if (ih < 0 || ih >= g->input.height) continue;
      const float *xr = x + ((n * g->input.depth + id) * g->input.height + ih) * g->input.width * ci;
      for (ptrdiff_t kw = 0; kw < g->kernel_width; kw++) {
        const ptrdiff_t iw0 = w0 * g->stride_width + kw - g->pad_width;
        const float *wr = w + ((kd * g->kernel_height + kh) * g->kernel_width + kw) * ci * co + c;
        for (ptrdiff_t i = 0; i < ci; i++) {
          V wv[2];
          UNROLL for (int j = 0; j < vectors; j++)
            wv[j] = LOAD_SOME(wr + i * co + j * LANES, masked && j == vectors - 1, m);
          UNROLL for (int t = 0; t < T; t++) {
            const ptrdiff_t iw = iw0 + t * g->stride_width;
            if (iw < 0 || iw >= g->input.width) continue;
            V xv = BROADCAST(xr[iw * ci + i]);
            UNROLL for (int j = 0; j < vectors; j++) acc[t][j] = FMA(xv, wv[j], acc[t][j]);
          }
        }
      }
    }
  }
  float *yr = y + (((n * g->out_depth + d) * g->out_height + h) * g->out_width + w0) * co + c;
  UNROLL for (int t = 0; t < T; t++)
    UNROLL for (int j = 0; j < vectors; j++)
      STORE_SOME(yr + t * co + j * LANES, acc[t][j], masked && j == vectors - 1, m);
}

static void FN(vn_direct_convolution)(const float *x, const float *weights, float *y,
                                      vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  for (ptrdiff_t row = r0; row < r1; row++) {
    const ptrdiff_t h = row % g.out_height, plane = row / g.out_height;
    const ptrdiff_t d = plane % g.out_depth, n = plane / g.out_depth;
    for (ptrdiff_t c = 0; c < g.out_channels;) {
      const ptrdiff_t left = g.out_channels - c;
      const int pair = left >= 2 * LANES, masked = left < LANES;
      MASK m = FN(mask)(left);
      ptrdiff_t w0 = 0;
      if (pair) {
        for (; w0 + 4 <= g.out_width; w0 += 4)
          FN(direct_tile)(x, weights, y, &g, n, d, h, w0, 4, 2, 0, m, c);
        for (; w0 < g.out_width; w0++)
          FN(direct_tile)(x, weights, y, &g, n, d, h, w0, 1, 2, 0, m, c);
        c += 2 * LANES;
      } else {
        for (; w0 < g.out_width; w0++) {
          if (masked) FN(direct_tile)(x, weights, y, &g, n, d, h, w0, 1, 1, 1, m, c);
          else FN(direct_tile)(x, weights, y, &g, n, d, h, w0, 1, 1, 0, m, c);
        }
        c += LANES;
      }
    }
  }
}

// Per tap and input channel: sums over the output voxels of one sample, even and odd columns apart,
// one partial sum per output plane.
INLINE void FN(direct_weights)(const float *x, const float *dy, float *out, const vn_convolution *g,
                               ptrdiff_t n, ptrdiff_t kd, ptrdiff_t kh, ptrdiff_t kw, ptrdiff_t i,
                               ptrdiff_t c, const int masked, MASK m) {
  const ptrdiff_t ci = g->input.channels, co = g->out_channels, sw = g->stride_width;
  // Output columns whose tap lies inside the row.
  const ptrdiff_t first = MAX((g->pad_width - kw + sw - 1) / sw, 0);
  const ptrdiff_t reach = g->input.width - 1 + g->pad_width - kw;
  const ptrdiff_t end = reach < 0 ? 0 : MIN(reach / sw + 1, g->out_width);
  V total = {0};
  for (ptrdiff_t d = 0; d < g->out_depth; d++) {
    const ptrdiff_t id = d * g->stride_depth + kd - g->pad_depth;
    if (id < 0 || id >= g->input.depth) continue;
    V even = {0}, odd = {0};
    for (ptrdiff_t h = 0; h < g->out_height; h++) {
      const ptrdiff_t ih = h * g->stride_height + kh - g->pad_height;
      if (ih < 0 || ih >= g->input.height) continue;
      const float *xr =
          x + ((n * g->input.depth + id) * g->input.height + ih) * g->input.width * ci + i;
      const float *gr = dy + ((n * g->out_depth + d) * g->out_height + h) * g->out_width * co + c;
      ptrdiff_t w = first;
      for (; w + 1 < end; w += 2) {
        const float *xp = xr + (w * sw + kw - g->pad_width) * ci;
        even = FMA(BROADCAST(xp[0]), LOAD_SOME(gr + w * co, masked, m), even);
        odd = FMA(BROADCAST(xp[sw * ci]), LOAD_SOME(gr + (w + 1) * co, masked, m), odd);
      }
      if (w < end)
        even = FMA(BROADCAST(xr[(w * sw + kw - g->pad_width) * ci]),
                   LOAD_SOME(gr + w * co, masked, m), even);
    }
    total += even + odd;
  }
  STORE_SOME(out + c, total, masked, m);
}

static void FN(vn_direct_convolution_weights)(const float *x, const float *dy, float *partial,
                                              vn_convolution g, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t ci = g.input.channels, co = g.out_channels;
  const ptrdiff_t rows = g.kernel_depth * g.kernel_height;
  for (ptrdiff_t item = i0; item < i1; item++) {
    const ptrdiff_t n = item / rows, kd = item % rows / g.kernel_height;
    const ptrdiff_t kh = item % rows % g.kernel_height;
    for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++)
      for (ptrdiff_t i = 0; i < ci; i++) {
        float *out = partial + ((item * g.kernel_width + kw) * ci + i) * co;
        ptrdiff_t c = 0;
        for (; c + LANES <= co; c += LANES)
          FN(direct_weights)(x, dy, out, &g, n, kd, kh, kw, i, c, 0, FN(mask)(LANES));
        if (c < co) FN(direct_weights)(x, dy, out, &g, n, kd, kh, kw, i, c, 1, FN(mask)(co - c));
      }
  }
}

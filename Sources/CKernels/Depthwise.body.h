// Depthwise convolution: lanes are channels, the outputs of a short row stay in registers, and each
// input vector is loaded once for up to K multiply-adds. Taps outside the volume are never touched:
// depth and height by loop bounds, width by unrolled conditions.

// One tile of R rows × T outputs at (d, h0.., w0..). `edges` says that the row goes on beyond the
// tile on either side (then W is only known at run time), else T is the whole row.
INLINE void FN(depthwise_tile)(const float *x, const float *w, float *y, ptrdiff_t D, ptrdiff_t H,
                               ptrdiff_t W, ptrdiff_t cs, ptrdiff_t ws, ptrdiff_t d, ptrdiff_t h0,
                               ptrdiff_t w0, const int K, const int R, const int T,
                               const int edges, const int masked, MASK m) {
  const int P = K / 2;
  V acc[16];
  UNROLL for (int i = 0; i < R * T; i++) acc[i] = (V){0};
  const ptrdiff_t kd0 = MAX(P - d, 0), kd1 = MIN(D - d + P, K);
  const ptrdiff_t left = edges ? MIN(w0, P) : 0, right = edges ? MIN(W - w0 - T, P) : 0;
  for (ptrdiff_t kd = kd0; kd < kd1; kd++) {
    const ptrdiff_t i0 = MAX(h0 - P, 0), i1 = MIN(h0 + R - 1 + P, H - 1);
    for (ptrdiff_t ih = i0; ih <= i1; ih++) {
      const float *xr = x + (((d + kd - P) * H + ih) * W + w0) * cs;
      UNROLL for (int r = 0; r < R; r++) {
        const ptrdiff_t kh = ih - (h0 + r) + P;
        if (R > 1 && (size_t)kh >= (size_t)K) continue;
        const float *wr = w + (kd * K + kh) * K * ws;
        V wv[7];
        UNROLL for (int k = 0; k < K; k++) wv[k] = LOAD_SOME(wr + k * ws, masked, m);
        UNROLL for (int iw = edges ? -P : 0; iw < T + (edges ? P : 0); iw++) {
          if (iw < 0 && -iw > left) continue;
          if (iw >= T && iw - T >= right) continue;
          V xv = LOAD_SOME(xr + iw * cs, masked, m);
          UNROLL for (int k = 0; k < K; k++) {
            const int ow = iw - k + P;
            if (ow >= 0 && ow < T) acc[r * T + ow] = FMA(xv, wv[k], acc[r * T + ow]);
          }
        }
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int t = 0; t < T; t++)
      STORE_SOME(y + ((d * H + h0 + r) * W + w0 + t) * cs, acc[r * T + t], masked, m);
}

// Whole volumes of one sample and LANES channels, rows of exactly T outputs.
INLINE void FN(depthwise_short)(const float *x, const float *w, float *y, ptrdiff_t D, ptrdiff_t H,
                                ptrdiff_t cs, ptrdiff_t ws, const int K, const int R, const int T,
                                const int masked, MASK m) {
  for (ptrdiff_t d = 0; d < D; d++) {
    ptrdiff_t h = 0;
    for (; h + R <= H; h += R)
      FN(depthwise_tile)(x, w, y, D, H, T, cs, ws, d, h, 0, K, R, T, 0, masked, m);
    if (R > 1)
      for (; h < H; h++)
        FN(depthwise_tile)(x, w, y, D, H, T, cs, ws, d, h, 0, K, 1, T, 0, masked, m);
  }
}

// Rows of any length, in tiles of 8 and what is left.
INLINE void FN(depthwise_long)(const float *x, const float *w, float *y, ptrdiff_t D, ptrdiff_t H,
                               ptrdiff_t W, ptrdiff_t cs, ptrdiff_t ws, const int K,
                               const int masked, MASK m) {
  for (ptrdiff_t d = 0; d < D; d++)
    for (ptrdiff_t h = 0; h < H; h++) {
      ptrdiff_t w0 = 0;
      for (; w0 + 8 <= W; w0 += 8)
        FN(depthwise_tile)(x, w, y, D, H, W, cs, ws, d, h, w0, K, 1, 8, 1, masked, m);
      if (w0 + 4 <= W) {
        FN(depthwise_tile)(x, w, y, D, H, W, cs, ws, d, h, w0, K, 1, 4, 1, masked, m);
        w0 += 4;
      }
      for (; w0 < W; w0++)
        FN(depthwise_tile)(x, w, y, D, H, W, cs, ws, d, h, w0, K, 1, 1, 1, masked, m);
    }
}

#if LANES == 16
#define ROWS_OF_8 2
#define ROWS_OF_4 4
#else
#define ROWS_OF_8 1
#define ROWS_OF_4 2
#endif
#define DEPTHWISE(K, masked)                                                                      \
  __attribute__((noinline)) static void FN(depthwise_##K##_##masked)(                             \
      const float *x, const float *w, float *y, ptrdiff_t D, ptrdiff_t H, ptrdiff_t W,            \
      ptrdiff_t cs, ptrdiff_t ws, MASK m) {                                                       \
    switch (W) {                                                                                  \
    case 2: FN(depthwise_short)(x, w, y, D, H, cs, ws, K, 2, 2, masked, m); break;                \
    case 4: FN(depthwise_short)(x, w, y, D, H, cs, ws, K, ROWS_OF_4, 4, masked, m); break;        \
    case 8: FN(depthwise_short)(x, w, y, D, H, cs, ws, K, ROWS_OF_8, 8, masked, m); break;        \
    default: FN(depthwise_long)(x, w, y, D, H, W, cs, ws, K, masked, m); break;                   \
    }                                                                                             \
  }
DEPTHWISE(3, 0) DEPTHWISE(3, 1) DEPTHWISE(5, 0) DEPTHWISE(5, 1) DEPTHWISE(7, 0) DEPTHWISE(7, 1)
#undef DEPTHWISE
#undef ROWS_OF_8
#undef ROWS_OF_4

static void FN(vn_depthwise)(const float *x, const float *weights, float *y, vn_volume volume,
                             ptrdiff_t K, int flipped, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t C = volume.channels, blocks = (C + 15) / 16;
  const ptrdiff_t D = volume.depth, H = volume.height, W = volume.width;
  const ptrdiff_t ws = flipped ? -C : C;
  if (flipped) weights += (K * K * K - 1) * C;
  for (ptrdiff_t item = i0; item < i1; item++) {
    const ptrdiff_t offset = item / blocks * D * H * W * C, c0 = item % blocks * 16;
    for (ptrdiff_t c = c0; c < MIN(c0 + 16, C); c += LANES) {
      const float *xp = x + offset + c, *wp = weights + c;
      float *yp = y + offset + c;
      MASK m = FN(mask)(C - c);
      if (C - c >= LANES) {
        if (K == 3) FN(depthwise_3_0)(xp, wp, yp, D, H, W, C, ws, m);
        else if (K == 5) FN(depthwise_5_0)(xp, wp, yp, D, H, W, C, ws, m);
        else FN(depthwise_7_0)(xp, wp, yp, D, H, W, C, ws, m);
      } else {
        if (K == 3) FN(depthwise_3_1)(xp, wp, yp, D, H, W, C, ws, m);
        else if (K == 5) FN(depthwise_5_1)(xp, wp, yp, D, H, W, C, ws, m);
        else FN(depthwise_7_1)(xp, wp, yp, D, H, W, C, ws, m);
      }
    }
  }
}

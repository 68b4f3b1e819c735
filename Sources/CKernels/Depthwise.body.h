// Depthwise convolution: lanes are channels, the outputs of a short row stay in registers, and each
// input vector is loaded once for several multiply-adds. Taps outside the volume are never touched:
// depth and height by loop bounds, width by unrolled conditions. Every output is one chain over its
// taps in order, whatever the tile. The kernel's slices run one after the other over a plane: all
// rows of all slices under one output row would not fit the first-level cache.

#if LANES == 16 || (LANES == 4 && defined(__aarch64__))
#define TAPS(K) (K)
#define ROWS_OF_8 2
#define ROWS_OF_4 4
#else
// Eight sums, one input and seven taps would need all 16 registers, which compilers spill.
#define TAPS(K) ((K) == 7 ? 4 : (K))
#define ROWS_OF_8 1
#define ROWS_OF_4 2
#endif
// What a tile has beside it in its row: K / 2 voxels on a side, or what the row's length says.
#define LEFT 1
#define RIGHT 2
#define ANY 4

// One kernel slice on a tile of R rows × T outputs at (h0.., w0..): x and y are the planes, w the
// slice. The first slice of a plane sets the outputs, the others go on from them.
INLINE void FN(depthwise_tile)(const float *x, const float *w, float *y, ptrdiff_t H, ptrdiff_t W,
                               ptrdiff_t cs, ptrdiff_t ws, int first, ptrdiff_t h0, ptrdiff_t w0,
                               const int K, const int R, const int T, const int sides,
                               const int masked, MASK m) {
  const int P = K / 2;
  float *yr = y + (h0 * W + w0) * cs;
  V acc[16];
  if (first) {
    UNROLL for (int i = 0; i < R * T; i++) acc[i] = (V){0};
  } else {
    UNROLL for (int r = 0; r < R; r++)
      UNROLL for (int t = 0; t < T; t++)
        acc[r * T + t] = LOAD_SOME(yr + (r * W + t) * cs, masked, m);
  }
  const ptrdiff_t left = MIN(w0, P), right = MIN(W - w0 - T, P);
  const ptrdiff_t i0 = MAX(h0 - P, 0), i1 = MIN(h0 + R - 1 + P, H - 1);
  ROLLED for (ptrdiff_t ih = i0; ih <= i1; ih++) {
    const float *xr = x + (ih * W + w0) * cs;
    UNROLL for (int r = 0; r < R; r++) {
      const ptrdiff_t kh = ih - (h0 + r) + P;
      if (R > 1 && (size_t)kh >= (size_t)K) continue;
      const float *wr = w + kh * K * ws;
      UNROLL for (int k0 = 0; k0 < K; k0 += TAPS(K)) {
        const int k1 = MIN(k0 + TAPS(K), K);
        V tap[7];
        UNROLL for (int k = k0; k < k1; k++) tap[k] = LOAD_SOME(wr + k * ws, masked, m);
        UNROLL for (int iw = k0 - P; iw < T + k1 - 1 - P; iw++) {
          if (iw < 0 && !(sides & LEFT) && !((sides & ANY) && -iw <= left)) continue;
          if (iw >= T && !(sides & RIGHT) && !((sides & ANY) && iw - T < right)) continue;
          V xv = LOAD_SOME(xr + iw * cs, masked, m);
          UNROLL for (int k = k0; k < k1; k++) {
            const int ow = iw - k + P;
            if (ow >= 0 && ow < T) acc[r * T + ow] = FMA(xv, tap[k], acc[r * T + ow]);
          }
        }
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int t = 0; t < T; t++)
      STORE_SOME(yr + (r * W + t) * cs, acc[r * T + t], masked, m);
}

// A plane of LANES channels with rows of exactly T outputs.
INLINE void FN(depthwise_short)(const float *x, const float *w, float *y, ptrdiff_t H,
                                ptrdiff_t cs, ptrdiff_t ws, int first, const int K, const int R,
                                const int T, const int masked, MASK m) {
  ptrdiff_t h = 0;
  ROLLED for (; h + R <= H; h += R)
    FN(depthwise_tile)(x, w, y, H, T, cs, ws, first, h, 0, K, R, T, 0, masked, m);
  if (R > 1)
    ROLLED for (; h < H; h++)
      FN(depthwise_tile)(x, w, y, H, T, cs, ws, first, h, 0, K, 1, T, 0, masked, m);
}

// Rows of two or more tiles of 8.
INLINE void FN(depthwise_eights)(const float *x, const float *w, float *y, ptrdiff_t H,
                                 ptrdiff_t W, ptrdiff_t cs, ptrdiff_t ws, int first, const int K,
                                 const int masked, MASK m) {
  ROLLED for (ptrdiff_t h = 0; h < H; h++) {
    FN(depthwise_tile)(x, w, y, H, W, cs, ws, first, h, 0, K, 1, 8, RIGHT, masked, m);
    ROLLED for (ptrdiff_t w0 = 8; w0 + 8 < W; w0 += 8)
      FN(depthwise_tile)(x, w, y, H, W, cs, ws, first, h, w0, K, 1, 8, LEFT | RIGHT, masked, m);
    FN(depthwise_tile)(x, w, y, H, W, cs, ws, first, h, W - 8, K, 1, 8, LEFT, masked, m);
  }
}

// Rows of any length.
INLINE void FN(depthwise_any)(const float *x, const float *w, float *y, ptrdiff_t H,
                              ptrdiff_t W, ptrdiff_t cs, ptrdiff_t ws, int first, const int K,
                              const int masked, MASK m) {
  ROLLED for (ptrdiff_t h = 0; h < H; h++) {
    ptrdiff_t w0 = 0;
    ROLLED for (; w0 + 4 <= W; w0 += 4)
      FN(depthwise_tile)(x, w, y, H, W, cs, ws, first, h, w0, K, 1, 4, ANY, masked, m);
    ROLLED for (; w0 < W; w0++)
      FN(depthwise_tile)(x, w, y, H, W, cs, ws, first, h, w0, K, 1, 1, ANY, masked, m);
  }
}

#define DEPTHWISE(K, masked)                                                                      \
  __attribute__((noinline)) static void FN(depthwise_##K##_##masked)(                             \
      const float *x, const float *w, float *y, ptrdiff_t H, ptrdiff_t W, ptrdiff_t cs,           \
      ptrdiff_t ws, int first, MASK m) {                                                          \
    if (W == 2) FN(depthwise_short)(x, w, y, H, cs, ws, first, K, 2, 2, masked, m);               \
    else if (W == 4) FN(depthwise_short)(x, w, y, H, cs, ws, first, K, ROWS_OF_4, 4, masked, m);  \
    else if (W == 8) FN(depthwise_short)(x, w, y, H, cs, ws, first, K, ROWS_OF_8, 8, masked, m);  \
    else if (W % 8 == 0) FN(depthwise_eights)(x, w, y, H, W, cs, ws, first, K, masked, m);        \
    else FN(depthwise_any)(x, w, y, H, W, cs, ws, first, K, masked, m);                           \
  }
DEPTHWISE(3, 0) DEPTHWISE(3, 1) DEPTHWISE(5, 0) DEPTHWISE(5, 1) DEPTHWISE(7, 0) DEPTHWISE(7, 1)
#undef DEPTHWISE

// Plane d of up to 16 channels from c0 on: a cache line, read by one slice of the kernel after the
// other.
static void FN(depthwise_plane)(const float *x, const float *w, float *y, vn_volume v, ptrdiff_t K,
                                ptrdiff_t ws, ptrdiff_t d, ptrdiff_t c0) {
  const ptrdiff_t C = v.channels, H = v.height, W = v.width, P = K / 2;
  const ptrdiff_t kd0 = MAX(P - d, 0), kd1 = MIN(v.depth - d + P, K);
  for (ptrdiff_t kd = kd0; kd < kd1; kd++)
    for (ptrdiff_t c = c0; c < MIN(c0 + 16, C); c += LANES) {
      const float *xp = x + (d + kd - P) * H * W * C + c, *wp = w + kd * K * K * ws + c;
      float *yp = y + d * H * W * C + c;
      const int first = kd == kd0;
      MASK m = FN(mask)(C - c);
      if (C - c >= LANES) {
        if (K == 3) FN(depthwise_3_0)(xp, wp, yp, H, W, C, ws, first, m);
        else if (K == 5) FN(depthwise_5_0)(xp, wp, yp, H, W, C, ws, first, m);
        else FN(depthwise_7_0)(xp, wp, yp, H, W, C, ws, first, m);
      } else {
        if (K == 3) FN(depthwise_3_1)(xp, wp, yp, H, W, C, ws, first, m);
        else if (K == 5) FN(depthwise_5_1)(xp, wp, yp, H, W, C, ws, first, m);
        else FN(depthwise_7_1)(xp, wp, yp, H, W, C, ws, first, m);
      }
    }
}

static void FN(vn_depthwise)(const float *x, const float *weights, float *y, vn_volume volume,
                             ptrdiff_t K, int flipped, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t C = volume.channels, blocks = (C + 15) / 16;
  const ptrdiff_t sample = volume.depth * volume.height * volume.width * C;
  const ptrdiff_t ws = flipped ? -C : C;
  if (flipped) weights += (K * K * K - 1) * C;
  for (ptrdiff_t item = i0; item < i1;) {
    const ptrdiff_t block = item % blocks, count = MIN(blocks - block, i1 - item);
    const ptrdiff_t offset = item / blocks * sample;
    // All channels of a plane before the next, so that the planes around it stay in the cache.
    for (ptrdiff_t d = 0; d < volume.depth; d++)
      for (ptrdiff_t b = block; b < block + count; b++)
        FN(depthwise_plane)(x + offset, weights, y + offset, volume, K, ws, d, b * 16);
    item += count;
  }
}
#undef TAPS
#undef ROWS_OF_8
#undef ROWS_OF_4
#undef LEFT
#undef RIGHT
#undef ANY

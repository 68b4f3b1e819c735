// Depthwise convolution: lanes are channels, the outputs of a short row stay in registers, and each
// input vector is loaded once for several multiply-adds. Taps outside the volume are never touched:
// depth and height by loop bounds, width by unrolled conditions. Every output is one chain over its
// taps in order, whatever the tile. The input planes are packed. A kernel of 3 takes all its slices at
// once; the slices of larger ones run one after the other over a plane, because all rows of all slices
// under one output row would not fit the first-level cache.

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

// Kernel slices on a tile of R rows × T outputs at (h0.., w0..): x are the packed planes under the
// slices, w the first slice. The first slices of a plane set the outputs, the others go on from them.
INLINE void FN(depthwise_tile)(const float *const *x, ptrdiff_t slices, ptrdiff_t c,
                               const float *w, float *y, ptrdiff_t H, ptrdiff_t W, ptrdiff_t cs,
                               ptrdiff_t ws, int first, ptrdiff_t h0, ptrdiff_t w0, const int K,
                               const int R, const int T, const int sides, const int masked, MASK m) {
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
  ROLLED for (ptrdiff_t slice = 0; slice < slices; slice++) {
    const float *xp = x[slice] + w0 * PACKED + c, *wp = w + slice * K * K * ws;
    ROLLED for (ptrdiff_t ih = i0; ih <= i1; ih++) {
      const float *xr = xp + ih * W * PACKED;
      UNROLL for (int r = 0; r < R; r++) {
        const ptrdiff_t kh = ih - (h0 + r) + P;
        if (R > 1 && (size_t)kh >= (size_t)K) continue;
        const float *wr = wp + kh * K * ws;
        UNROLL for (int k0 = 0; k0 < K; k0 += TAPS(K)) {
          const int k1 = MIN(k0 + TAPS(K), K);
          V tap[7];
          UNROLL for (int k = k0; k < k1; k++) tap[k] = LOAD_SOME(wr + k * ws, masked, m);
          UNROLL for (int iw = k0 - P; iw < T + k1 - 1 - P; iw++) {
            if (iw < 0 && !(sides & LEFT) && !((sides & ANY) && -iw <= left)) continue;
            if (iw >= T && !(sides & RIGHT) && !((sides & ANY) && iw - T < right)) continue;
            V xv = LOAD(xr + iw * PACKED);
            UNROLL for (int k = k0; k < k1; k++) {
              const int ow = iw - k + P;
              if (ow >= 0 && ow < T) acc[r * T + ow] = FMA(xv, tap[k], acc[r * T + ow]);
            }
          }
        }
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int t = 0; t < T; t++)
      STORE_SOME(yr + (r * W + t) * cs, acc[r * T + t], masked, m);
}

// Row h of what will be packed next starts on its way to the cache.
INLINE void FN(fetch_row)(const vn_ahead *ahead, ptrdiff_t h, ptrdiff_t W) {
  if (!ahead) return;
  for (int i = 0; i < 3 && ahead->rows[i]; i++)
    for (ptrdiff_t w = 0; w < W; w++)
      __builtin_prefetch(ahead->rows[i] + (h * W + w) * ahead->stride, 0, 2);
}

#define TILE(W, h, w0, R, T, sides) \
  FN(depthwise_tile)(x, slices, c, w, y, H, W, cs, ws, first, h, w0, K, R, T, sides, masked, m)
#define PLANE                                                                                      \
  const float *const *x, ptrdiff_t slices, ptrdiff_t c, const float *w, float *y,    \
      ptrdiff_t H, ptrdiff_t W, ptrdiff_t cs, ptrdiff_t ws, int first,      \
      const vn_ahead *ahead

// A plane of LANES channels with rows of exactly T outputs.
INLINE void FN(depthwise_short)(PLANE, const int K, const int R, const int T, const int masked,
                                MASK m) {
  ptrdiff_t h = 0;
  ROLLED for (; h + R <= H; h += R) {
    FN(fetch_row)(ahead, h, R * T);
    TILE(T, h, 0, R, T, 0);
  }
  if (R > 1) ROLLED for (; h < H; h++) TILE(T, h, 0, 1, T, 0);
}

// Rows of two or more tiles of 8.
INLINE void FN(depthwise_eights)(PLANE, const int K, const int masked, MASK m) {
  ROLLED for (ptrdiff_t h = 0; h < H; h++) {
    FN(fetch_row)(ahead, h, W);
    TILE(W, h, 0, 1, 8, RIGHT);
    ROLLED for (ptrdiff_t w0 = 8; w0 + 8 < W; w0 += 8) TILE(W, h, w0, 1, 8, LEFT | RIGHT);
    TILE(W, h, W - 8, 1, 8, LEFT);
  }
}

// Rows of any length.
INLINE void FN(depthwise_any)(PLANE, const int K, const int masked, MASK m) {
  ROLLED for (ptrdiff_t h = 0; h < H; h++) {
    FN(fetch_row)(ahead, h, W);
    ptrdiff_t w0 = 0;
    ROLLED for (; w0 + 4 <= W; w0 += 4) TILE(W, h, w0, 1, 4, ANY);
    ROLLED for (; w0 < W; w0++) TILE(W, h, w0, 1, 1, ANY);
  }
}

#define DEPTHWISE(K, masked)                                                                       \
  __attribute__((noinline)) static void FN(depthwise_##K##_##masked)(PLANE, MASK m) {              \
    if (W == 2) AT(short, K, 2, 2, masked, m);                                                     \
    else if (W == 4) AT(short, K, ROWS_OF_4, 4, masked, m);                                        \
    else if (W == 8) AT(short, K, ROWS_OF_8, 8, masked, m);                                        \
    else if (W % 8 == 0) AT(eights, K, masked, m);                                                 \
    else AT(any, K, masked, m);                                                                    \
  }
#define AT(rows, ...) FN(depthwise_##rows)(x, slices, c, w, y, H, W, cs, ws, first, ahead, __VA_ARGS__)
DEPTHWISE(3, 0) DEPTHWISE(3, 1) DEPTHWISE(5, 0) DEPTHWISE(5, 1) DEPTHWISE(7, 0) DEPTHWISE(7, 1)
#undef DEPTHWISE
#undef AT
#undef PLANE
#undef TILE

// Kernel slices on one plane of `channels` channels.
INLINE void FN(depthwise_slices)(const float *const *x, ptrdiff_t slices, const float *w, float *y,
                                 vn_volume v, ptrdiff_t K, ptrdiff_t ws, int first,
                                 const vn_ahead *ahead, ptrdiff_t channels) {
  for (ptrdiff_t c = 0; c < channels; c += LANES, ahead = 0) {
#define AT(K, masked)                                                                              \
  FN(depthwise_##K##_##masked)(x, slices, c, w + c, y + c, v.height, v.width,                      \
                               v.channels, ws, first, ahead, FN(mask)(channels - c))
    if (channels - c >= LANES) {
      if (K == 3) AT(3, 0);
      else if (K == 5) AT(5, 0);
      else AT(7, 0);
    } else {
      if (K == 3) AT(3, 1);
      else if (K == 5) AT(5, 1);
      else AT(7, 1);
    }
#undef AT
  }
}

// Output plane d of the packed sample n; `ws` is the distance of two taps' weights.
INLINE void FN(depthwise_plane)(const float *xs, vn_planes at, ptrdiff_t n, ptrdiff_t d,
                                const float *w, float *y, vn_volume v, ptrdiff_t K, ptrdiff_t ws,
                                const vn_ahead *ahead, ptrdiff_t channels) {
  const ptrdiff_t P = K / 2, first = MAX(d - P, 0), end = MIN(d + P + 1, v.depth);
  const float *under[7];
  for (ptrdiff_t p = first; p < end; p++) under[p - first] = xs + vn_plane(at, n, p);
  const ptrdiff_t step = K == 3 ? end - first : 1;
  for (ptrdiff_t p = first; p < end; p += step)
    FN(depthwise_slices)(under + (p - first), step, w + (p - d + P) * K * K * ws, y, v, K, ws,
                         p == first, p == first ? ahead : 0, channels);
}
#undef TAPS
#undef ROWS_OF_8
#undef ROWS_OF_4
#undef LEFT
#undef RIGHT
#undef ANY

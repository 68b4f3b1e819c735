// The gradient of depthwise weights. The taps of one or more kernel rows stay in registers while a
// group of output rows that fits the first-level cache is walked; then they are added to the
// gradient. x and the output's gradient are packed.

// Kernel rows at a time and outputs per tile: enough independent sums to cover the latency of a
// multiply-add, and few enough for the registers.
#if LANES == 16 || (LANES == 4 && defined(__aarch64__))
#define KERNEL_ROWS(K) ((K) == 3 ? 3 : (K) == 5 ? 4 : 2)
#define TILE(K) 4
#else
#define KERNEL_ROWS(K) ((K) == 3 ? 3 : (K) == 5 ? 2 : 1)
#define TILE(K) ((K) == 5 ? 2 : 4)
#endif
#define LEFT 1
#define RIGHT 2
#define ANY 4

// T outputs from w0 on of a row of W against the input rows whose bit is set in `rows`; `sides` as
// in the forward pass.
INLINE void FN(weights_tile)(V *acc, const float *xr, const float *gr, unsigned rows, ptrdiff_t w0,
                             ptrdiff_t W, const int K, const int T, const int sides) {
  const int P = K / 2;
  const ptrdiff_t left = MIN(w0, P), right = MIN(W - w0 - T, P);
  V g[4];
  UNROLL for (int t = 0; t < T; t++) g[t] = LOAD(gr + (w0 + t) * PACKED);
#define COLUMN(iw, row)                                                                           \
  if ((iw) < 0 && !(sides & LEFT) && !((sides & ANY) && -(iw) <= left)) continue;                 \
  if ((iw) >= T && !(sides & RIGHT) && !((sides & ANY) && (iw) - T < right)) continue;            \
  const V xv = LOAD(xr + ((row) * W + w0 + (iw)) * PACKED);                                       \
  UNROLL for (int k = 0; k < K; k++) {                                                            \
    const int ow = (iw) - k + P;                                                                  \
    if (ow >= 0 && ow < T) acc[(row) * K + k] = FMA(xv, g[ow], acc[(row) * K + k]);               \
  }
  if (rows == (1u << KERNEL_ROWS(K)) - 1) {
    // The rows take turns, so that a sum has to wait for its last multiply-add as little as possible.
    UNROLL for (int iw = -P; iw < T + P; iw++)
      UNROLL for (int row = 0; row < KERNEL_ROWS(K); row++) { COLUMN(iw, row) }
  } else {
    UNROLL for (int row = 0; row < KERNEL_ROWS(K); row++) {
      if (!(rows >> row & 1)) continue;
      UNROLL for (int iw = -P; iw < T + P; iw++) { COLUMN(iw, row) }
    }
  }
#undef COLUMN
}

// A whole row. `width` is its length if that is 2 or 4, 8 for other multiples of four, else 0.
INLINE void FN(weights_row)(V *acc, const float *xr, const float *gr, unsigned rows, ptrdiff_t W,
                            const int K, const int width) {
  const int T = TILE(K);
#define AT(w0, T, sides) FN(weights_tile)(acc, xr, gr, rows, w0, W, K, T, sides)
  if (width == 2) {
    AT(0, 2, 0);
  } else if (width == 4 && T == 4) {
    AT(0, 4, 0);
  } else if (width > 0) {
    AT(0, T, RIGHT);
    ROLLED for (ptrdiff_t w0 = T; w0 + T < W; w0 += T) AT(w0, T, LEFT | RIGHT);
    AT(W - T, T, LEFT);
  } else {
    ROLLED for (ptrdiff_t w0 = 0; w0 < W; w0++) AT(w0, 1, ANY);
  }
#undef AT
}

// A group of outputs: samples n0..<n1, planes d0..<d1 of each, rows h0..<h1 of each.
typedef struct {
  ptrdiff_t n0, n1, d0, d1, h0, h1;
} FN(group);

// What a group adds to kernel slice kd of LANES channels; gw is [tap][PACKED].
INLINE void FN(weights_group)(const float *xs, const float *gs, vn_planes at, float *gw, vn_volume v,
                              ptrdiff_t kd, FN(group) o, const int K, const int width) {
  const int P = K / 2, R = KERNEL_ROWS(K);
  const ptrdiff_t H = v.height, D = v.depth;
  const ptrdiff_t W = width == 2 || width == 4 ? width : v.width;
  const ptrdiff_t d0 = MAX(o.d0, P - kd), d1 = MIN(o.d1, D + P - kd);
  const ptrdiff_t first = MAX(P - (o.h1 - 1), 0), last = MIN(K, P + H - o.h0);
  for (ptrdiff_t kh = first; kh < last; kh += R) {
    V acc[20];
    UNROLL for (int i = 0; i < R * K; i++) acc[i] = (V){0};
    const ptrdiff_t h0 = MAX(P - kh - (R - 1), o.h0), h1 = MIN(H - (kh - P), o.h1);
    for (ptrdiff_t n = o.n0; n < o.n1; n++)
      for (ptrdiff_t d = d0; d < d1; d++) {
        const float *gp = gs + vn_plane(at, n, d);
        const float *xp = xs + vn_plane(at, n, d + kd - P) + (kh - P) * W * PACKED;
        ROLLED for (ptrdiff_t h = h0; h < h1; h++) {
          unsigned rows = 0;
          UNROLL for (int row = 0; row < R; row++)
            rows |= (unsigned)((size_t)(h + kh + row - P) < (size_t)H) << row;
          FN(weights_row)(acc, xp + h * W * PACKED, gp + h * W * PACKED, rows, W, K, width);
        }
      }
    UNROLL for (int i = 0; i < R * K; i++) {
      if (kh + i / K >= last) continue;
      float *out = gw + ((kd * K + kh) * K + i) * PACKED;
      STORE(out, LOAD(out) + acc[i]);
    }
  }
}

#define WEIGHTS(K)                                                                                \
  __attribute__((noinline)) static void FN(weights_##K)(                                          \
      const float *xs, const float *gs, vn_planes at, float *gw, vn_volume v, ptrdiff_t kd,       \
      FN(group) o) {                                                                              \
    if (v.width == 2) FN(weights_group)(xs, gs, at, gw, v, kd, o, K, 2);                          \
    else if (v.width == 4) FN(weights_group)(xs, gs, at, gw, v, kd, o, K, 4);                     \
    else if (v.width % 4 == 0) FN(weights_group)(xs, gs, at, gw, v, kd, o, K, 8);                 \
    else FN(weights_group)(xs, gs, at, gw, v, kd, o, K, 0);                                       \
  }
WEIGHTS(3) WEIGHTS(5) WEIGHTS(7)
#undef WEIGHTS
#undef KERNEL_ROWS
#undef TILE
#undef LEFT
#undef RIGHT
#undef ANY

// What a group adds to the weights of `channels` channels.
INLINE void FN(weights_slices)(const float *xs, const float *gs, vn_planes at, float *gw, vn_volume v,
                               ptrdiff_t K, ptrdiff_t channels, FN(group) o) {
  const ptrdiff_t first = MAX(0, K / 2 - (o.d1 - 1)), last = MIN(K, v.depth - o.d0 + K / 2);
  for (ptrdiff_t kd = first; kd < last; kd++)
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      if (K == 3) FN(weights_3)(xs + c, gs + c, at, gw + c, v, kd, o);
      else if (K == 5) FN(weights_5)(xs + c, gs + c, at, gw + c, v, kd, o);
      else FN(weights_7)(xs + c, gs + c, at, gw + c, v, kd, o);
    }
}

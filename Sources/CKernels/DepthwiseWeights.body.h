// The gradient of depthwise weights. The taps of one or more kernel rows stay in registers while a
// group of output rows that fits the first-level cache is walked; then they are added to the
// gradient. Groups are the same for every instruction set: the order of every sum depends on the
// shape alone.

#include "Packing.h"

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
  UNROLL for (int row = 0; row < KERNEL_ROWS(K); row++) {
    if (KERNEL_ROWS(K) > 1 && !(rows >> row & 1)) continue;
    UNROLL for (int iw = -P; iw < T + P; iw++) {
      if (iw < 0 && !(sides & LEFT) && !((sides & ANY) && -iw <= left)) continue;
      if (iw >= T && !(sides & RIGHT) && !((sides & ANY) && iw - T < right)) continue;
      V xv = LOAD(xr + (row * W + w0 + iw) * PACKED);
      UNROLL for (int k = 0; k < K; k++) {
        const int ow = iw - k + P;
        if (ow >= 0 && ow < T) acc[row * K + k] = FMA(xv, g[ow], acc[row * K + k]);
      }
    }
  }
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

// What a group adds to kernel slice kd.
INLINE void FN(weights_group)(const float *x, const float *g, float *gw, vn_volume v, ptrdiff_t ws,
                              ptrdiff_t kd, FN(group) o, const int K, const int width,
                              const int masked, MASK m) {
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
        const float *gp = g + (n * D + d) * H * W * PACKED;
        const float *xp = x + ((n * D + d + kd - P) * H + kh - P) * W * PACKED;
        ROLLED for (ptrdiff_t h = h0; h < h1; h++) {
          unsigned rows = 0;
          UNROLL for (int row = 0; row < R; row++)
            rows |= (unsigned)((size_t)(h + kh + row - P) < (size_t)H) << row;
          FN(weights_row)(acc, xp + h * W * PACKED, gp + h * W * PACKED, rows, W, K, width);
        }
      }
    UNROLL for (int i = 0; i < R * K; i++) {
      if (kh + i / K >= last) continue;
      float *out = gw + ((kd * K + kh) * K + i) * ws;
      STORE_SOME(out, LOAD_SOME(out, masked, m) + acc[i], masked, m);
    }
  }
}

#define WEIGHTS(K, masked)                                                                        \
  __attribute__((noinline)) static void FN(weights_##K##_##masked)(                               \
      const float *x, const float *g, float *gw, vn_volume v, ptrdiff_t ws,                       \
      ptrdiff_t kd, FN(group) o, MASK m) {                                                        \
    if (v.width == 2) FN(weights_group)(x, g, gw, v, ws, kd, o, K, 2, masked, m);                     \
    else if (v.width == 4) FN(weights_group)(x, g, gw, v, ws, kd, o, K, 4, masked, m);                \
    else if (v.width % 4 == 0) FN(weights_group)(x, g, gw, v, ws, kd, o, K, 8, masked, m);            \
    else FN(weights_group)(x, g, gw, v, ws, kd, o, K, 0, masked, m);                                  \
  }
WEIGHTS(3, 0) WEIGHTS(3, 1) WEIGHTS(5, 0) WEIGHTS(5, 1) WEIGHTS(7, 0) WEIGHTS(7, 1)
#undef WEIGHTS
#undef KERNEL_ROWS
#undef TILE
#undef LEFT
#undef RIGHT
#undef ANY

// What a group adds to kernel slices kd0..<kd1 of a packed block of `channels` channels.
static void FN(weights_slices)(const float *x, const float *dy, float *dw, vn_volume v, ptrdiff_t K,
                               ptrdiff_t ws, ptrdiff_t kd0, ptrdiff_t kd1, FN(group) o) {
  const ptrdiff_t first = MAX(kd0, K / 2 - (o.d1 - 1)), last = MIN(kd1, v.depth - o.d0 + K / 2);
  for (ptrdiff_t kd = first; kd < last; kd++)
    for (ptrdiff_t c = 0; c < v.channels; c += LANES) {
#define AT(K, masked) \
  FN(weights_##K##_##masked)(x + c, dy + c, dw + c, v, ws, kd, o, m)
      MASK m = FN(mask)(v.channels - c);
      if (v.channels - c >= LANES) {
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

// Kernel slices kd0..<kd1 of up to 16 channels from c0 on: group by group, so that the rows of a
// group stay in the first-level cache for all taps. The planes are packed when they are first needed.
static void FN(weights_block)(const float *x, vn_reading reading, const float *dy, float *dw,
                              vn_volume v, ptrdiff_t K, ptrdiff_t c0, ptrdiff_t kd0,
                              ptrdiff_t kd1) {
  enum { POSITIONS = 128 };
  const ptrdiff_t C = v.channels, D = v.depth, plane = v.height * v.width;
  const vn_volume block = {v.samples, D, v.height, v.width, MIN(C - c0, 16)};
  const ptrdiff_t sample = D * plane;
  for (ptrdiff_t tap = kd0 * K * K; tap < kd1 * K * K; tap++)
    for (ptrdiff_t c = c0; c < c0 + block.channels; c++) dw[tap * C + c] = 0;
  const ptrdiff_t rows = MIN(MAX(POSITIONS / v.width, 1), v.height);
  const ptrdiff_t planes = MIN(MAX(POSITIONS / plane, 1), D);
  const ptrdiff_t samples = MIN(MAX(POSITIONS / sample, 1), v.samples);
  float *xs = vn_scratch((size_t)(samples * sample * PACKED * 2)), *gs = xs + samples * sample * PACKED;
  const vn_reading plain = {0, 0, VN_LINEAR};
  for (ptrdiff_t n = 0; n < v.samples; n += samples) {
    const ptrdiff_t count = MIN(samples, v.samples - n);
    ptrdiff_t filled = 0;
    for (ptrdiff_t d = 0; d < D; d += planes) {
      const ptrdiff_t end = MIN(d + planes, D), reach = MIN(end + K / 2, D);
      for (ptrdiff_t i = 0; i < count; i++) {
        FN(pack)(x + ((n + i) * sample + filled * plane) * C, C,
                 xs + (i * sample + filled * plane) * PACKED, (reach - filled) * plane, c0,
                 block.channels, reading);
        FN(pack)(dy + ((n + i) * sample + d * plane) * C, C, gs + (i * sample + d * plane) * PACKED,
                 (end - d) * plane, c0, block.channels, plain);
      }
      filled = reach;
      for (ptrdiff_t h = 0; h < v.height; h += rows)
        FN(weights_slices)(xs, gs, dw + c0, block, K, C, kd0, kd1,
                           (FN(group)){0, count, d, end, h, MIN(h + rows, v.height)});
    }
  }
}

static void FN(vn_depthwise_weights)(const float *x, vn_reading reading, const float *dy,
                                     float *dweights, vn_volume volume, ptrdiff_t K, ptrdiff_t i0,
                                     ptrdiff_t i1) {
  for (ptrdiff_t item = i0; item < i1;) {
    const ptrdiff_t kd = item % K, count = MIN(K - kd, i1 - item);
    FN(weights_block)(x, reading, dy, dweights, volume, K, item / K * 16, kd, kd + count);
    item += count;
  }
}
#undef PACKED

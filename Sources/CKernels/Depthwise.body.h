// Depthwise convolution: the planes that a tile needs are packed, then come the tiles of each kind.
#include "Packing.h"
#include "DepthwiseTiles.h"
#include "DepthwiseWeights.h"

static void FN(vn_depthwise)(const float *x, vn_reading reading, const float *weights, float *y,
                             vn_volume v, ptrdiff_t K, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t C = v.channels, D = v.depth, P = K / 2, plane = v.height * v.width;
  const ptrdiff_t blocks = blocks_of(v);
  const vn_planes at = vn_depthwise_planes(v, K, 1);
  const int large = plane >= VN_LARGE_PLANE;
  float *xs = vn_scratch((size_t)at.floats);
  for (ptrdiff_t item = i0; item < i1; item++) {
    const ptrdiff_t n = item / blocks, c0 = item % blocks * 16, channels = MIN(C - c0, 16);
    ptrdiff_t filled = 0;
    for (ptrdiff_t d = 0; d < D; d++) {
      for (; filled < MIN(d + P + 1, D); filled++)
        FN(pack)(x + (n * D + filled) * plane * C, C, xs + vn_plane(at, 0, filled), plane, c0,
                 channels, reading);
      const vn_ahead ahead = {{vn_next_plane(x, v, at, K, item, i1, d)}, C};
      FN(depthwise_plane)(xs, at, 0, d, weights + c0, y + (n * D + d) * plane * C + c0, v, K, C,
                          large ? &ahead : 0, channels);
    }
  }
}

// Clears the rows of taps that touch the volume; the others are never read.
INLINE void FN(clear_weights)(float *partial, vn_volume v, ptrdiff_t K) {
  const vn_taps depth = vn_live_taps(v.depth, K), height = vn_live_taps(v.height, K);
  for (ptrdiff_t kd = depth.first; kd < depth.end; kd++)
    for (ptrdiff_t i = height.first * K * PACKED; i < height.end * K * PACKED; i += LANES)
      STORE(partial + kd * K * K * PACKED + i, (V){0});
}

// Both gradients of some samples and up to 16 channels: what is needed of x and of the output's gradient
// is packed once.
INLINE void FN(gradients_item)(const float *x, vn_reading reading, const float *dy,
                               vn_gradient_reading gradient, const float *weights, float *dx,
                               float *partial, vn_volume v, ptrdiff_t K, vn_depthwise_group group,
                               ptrdiff_t item, ptrdiff_t i1) {
  const ptrdiff_t n0 = item / blocks_of(v) * group.samples, c0 = item % blocks_of(v) * 16;
  const ptrdiff_t n1 = MIN(n0 + group.samples, v.samples);
  const ptrdiff_t C = v.channels, D = v.depth, P = K / 2, plane = v.height * v.width;
  const ptrdiff_t channels = MIN(C - c0, 16);
  const vn_planes at = vn_depthwise_planes(v, K, n1 - n0);
  const int large = plane >= VN_LARGE_PLANE;
  float *gs = vn_scratch((size_t)(2 * at.floats)), *xs = gs + at.floats;
  if (partial) FN(clear_weights)(partial, v, K);
  ptrdiff_t filled = 0;
  for (ptrdiff_t d = 0; d < D; d += group.planes) {
    const ptrdiff_t end = MIN(d + group.planes, D);
    // What is held whole is packed whole; else plane by plane.
    const ptrdiff_t reach = at.places == D ? D : MIN(end + P, D);
    while (filled < reach) {
      const ptrdiff_t count = at.places == D ? (n1 - n0) * D : 1;
      const ptrdiff_t from = (n0 * D + filled) * plane, place = vn_plane(at, 0, filled);
      FN(pack_gradient)(dy + from * C, gradient, from * C, C, gs + place, count * plane, c0, channels);
      if (partial) FN(pack)(x + from * C, C, xs + place, count * plane, c0, channels, reading);
      filled = at.places == D ? D : filled + 1;
    }
    if (partial)
      for (ptrdiff_t h = 0; h < v.height; h += group.rows)
        FN(weights_slices)(xs, gs, at, partial, v, K, channels,
                           (FN(group)){0, n1 - n0, d, end, h, MIN(h + group.rows, v.height)});
    if (dx)
      for (ptrdiff_t n = n0; n < n1; n++)
        for (ptrdiff_t p = d; p < end; p++) {
          vn_ahead ahead = {{0}, C};
          if (large) {
            int i = 0;
            ahead.rows[i++] = vn_next_plane(dy, v, at, K, item, i1, p);
            if (gradient.x) ahead.rows[i++] = vn_next_plane(gradient.x, v, at, K, item, i1, p);
            if (partial) ahead.rows[i] = vn_next_plane(x, v, at, K, item, i1, p);
          }
          FN(depthwise_plane)(gs, at, n - n0, p, weights + (K * K * K - 1) * C + c0,
                              dx + (n * D + p) * plane * C + c0, v, K, -C,
                              large ? &ahead : 0, channels);
        }
  }
}

static void FN(vn_depthwise_gradients)(const float *x, vn_reading reading, const float *dy,
                                       vn_gradient_reading gradient, const float *weights, float *dx,
                                       float *partial, vn_volume v, ptrdiff_t K, ptrdiff_t i0,
                                       ptrdiff_t i1) {
  const vn_depthwise_group group = vn_depthwise_group_of(v);
  for (ptrdiff_t item = i0; item < i1; item++)
    FN(gradients_item)(x, reading, dy, gradient, weights, dx,
                       partial ? partial + item * K * K * K * PACKED : 0, v, K, group, item, i1);
}

INLINE V FN(sum_of_parts)(const float *part, ptrdiff_t groups, ptrdiff_t distance) {
  VD sum = (VD){0};
  for (ptrdiff_t group = 0; group < groups; group++)
    sum += __builtin_convertvector(LOAD(part + group * distance), VD);
  return __builtin_convertvector(sum, V);
}

static void FN(vn_depthwise_weight_sums)(const float *partial, float *dweights, vn_volume v,
                                         ptrdiff_t K, ptrdiff_t b0, ptrdiff_t b1) {
  const ptrdiff_t C = v.channels, blocks = blocks_of(v), taps = K * K * K, size = taps * PACKED;
  const ptrdiff_t groups = vn_depthwise_gradient_items(v) / blocks;
  const vn_taps depth = vn_live_taps(v.depth, K), height = vn_live_taps(v.height, K);
  const vn_taps width = vn_live_taps(v.width, K);
  for (ptrdiff_t tap = 0; tap < taps; tap++) {
    const ptrdiff_t kd = tap / (K * K), kh = tap / K % K, kw = tap % K;
    const int live = kd >= depth.first && kd < depth.end && kh >= height.first && kh < height.end &&
                     kw >= width.first && kw < width.end;
    for (ptrdiff_t c = b0 * 16; c < MIN(b1 * 16, C); c += LANES) {
      const float *part = partial + c / 16 * size + tap * PACKED + c % 16;
      const V sum = live ? FN(sum_of_parts)(part, groups, blocks * size) : (V){0};
      if (C - c >= LANES) STORE(dweights + tap * C + c, sum);
      else FN(store_masked)(dweights + tap * C + c, sum, FN(mask)(C - c));
    }
  }
}
#undef PACKED

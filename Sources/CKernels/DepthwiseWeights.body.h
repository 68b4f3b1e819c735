// The gradient of depthwise weights. For each kernel row (kd, kh) its K taps stay in registers,
// times S partial sums that cover the latency of a multiply-add; the planes are walked in groups
// that fit the first-level cache. The order of every sum depends on the shape alone.

#define PARTS(K) ((K) == 3 ? 3 : (K) == 5 ? 2 : 1)

// One row of T outputs, the whole row (T == W).
INLINE void FN(row_whole)(V *acc, const float *xr, const float *gr, ptrdiff_t cs, const int K,
                          const int T, const int masked, MASK m) {
  const int P = K / 2, S = PARTS(K);
  V g[16];
  UNROLL for (int t = 0; t < T; t++) g[t] = LOAD_SOME(gr + t * cs, masked, m);
  UNROLL for (int iw = 0; iw < T; iw++) {
    V xv = LOAD_SOME(xr + iw * cs, masked, m);
    UNROLL for (int k = 0; k < K; k++) {
      const int ow = iw - k + P;
      if (ow >= 0 && ow < T) acc[iw % S * K + k] = FMA(xv, g[ow], acc[iw % S * K + k]);
    }
  }
}

// T outputs from w0 on of a row of W.
INLINE void FN(row_part)(V *acc, const float *xr, const float *gr, ptrdiff_t w0, ptrdiff_t W,
                         ptrdiff_t cs, const int K, const int T, const int masked, MASK m) {
  const int P = K / 2, S = PARTS(K);
  const ptrdiff_t left = MIN(w0, P), right = MIN(W - w0 - T, P);
  V g[8];
  UNROLL for (int t = 0; t < T; t++) g[t] = LOAD_SOME(gr + (w0 + t) * cs, masked, m);
  UNROLL for (int iw = -P; iw < T + P; iw++) {
    if (iw < 0 && -iw > left) continue;
    if (iw >= T && iw - T >= right) continue;
    V xv = LOAD_SOME(xr + (w0 + iw) * cs, masked, m);
    UNROLL for (int k = 0; k < K; k++) {
      const int ow = iw - k + P;
      if (ow >= 0 && ow < T) acc[(iw + P) % S * K + k] = FMA(xv, g[ow], acc[(iw + P) % S * K + k]);
    }
  }
}

// One kernel slice kd of LANES channels. T: 2, 4, 8 for rows of exactly that length, 0 for any.
INLINE void FN(weights_slice)(const float *x, const float *g, float *gw, ptrdiff_t N, ptrdiff_t ns,
                              ptrdiff_t D, ptrdiff_t H, ptrdiff_t W, ptrdiff_t cs, ptrdiff_t kd,
                              const int K, const int T, const int masked, MASK m) {
  const int P = K / 2, S = PARTS(K);
  const ptrdiff_t d0 = MAX(P - kd, 0), d1 = MIN(D - (kd - P), D), nd = d1 - d0;
  gw += kd * K * K * cs;
  for (int i = 0; i < K * K; i++) STORE_SOME(gw + i * cs, (V){0}, masked, m);
  if (nd <= 0) return;
  const ptrdiff_t planes = N * nd, group = MAX(256 / (H * W), 1);
  for (ptrdiff_t p0 = 0; p0 < planes; p0 += group) {
    const ptrdiff_t p1 = MIN(p0 + group, planes);
    for (ptrdiff_t kh = MAX(P - (H - 1), 0); kh < MIN(K, P + H); kh++) {
      V acc[14];
      UNROLL for (int i = 0; i < S * K; i++) acc[i] = (V){0};
      const ptrdiff_t h0 = MAX(P - kh, 0), h1 = MIN(H - (kh - P), H);
      for (ptrdiff_t p = p0; p < p1; p++) {
        const ptrdiff_t n = p / nd, d = d0 + p % nd;
        const float *gp = g + n * ns + d * H * W * cs;
        const float *xp = x + n * ns + ((d + kd - P) * H + kh - P) * W * cs;
        ROLLED for (ptrdiff_t h = h0; h < h1; h++) {
          const float *gr = gp + h * W * cs, *xr = xp + h * W * cs;
          if (T > 0) {
            FN(row_whole)(acc, xr, gr, cs, K, T > 0 ? T : 1, masked, m);
          } else {
            ptrdiff_t w0 = 0;
            ROLLED for (; w0 + 8 <= W; w0 += 8)
              FN(row_part)(acc, xr, gr, w0, W, cs, K, 8, masked, m);
            ROLLED for (; w0 < W; w0++) FN(row_part)(acc, xr, gr, w0, W, cs, K, 1, masked, m);
          }
        }
      }
      UNROLL for (int k = 0; k < K; k++) {
        float *out = gw + (kh * K + k) * cs;
        V sum = acc[k];
        UNROLL for (int j = 1; j < S; j++) sum += acc[j * K + k];
        STORE_SOME(out, LOAD_SOME(out, masked, m) + sum, masked, m);
      }
    }
  }
}

#define WEIGHTS(K, masked)                                                                        \
  __attribute__((noinline)) static void FN(weights_##K##_##masked)(                               \
      const float *x, const float *g, float *gw, ptrdiff_t N, ptrdiff_t ns, ptrdiff_t D,          \
      ptrdiff_t H, ptrdiff_t W, ptrdiff_t cs, ptrdiff_t kd, MASK m) {                             \
    switch (W) {                                                                                  \
    case 2: FN(weights_slice)(x, g, gw, N, ns, D, H, 2, cs, kd, K, 2, masked, m); break;          \
    case 4: FN(weights_slice)(x, g, gw, N, ns, D, H, 4, cs, kd, K, 4, masked, m); break;          \
    case 8: FN(weights_slice)(x, g, gw, N, ns, D, H, 8, cs, kd, K, 8, masked, m); break;          \
    default: FN(weights_slice)(x, g, gw, N, ns, D, H, W, cs, kd, K, 0, masked, m); break;         \
    }                                                                                             \
  }
WEIGHTS(3, 0) WEIGHTS(3, 1) WEIGHTS(5, 0) WEIGHTS(5, 1) WEIGHTS(7, 0) WEIGHTS(7, 1)
#undef WEIGHTS
#undef PARTS

static void FN(vn_depthwise_weights)(const float *x, const float *dy, float *dweights,
                                     vn_volume volume, ptrdiff_t K, ptrdiff_t i0, ptrdiff_t i1) {
  const ptrdiff_t C = volume.channels, N = volume.samples;
  const ptrdiff_t D = volume.depth, H = volume.height, W = volume.width, ns = D * H * W * C;
  for (ptrdiff_t item = i0; item < i1; item++) {
    const ptrdiff_t c0 = item / K * 16, kd = item % K;
    for (ptrdiff_t c = c0; c < MIN(c0 + 16, C); c += LANES) {
      const float *xp = x + c, *gp = dy + c;
      float *wp = dweights + c;
      MASK m = FN(mask)(C - c);
      if (C - c >= LANES) {
        if (K == 3) FN(weights_3_0)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
        else if (K == 5) FN(weights_5_0)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
        else FN(weights_7_0)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
      } else {
        if (K == 3) FN(weights_3_1)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
        else if (K == 5) FN(weights_5_1)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
        else FN(weights_7_1)(xp, gp, wp, N, ns, D, H, W, C, kd, m);
      }
    }
  }
}

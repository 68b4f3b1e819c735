// Dense convolutions without patches: every tile reads its voxels' channels where they lie.
// With 32 registers a tile is six voxels × four vectors, 24 sums; with 16 six × two.
#if LANES == 16 || (LANES == 4 && defined(__aarch64__))
#define MOST_VECTORS 4
#else
#define MOST_VECTORS 2
#endif

// `a` has a voxel's channels per row for every tap, `stride` pointers apart; `b` has the weights of
// every tap. Each sum is one chain of fused multiply-adds over taps and channels in order.
INLINE void FN(dense_tile)(const int rows, const int vectors, const int masked, MASK m,
                           ptrdiff_t taps, ptrdiff_t in, const float *const *a, ptrdiff_t stride,
                           const float *const *b, ptrdiff_t ldb, float *const *c, ptrdiff_t j,
                           const float *bias, int starts) {
  V acc[6][4];
  if (starts) {
    UNROLL for (int v = 0; v < vectors; v++) {
      V start = bias ? LOAD_SOME(bias + j + v * LANES, masked && v == vectors - 1, m) : (V){0};
      UNROLL for (int i = 0; i < rows; i++) acc[i][v] = start;
    }
  } else {
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int v = 0; v < vectors; v++)
        acc[i][v] = LOAD_SOME(c[i] + j + v * LANES, masked && v == vectors - 1, m);
  }
  ROLLED for (ptrdiff_t tap = 0; tap < taps; tap++) {
    const float *row[6];
    UNROLL for (int i = 0; i < rows; i++) row[i] = a[tap * stride + i];
    const float *w = b[tap] + j;
    ROLLED for (ptrdiff_t k = 0; k < in; k++) {
      V column[4];
      UNROLL for (int v = 0; v < vectors; v++)
        column[v] = LOAD_SOME(w + v * LANES, masked && v == vectors - 1, m);
      UNROLL for (int i = 0; i < rows; i++) {
        V x = BROADCAST(row[i][k]);
        UNROLL for (int v = 0; v < vectors; v++) acc[i][v] = FMA(x, column[v], acc[i][v]);
      }
      w += ldb;
    }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < vectors; v++)
      STORE_SOME(c[i] + j + v * LANES, acc[i][v], masked && v == vectors - 1, m);
}

// What `rows` columns of x and `vectors` vectors of dy add to the weights' gradient, over `count`
// pairs of voxels.
INLINE void FN(dense_weight_tile)(const int rows, const int vectors, const int masked, MASK m,
                                  ptrdiff_t count, const float *const *a, const float *const *b,
                                  ptrdiff_t i0, ptrdiff_t j, float *c, ptrdiff_t ldc, int starts) {
  V acc[6][4];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < vectors; v++) acc[i][v] = (V){0};
  ROLLED for (ptrdiff_t p = 0; p < count; p++) {
    const float *row = a[p] + i0, *other = b[p] + j;
    V column[4];
    UNROLL for (int v = 0; v < vectors; v++)
      column[v] = LOAD_SOME(other + v * LANES, masked && v == vectors - 1, m);
    UNROLL for (int i = 0; i < rows; i++) {
      V x = BROADCAST(row[i]);
      UNROLL for (int v = 0; v < vectors; v++) acc[i][v] = FMA(x, column[v], acc[i][v]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *out = c + i * ldc + v * LANES;
      const int some = masked && v == vectors - 1;
      V value = acc[i][v];
      if (!starts) value += LOAD_SOME(out, some, m);
      STORE_SOME(out, value, some, m);
    }
}

// Runs of tiles down the rows from `i` while they fit; the first row that is left is returned.
typedef ptrdiff_t (*FN(dense_run))(ptrdiff_t i, ptrdiff_t rows, MASK, ptrdiff_t taps, ptrdiff_t in,
                                   const float *const *a, ptrdiff_t stride, const float *const *b,
                                   ptrdiff_t ldb, float *const *c, ptrdiff_t j, const float *bias,
                                   int starts);
typedef ptrdiff_t (*FN(weight_run))(ptrdiff_t i, ptrdiff_t end, MASK, ptrdiff_t count,
                                    const float *const *a, const float *const *b, ptrdiff_t j,
                                    float *c, ptrdiff_t ldc, int starts);
#define RUN_ONE(height, vectors, masked)                                                          \
  __attribute__((noinline)) static ptrdiff_t FN(dense_run_##height##_##vectors##_##masked)(       \
      ptrdiff_t i, ptrdiff_t rows, MASK m, ptrdiff_t taps, ptrdiff_t in, const float *const *a,   \
      ptrdiff_t stride, const float *const *b, ptrdiff_t ldb, float *const *c, ptrdiff_t j,       \
      const float *bias, int starts) {                                                            \
    ROLLED for (; rows - i >= height; i += height)                                                \
      FN(dense_tile)(height, vectors, masked, m, taps, in, a + i, stride, b, ldb, c + i, j, bias, \
                     starts);                                                                     \
    return i;                                                                                     \
  }                                                                                               \
  __attribute__((noinline)) static ptrdiff_t FN(weight_run_##height##_##vectors##_##masked)(      \
      ptrdiff_t i, ptrdiff_t end, MASK m, ptrdiff_t count, const float *const *a,                 \
      const float *const *b, ptrdiff_t j, float *c, ptrdiff_t ldc, int starts) {                  \
    ROLLED for (; end - i >= height; i += height)                                                 \
      FN(dense_weight_tile)(height, vectors, masked, m, count, a, b, i, j, c + i * ldc + j, ldc,  \
                            starts);                                                              \
    return i;                                                                                     \
  }
#define RUN(vectors)                                                      \
  RUN_ONE(6, vectors, 0) RUN_ONE(4, vectors, 0) RUN_ONE(2, vectors, 0)    \
  RUN_ONE(1, vectors, 0) RUN_ONE(6, vectors, 1) RUN_ONE(4, vectors, 1)    \
  RUN_ONE(2, vectors, 1) RUN_ONE(1, vectors, 1)
RUN(1) RUN(2)
#if MOST_VECTORS == 4
RUN(3) RUN(4)
#endif
#undef RUN
#undef RUN_ONE

// [masked][vectors - 1][height]
#define HEIGHTS(kind, vectors, masked)                                          \
  {FN(kind##_6_##vectors##_##masked), FN(kind##_4_##vectors##_##masked),        \
   FN(kind##_2_##vectors##_##masked), FN(kind##_1_##vectors##_##masked)}
#if MOST_VECTORS == 4
#define RUNS(kind, masked)                                                      \
  {HEIGHTS(kind, 1, masked), HEIGHTS(kind, 2, masked), HEIGHTS(kind, 3, masked), \
   HEIGHTS(kind, 4, masked)}
#else
#define RUNS(kind, masked) {HEIGHTS(kind, 1, masked), HEIGHTS(kind, 2, masked)}
#endif
static const FN(dense_run) FN(dense_runs)[2][MOST_VECTORS][4] = {RUNS(dense_run, 0),
                                                                RUNS(dense_run, 1)};
static const FN(weight_run) FN(weight_runs)[2][MOST_VECTORS][4] = {RUNS(weight_run, 0),
                                                                  RUNS(weight_run, 1)};
#undef HEIGHTS
#undef RUNS

// The next panel of columns from `j` on.
INLINE int FN(panel)(ptrdiff_t j, ptrdiff_t end, int *masked, MASK *m, ptrdiff_t *columns) {
  const ptrdiff_t left = (end - j + LANES - 1) / LANES;
  int vectors = (int)MIN(left, MOST_VECTORS);
  // Never a lone vector at the end where two panels could share.
  if (left > MOST_VECTORS && left < MOST_VECTORS + 2 && MOST_VECTORS == 4) vectors = 3;
  *columns = MIN(end - j, (ptrdiff_t)vectors * LANES);
  const ptrdiff_t last = *columns - (vectors - 1) * LANES;
  *masked = last != LANES;
  *m = FN(mask)(last);
  return vectors;
}

enum { FN(ROWS) = 96, FN(PAIRS) = 96 };

static void FN(dense_rows)(const float *x, const float *weights, const float *bias, float *y,
                           const vn_dense *g, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t n0,
                           ptrdiff_t n1) {
  enum { ROWS = FN(ROWS) };
  // As many taps at a time as make about 512 channels, so that a panel of weights stays close.
  const ptrdiff_t group = MAX(1, MIN(g->taps, 512 / g->in));
  const float **voxels = vn_scratch((size_t)(group * ROWS) * sizeof *voxels);
  const float **taps = vn_scratch((size_t)group * sizeof *taps);
  float *nothing = vn_scratch((size_t)g->in * sizeof *nothing);
  for (ptrdiff_t k = 0; k < g->in; k++) nothing[k] = 0;
  float *targets[ROWS];
  const float *bases[ROWS];
  ptrdiff_t at[ROWS][3];
  const ptrdiff_t sample = g->source[0] * g->source[1] * g->source[2] * g->in;
  for (ptrdiff_t row = r0; row < r1; row += ROWS) {
    const ptrdiff_t rows = MIN(ROWS, r1 - row);
    for (ptrdiff_t i = 0; i < rows; i++) {
      ptrdiff_t q[3], rest = row + i;
      for (int axis = 2; axis >= 0; axis--) {
        q[axis] = rest % g->grid[axis];
        rest /= g->grid[axis];
      }
      ptrdiff_t to = rest;
      for (int axis = 0; axis < 3; axis++) {
        at[i][axis] = q[axis] * g->step[axis];
        to = to * g->target[axis] + q[axis] * g->scale[axis] + g->start[axis];
      }
      targets[i] = y + to * g->out;
      bases[i] = x + rest * sample;
    }
    for (ptrdiff_t first = 0; first < g->taps || first == 0; first += group) {
      const ptrdiff_t count = MIN(group, g->taps - first);
      for (ptrdiff_t t = 0; t < count; t++) {
        const int32_t *offset = g->offset + (first + t) * 3;
        taps[t] = weights + (ptrdiff_t)g->place[first + t] * g->in * g->out;
        for (ptrdiff_t i = 0; i < rows; i++) {
          const ptrdiff_t d = at[i][0] + offset[0], h = at[i][1] + offset[1],
                          w = at[i][2] + offset[2];
          const int inside = (size_t)d < (size_t)g->source[0] && (size_t)h < (size_t)g->source[1] &&
                             (size_t)w < (size_t)g->source[2];
          voxels[t * ROWS + i] =
              inside ? bases[i] + ((d * g->source[1] + h) * g->source[2] + w) * g->in : nothing;
        }
      }
      for (ptrdiff_t j = n0; j < n1;) {
        int masked;
        MASK m;
        ptrdiff_t columns;
        const int vectors = FN(panel)(j, n1, &masked, &m, &columns);
        ptrdiff_t i = 0;
        for (int height = 0; i < rows; height++)
          i = FN(dense_runs)[masked][vectors - 1][height](i, rows, m, count, g->in, voxels, ROWS,
                                                          taps, g->out, targets, j, bias,
                                                          first == 0);
        j += columns;
      }
    }
  }
  vn_release(nothing);
  vn_release(taps);
  vn_release(voxels);
}

static void FN(dense_weights)(const float *x, const float *dy, float *dweights, const vn_dense *g,
                              ptrdiff_t t0, ptrdiff_t t1, ptrdiff_t i0, ptrdiff_t i1, ptrdiff_t n0,
                              ptrdiff_t n1) {
  enum { PAIRS = FN(PAIRS) };
  const float *a[PAIRS], *b[PAIRS], *bases[PAIRS];
  ptrdiff_t at[PAIRS][3];
  const ptrdiff_t sample = g->source[0] * g->source[1] * g->source[2] * g->in;
  const ptrdiff_t all = g->samples * g->grid[0] * g->grid[1] * g->grid[2];
  for (ptrdiff_t row = 0; row < all; row += PAIRS) {
    const ptrdiff_t rows = MIN(PAIRS, all - row);
    for (ptrdiff_t i = 0; i < rows; i++) {
      ptrdiff_t rest = row + i;
      for (int axis = 2; axis >= 0; axis--) {
        at[i][axis] = rest % g->grid[axis] * g->step[axis];
        rest /= g->grid[axis];
      }
      bases[i] = x + rest * sample;
    }
    for (ptrdiff_t t = t0; t < t1; t++) {
      const int32_t *offset = g->offset + t * 3;
      ptrdiff_t count = 0;
      for (ptrdiff_t i = 0; i < rows; i++) {
        const ptrdiff_t d = at[i][0] + offset[0], h = at[i][1] + offset[1],
                        w = at[i][2] + offset[2];
        if ((size_t)d >= (size_t)g->source[0] || (size_t)h >= (size_t)g->source[1] ||
            (size_t)w >= (size_t)g->source[2])
          continue;
        a[count] = bases[i] + ((d * g->source[1] + h) * g->source[2] + w) * g->in;
        b[count++] = dy + (row + i) * g->out;
      }
      if (count == 0 && row != 0) continue;
      float *out = dweights + t * g->in * g->out;
      for (ptrdiff_t j = n0; j < n1;) {
        int masked;
        MASK m;
        ptrdiff_t columns;
        const int vectors = FN(panel)(j, n1, &masked, &m, &columns);
        ptrdiff_t i = i0;
        for (int height = 0; i < i1; height++)
          i = FN(weight_runs)[masked][vectors - 1][height](i, i1, m, count, a, b, j, out, g->out,
                                                           row == 0);
        j += columns;
      }
    }
  }
}
#undef MOST_VECTORS

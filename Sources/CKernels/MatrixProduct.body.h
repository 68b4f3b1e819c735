// Matrix products from register tiles of `rows` × `vectors`·LANES outputs, without packing.
// With 32 registers a tile has up to 24 sums; with 16 it has 12, two vectors of b and a broadcast
// of a. A tile of four rows and three vectors would need all 16, which compilers spill.
#if LANES == 16 || (LANES == 4 && defined(__aarch64__))
#define MANY_REGISTERS 1
#else
#define MANY_REGISTERS 0
#endif

/// How a tile starts and ends.
enum { FN(START) = 0, FN(CONTINUE) = 1, FN(ADD) = 2 };

INLINE void FN(tile)(const int rows, const int vectors, const int transposed, const int masked,
                     ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb,
                     float *c, ptrdiff_t ldc, const float *bias, int mode, MASK m) {
  V acc[16][3];
  if (mode == FN(CONTINUE)) {
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < vectors; j++)
        acc[i][j] = LOAD_SOME(c + i * ldc + j * LANES, masked && j == vectors - 1, m);
  } else {
    V start[3];
    UNROLL for (int j = 0; j < vectors; j++)
      start[j] = bias ? LOAD_SOME(bias + j * LANES, masked && j == vectors - 1, m) : (V){0};
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < vectors; j++) acc[i][j] = start[j];
  }
  ROLLED for (ptrdiff_t p = 0; p < k; p++) {
    V column[3];
    UNROLL for (int j = 0; j < vectors; j++)
      column[j] = LOAD_SOME(b + p * ldb + j * LANES, masked && j == vectors - 1, m);
    UNROLL for (int i = 0; i < rows; i++) {
      V x = BROADCAST(transposed ? a[p * lda + i] : a[i * lda + p]);
      UNROLL for (int j = 0; j < vectors; j++) acc[i][j] = FMA(x, column[j], acc[i][j]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < vectors; j++) {
      float *out = c + i * ldc + j * LANES;
      const int some = masked && j == vectors - 1;
      V value = acc[i][j];
      if (mode == FN(ADD)) value += LOAD_SOME(out, some, m);
      STORE_SOME(out, value, some, m);
    }
}

// Runs a tile down the rows from `i` while it fits, and returns the first row that is left. The
// loop is in here because a call per tile would cost as much as a tenth of a small product.
typedef ptrdiff_t (*FN(panel_function))(ptrdiff_t i, ptrdiff_t m1, ptrdiff_t, const float *,
                                        ptrdiff_t, const float *, ptrdiff_t, float *, ptrdiff_t,
                                        const float *, int, MASK);
#define PANEL_ONE(name, rows, vectors, transposed, masked)                                        \
  __attribute__((noinline)) static ptrdiff_t FN(name)(                                            \
      ptrdiff_t i, ptrdiff_t m1, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,      \
      ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias, int mode, MASK m) {              \
    ROLLED for (; m1 - i >= rows; i += rows)                                                      \
      FN(tile)(rows, vectors, transposed, masked, k, transposed ? a + i : a + i * lda, lda, b,    \
               ldb, c + i * ldc, ldc, bias, mode, m);                                             \
    return i;                                                                                     \
  }
#define PANEL(rows, vectors)                                  \
  PANEL_ONE(panel_n_##rows##_##vectors, rows, vectors, 0, 0)  \
  PANEL_ONE(panel_t_##rows##_##vectors, rows, vectors, 1, 0)  \
  PANEL_ONE(masked_n_##rows##_##vectors, rows, vectors, 0, 1) \
  PANEL_ONE(masked_t_##rows##_##vectors, rows, vectors, 1, 1)
PANEL(8, 1) PANEL(4, 1) PANEL(2, 1) PANEL(1, 1)
PANEL(4, 2) PANEL(2, 2) PANEL(1, 2)
#if MANY_REGISTERS
PANEL(16, 1) PANEL(12, 2) PANEL(8, 3) PANEL(4, 3) PANEL(2, 3) PANEL(1, 3)
#else
PANEL(12, 1) PANEL(6, 2)
#endif
#undef PANEL
#undef PANEL_ONE

// By number of vectors, then from the tallest tile down to one row.
#if MANY_REGISTERS
#define PANELS(kind)                                                                            \
  {{FN(kind##_16_1), FN(kind##_8_1), FN(kind##_4_1), FN(kind##_2_1), FN(kind##_1_1)},           \
   {FN(kind##_12_2), FN(kind##_4_2), FN(kind##_2_2), FN(kind##_1_2), FN(kind##_1_2)},           \
   {FN(kind##_8_3), FN(kind##_4_3), FN(kind##_2_3), FN(kind##_1_3), FN(kind##_1_3)}}
#define MOST_VECTORS 3
#else
#define PANELS(kind)                                                                            \
  {{FN(kind##_12_1), FN(kind##_8_1), FN(kind##_4_1), FN(kind##_2_1), FN(kind##_1_1)},           \
   {FN(kind##_6_2), FN(kind##_4_2), FN(kind##_2_2), FN(kind##_1_2), FN(kind##_1_2)}}
#define MOST_VECTORS 2
#endif
// [transposed][masked][vectors - 1][height]
static const FN(panel_function) FN(panels)[2][2][MOST_VECTORS][5] = {
    {PANELS(panel_n), PANELS(masked_n)}, {PANELS(panel_t), PANELS(masked_t)}};
#undef PANELS

INLINE void FN(product)(const int transposed, ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0,
                        ptrdiff_t n1, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,
                        ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias, int accumulate) {
  const ptrdiff_t block = 256;
  for (ptrdiff_t k0 = 0; k0 < k || k0 == 0; k0 += block) {
    ptrdiff_t kb = MIN(k - k0, block);
    int mode = k0 == 0 && !accumulate ? FN(START) : transposed ? FN(ADD) : FN(CONTINUE);
    const float *ak = transposed ? a + k0 * lda : a + k0;
    for (ptrdiff_t j = n0; j < n1;) {
      ptrdiff_t left = (n1 - j + LANES - 1) / LANES;
      int vectors = (int)MIN(left, MOST_VECTORS);
      // Never a lone vector at the end where two times two would do.
      if (MOST_VECTORS == 3 && left == 4) vectors = 2;
      ptrdiff_t columns = MIN(n1 - j, (ptrdiff_t)vectors * LANES);
      ptrdiff_t last = columns - (vectors - 1) * LANES;
      int masked = last != LANES;
      MASK m = FN(mask)(last);
      ptrdiff_t i = m0;
      for (int height = 0; i < m1; height++)
        i = FN(panels)[transposed][masked][vectors - 1][height](
            i, m1, kb, ak, lda, b + k0 * ldb + j, ldb, c + j, ldc, bias ? bias + j : 0, mode, m);
      j += columns;
    }
  }
}

static void FN(vn_matrix_multiply)(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1,
                                   ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,
                                   ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias,
                                   int accumulate) {
  FN(product)(0, m0, m1, n0, n1, k, a, lda, b, ldb, c, ldc, bias, accumulate);
}

static void FN(vn_matrix_multiply_transposed)(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0,
                                              ptrdiff_t n1, ptrdiff_t k, const float *a,
                                              ptrdiff_t lda, const float *b, ptrdiff_t ldb,
                                              float *c, ptrdiff_t ldc) {
  FN(product)(1, m0, m1, n0, n1, k, a, lda, b, ldb, c, ldc, 0, 0);
}
#undef MANY_REGISTERS
#undef MOST_VECTORS

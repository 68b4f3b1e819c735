// Matrix products from register tiles of `rows` × `vectors`·LANES outputs, without packing.
#if LANES == 16 || (LANES == 4 && defined(__aarch64__))
#define ROWS1 16
#define ROWS2 12
#define ROWS3 8
#else
#define ROWS1 12
#define ROWS2 6
#define ROWS3 4
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

typedef void (*FN(tile_function))(ptrdiff_t, const float *, ptrdiff_t, const float *, ptrdiff_t,
                                  float *, ptrdiff_t, const float *, int, MASK);
#define TILE_ONE(name, rows, vectors, transposed, masked)                                         \
  __attribute__((noinline)) static void FN(name)(                                                 \
      ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c,        \
      ptrdiff_t ldc, const float *bias, int mode, MASK m) {                                       \
    FN(tile)(rows, vectors, transposed, masked, k, a, lda, b, ldb, c, ldc, bias, mode, m);        \
  }
#define TILE(rows, vectors)                          \
  TILE_ONE(tile_n_##rows##_##vectors, rows, vectors, 0, 0)  \
  TILE_ONE(tile_t_##rows##_##vectors, rows, vectors, 1, 0)  \
  TILE_ONE(masked_n_##rows##_##vectors, rows, vectors, 0, 1) \
  TILE_ONE(masked_t_##rows##_##vectors, rows, vectors, 1, 1)
TILE(8, 1) TILE(4, 1) TILE(2, 1) TILE(1, 1)
TILE(4, 2) TILE(2, 2) TILE(1, 2)
TILE(4, 3) TILE(2, 3) TILE(1, 3)
#if ROWS1 == 16
TILE(16, 1) TILE(12, 2) TILE(8, 3)
#else
TILE(12, 1) TILE(6, 2)
#endif
#undef TILE
#undef TILE_ONE

// By number of vectors, then from the tallest tile down to one row.
#if ROWS1 == 16
#define TILES(kind)                                                                              \
  {{FN(kind##_16_1), FN(kind##_8_1), FN(kind##_4_1), FN(kind##_2_1), FN(kind##_1_1)},            \
   {FN(kind##_12_2), FN(kind##_4_2), FN(kind##_4_2), FN(kind##_2_2), FN(kind##_1_2)},            \
   {FN(kind##_8_3), FN(kind##_4_3), FN(kind##_4_3), FN(kind##_2_3), FN(kind##_1_3)}}
static const int FN(tile_rows)[3][5] = {{16, 8, 4, 2, 1}, {12, 4, 4, 2, 1}, {8, 4, 4, 2, 1}};
#else
#define TILES(kind)                                                                              \
  {{FN(kind##_12_1), FN(kind##_8_1), FN(kind##_4_1), FN(kind##_2_1), FN(kind##_1_1)},            \
   {FN(kind##_6_2), FN(kind##_4_2), FN(kind##_4_2), FN(kind##_2_2), FN(kind##_1_2)},             \
   {FN(kind##_4_3), FN(kind##_4_3), FN(kind##_4_3), FN(kind##_2_3), FN(kind##_1_3)}}
static const int FN(tile_rows)[3][5] = {{12, 8, 4, 2, 1}, {6, 4, 4, 2, 1}, {4, 4, 4, 2, 1}};
#endif
// [transposed][masked][vectors - 1][height]
static const FN(tile_function) FN(tiles)[2][2][3][5] = {{TILES(tile_n), TILES(masked_n)},
                                                        {TILES(tile_t), TILES(masked_t)}};
#undef TILES

INLINE void FN(product)(const int transposed, ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0,
                        ptrdiff_t n1, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,
                        ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias, int accumulate) {
  const ptrdiff_t block = 256;
  for (ptrdiff_t k0 = 0; k0 < k || k0 == 0; k0 += block) {
    ptrdiff_t kb = MIN(k - k0, block);
    int mode = k0 == 0 && !accumulate ? FN(START) : transposed ? FN(ADD) : FN(CONTINUE);
    for (ptrdiff_t j = n0; j < n1;) {
      ptrdiff_t left = (n1 - j + LANES - 1) / LANES;
      // Three vectors per tile, but never a lone one at the end where two times two would do.
      int vectors = left >= 3 ? (left == 4 ? 2 : 3) : (int)left;
#if ROWS1 == 12
      if (left >= 4 && left % 3 != 0) vectors = 2;
#endif
      ptrdiff_t columns = MIN(n1 - j, (ptrdiff_t)vectors * LANES);
      ptrdiff_t last = columns - (vectors - 1) * LANES;
      int masked = last != LANES;
      MASK m = FN(mask)(last);
      const int *heights = FN(tile_rows)[vectors - 1];
      ptrdiff_t i = m0;
      for (int height = 0; height < 5; height++) {
        FN(tile_function) run = FN(tiles)[transposed][masked][vectors - 1][height];
        for (; m1 - i >= heights[height]; i += heights[height])
          run(kb, transposed ? a + k0 * lda + i : a + i * lda + k0, lda, b + k0 * ldb + j, ldb,
              c + i * ldc + j, ldc, bias ? bias + j : 0, mode, m);
      }
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
#undef ROWS1
#undef ROWS2
#undef ROWS3

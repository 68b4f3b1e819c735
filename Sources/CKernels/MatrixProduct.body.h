// Matrix products from register tiles of `rows` × `vectors`·LANES outputs, without packing.
// With 32 registers a tile has up to 24 sums; with 16 it has 12, two vectors of b and a broadcast
// of a. A tile of four rows and three vectors would need all 16, which compilers spill.
#include "Packing.h"

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

// The vectors of the next panel where so many columns are left; never a lone vector at the end where two
// times two would do.
INLINE int FN(panel_vectors)(ptrdiff_t columns) {
  const ptrdiff_t left = (columns + LANES - 1) / LANES;
  return MOST_VECTORS == 3 && left == 4 ? 2 : (int)MIN(left, MOST_VECTORS);
}

// Copies of the panels of b, one behind the other, each [k][its width].
INLINE void FN(pack_panels)(const float *b, ptrdiff_t ldb, float *to, ptrdiff_t k, ptrdiff_t columns) {
  for (ptrdiff_t p = 0; p < k; p++) {
    const float *row = b + p * ldb;
    for (ptrdiff_t j = 0; j < columns;) {
      const ptrdiff_t width = FN(panel_vectors)(columns - j) * LANES;
      float *out = to + j * k + p * width;
      __builtin_prefetch(row + 8 * ldb + j);
      for (ptrdiff_t i = 0; i < width; i += LANES) {
        if (columns - j - i >= LANES) STORE(out + i, LOAD(row + j + i));
        else STORE(out + i, FN(load_masked)(row + j + i, FN(mask)(columns - j - i)));
      }
      j += width;
    }
  }
}

// c[0..<m, n0..<n1] of one block of k: the tallest tiles first, down to one row. Panels of b are copied
// to `packed` first unless it is null.
INLINE void FN(product_block)(const int transposed, ptrdiff_t m, ptrdiff_t n0, ptrdiff_t n1,
                              ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,
                              ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias, int mode,
                              float *packed) {
  if (packed) FN(pack_panels)(b + n0, ldb, packed, k, n1 - n0);
  for (ptrdiff_t j = n0; j < n1;) {
    const int vectors = FN(panel_vectors)(n1 - j);
    const ptrdiff_t width = (ptrdiff_t)vectors * LANES, columns = MIN(n1 - j, width);
    ptrdiff_t last = columns - (vectors - 1) * LANES;
    int masked = last != LANES;
    MASK some = FN(mask)(last);
    ptrdiff_t i = 0;
    for (int height = 0; i < m; height++) {
      // Two tiles of four rows do better than one of six and one of two.
      const int halves = !MANY_REGISTERS && vectors == 2 && height == 0 && m % 6 == 2 && m > 6;
      i = FN(panels)[transposed][masked][vectors - 1][height](
          i, halves ? m - 8 : m, k, a, lda, packed ? packed + (j - n0) * k : b + j,
          packed ? width : ldb, c + j, ldc, bias ? bias + j : 0, mode, some);
    }
    j += columns;
  }
}

enum { FN(BLOCK) = 256 };

INLINE void FN(product)(ptrdiff_t m, ptrdiff_t n0, ptrdiff_t n1, ptrdiff_t k, const float *a,
                        ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc,
                        const float *bias, int accumulate, float *packed) {
  for (ptrdiff_t k0 = 0; k0 < k || k0 == 0; k0 += FN(BLOCK))
    FN(product_block)(0, m, n0, n1, MIN(k - k0, FN(BLOCK)), a + k0, lda, b + k0 * ldb, ldb, c, ldc,
                      bias, k0 == 0 && !accumulate ? FN(START) : FN(CONTINUE), packed);
}

static void FN(vn_matrix_multiply)(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1,
                                   ptrdiff_t k, const float *a, ptrdiff_t lda, vn_reading reading,
                                   const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc,
                                   const float *bias, int accumulate) {
  // Rows that fit the first-level cache beside a block of b, a multiple of every tile's height.
  const ptrdiff_t rows = !reading.scale ? m1 - m0 : k > 192 ? 12 : k > 96 ? 24 : 48;
  const ptrdiff_t copied = reading.scale ? rows * k : 0;
  const int packs = vn_rows_collide(MIN(k, FN(BLOCK)), ldb) && m1 - m0 > 12;
  // Columns are rounded up to whole vectors.
  const ptrdiff_t panels = packs ? MIN(k, FN(BLOCK)) * (n1 - n0 + 16) : 0;
  float *read = vn_scratch((size_t)(copied + panels)), *packed = read + copied;
  for (ptrdiff_t i = m0; i < m1; i += rows) {
    const ptrdiff_t count = MIN(rows, m1 - i);
    if (copied) FN(read_rows)(a + i * lda, lda, read, count, k, reading);
    FN(product)(count, n0, n1, k, copied ? read : a + i * lda, copied ? k : lda, b, ldb, c + i * ldc,
                ldc, bias, accumulate, packs ? packed : 0);
  }
}

static void FN(vn_matrix_multiply_transposed)(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0,
                                              ptrdiff_t n1, ptrdiff_t k, const float *a,
                                              ptrdiff_t lda, vn_reading reading, const float *b,
                                              ptrdiff_t ldb, float *c, ptrdiff_t ldc) {
  // Blocks of rows that fit the first-level cache; their part of a is copied unless it is whole.
  const ptrdiff_t m = m1 - m0, most = MIN(k, FN(BLOCK));
  const int copies = reading.scale != 0 || vn_rows_collide(most, lda);
  const int packs = vn_rows_collide(most, ldb) && m > 12;
  const vn_reading part = {reading.scale ? reading.scale + m0 : 0,
                           reading.shift ? reading.shift + m0 : 0, reading.activation};
  const ptrdiff_t copied = copies ? most * m : 0, panels = packs ? most * (n1 - n0 + 16) : 0;
  float *read = vn_scratch((size_t)(copied + panels)), *packed = read + copied;
  for (ptrdiff_t k0 = 0; k0 < k; k0 += FN(BLOCK)) {
    const ptrdiff_t count = MIN(k - k0, FN(BLOCK));
    const float *rows = a + k0 * lda + m0;
    if (copies) FN(read_rows)(rows, lda, read, count, m, part);
    FN(product_block)(1, m, n0, n1, count, copies ? read : rows, copies ? m : lda, b + k0 * ldb, ldb,
                      c + m0 * ldc, ldc, 0, k0 == 0 ? FN(START) : FN(ADD), packs ? packed : 0);
  }
}
#undef MANY_REGISTERS
#undef MOST_VECTORS
#undef PACKED

#include "InstructionSets.h"
#include "Scratch.h"

// Whether one cache line each of so many rows, `stride` floats apart, crowds into one or two sets of a
// first-level cache (64 sets), or each lies in a page of its own.
static int vn_rows_collide(ptrdiff_t rows, ptrdiff_t stride) {
  return rows > 16 && (stride >= 1024 || stride % 512 == 0);
}

#define VN_BODY "MatrixProduct.body.h"
#include "EachInstructionSet.h"

void vn_matrix_multiply(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1, ptrdiff_t k,
                        const float *a, ptrdiff_t lda, vn_reading reading, const float *b,
                        ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *bias,
                        int accumulate) {
  VN_DISPATCH(vn_matrix_multiply, m0, m1, n0, n1, k, a, lda, reading, b, ldb, c, ldc, bias,
              accumulate)
}

void vn_matrix_multiply_transposed(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1,
                                   ptrdiff_t k, const float *a, ptrdiff_t lda, vn_reading reading,
                                   const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc) {
  VN_DISPATCH(vn_matrix_multiply_transposed, m0, m1, n0, n1, k, a, lda, reading, b, ldb, c, ldc)
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

static inline void transpose_4x4(const float *source, ptrdiff_t columns, float *target,
                                 ptrdiff_t rows) {
  const four a = *(const four *)source, b = *(const four *)(source + columns);
  const four c = *(const four *)(source + 2 * columns), d = *(const four *)(source + 3 * columns);
  const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const four ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(four *)target = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(four *)(target + rows) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(four *)(target + 2 * rows) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
  *(four *)(target + 3 * rows) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}

void vn_transpose(const float *source, float *target, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t r0, ptrdiff_t r1) {
  // Sixteen rows at a time, so that whole cache lines of the target are written.
  enum { BLOCK = 16 };
  for (ptrdiff_t i0 = r0; i0 < r1; i0 += BLOCK) {
    const ptrdiff_t i1 = i0 + BLOCK < r1 ? i0 + BLOCK : r1;
    ptrdiff_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      ptrdiff_t i = i0;
      for (; i + 4 <= i1; i += 4)
        transpose_4x4(source + i * columns + j, columns, target + j * rows + i, rows);
      for (; i < i1; i++)
        for (ptrdiff_t q = j; q < j + 4; q++) target[q * rows + i] = source[i * columns + q];
    }
    for (; j < columns; j++)
      for (ptrdiff_t i = i0; i < i1; i++) target[j * rows + i] = source[i * columns + j];
  }
}

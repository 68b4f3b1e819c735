#include "InstructionSets.h"
#define VN_BODY "MatrixProduct.body.h"
#include "EachInstructionSet.h"

void vn_matrix_multiply(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1, ptrdiff_t k,
                        const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c,
                        ptrdiff_t ldc, const float *bias, int accumulate) {
  VN_DISPATCH(vn_matrix_multiply, m0, m1, n0, n1, k, a, lda, b, ldb, c, ldc, bias, accumulate)
}

void vn_matrix_multiply_transposed(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1,
                                   ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b,
                                   ptrdiff_t ldb, float *c, ptrdiff_t ldc) {
  VN_DISPATCH(vn_matrix_multiply_transposed, m0, m1, n0, n1, k, a, lda, b, ldb, c, ldc)
}

void vn_transpose(const float *source, float *target, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t r0, ptrdiff_t r1) {
  enum { BLOCK = 16 };
  for (ptrdiff_t i = r0; i < r1; i += BLOCK)
    for (ptrdiff_t j = 0; j < columns; j += BLOCK) {
      ptrdiff_t i1 = i + BLOCK < r1 ? i + BLOCK : r1;
      ptrdiff_t j1 = j + BLOCK < columns ? j + BLOCK : columns;
      for (ptrdiff_t q = j; q < j1; q++)
        for (ptrdiff_t p = i; p < i1; p++) target[q * rows + p] = source[p * columns + q];
    }
}

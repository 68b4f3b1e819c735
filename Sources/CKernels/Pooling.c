#include <string.h>

#include "InstructionSets.h"
#define VN_BODY "Pooling.body.h"
#include "EachInstructionSet.h"

void vn_max_pool_rows(const float *x, float *y, int32_t *index, vn_convolution geometry,
                      ptrdiff_t r0, ptrdiff_t r1) {
  VN_DISPATCH(vn_max_pool_rows, x, y, index, geometry, r0, r1)
}

void vn_max_pool_gradient_rows(const float *dy, const int32_t *index, float *dx,
                               vn_convolution geometry, ptrdiff_t r0, ptrdiff_t r1) {
  VN_DISPATCH(vn_max_pool_gradient_rows, dy, index, dx, geometry, r0, r1)
}

void vn_average_pool_gradient_rows(const float *dy, float *dx, vn_convolution g, ptrdiff_t r0,
                                   ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  const float share = 1 / (float)(g.kernel_depth * g.kernel_height * g.kernel_width);
  for (ptrdiff_t row = r0; row < r1; row++) {
    const ptrdiff_t plane = row / g.input.height, n = plane / g.input.depth;
    const ptrdiff_t d = plane % g.input.depth / g.stride_depth;
    const ptrdiff_t h = row % g.input.height / g.stride_height;
    for (ptrdiff_t w = 0; w < g.input.width; w++) {
      float *out = dx + (row * g.input.width + w) * c;
      const ptrdiff_t v = w / g.stride_width;
      if (d >= g.out_depth || h >= g.out_height || v >= g.out_width) {
        memset(out, 0, (size_t)c * sizeof *out);
        continue;
      }
      const float *in = dy + (((n * g.out_depth + d) * g.out_height + h) * g.out_width + v) * c;
      for (ptrdiff_t i = 0; i < c; i++) out[i] = in[i] * share;
    }
  }
}

void vn_rectify(const float *x, float *y, ptrdiff_t i0, ptrdiff_t i1, float most) {
  VN_DISPATCH(vn_rectify, x, y, i0, i1, most)
}

void vn_rectify_gradient(const float *y, const float *dy, float *dx, ptrdiff_t i0, ptrdiff_t i1,
                         float most) {
  VN_DISPATCH(vn_rectify_gradient, y, dy, dx, i0, i1, most)
}

void vn_copy_columns(const float *x, ptrdiff_t ldx, float *y, ptrdiff_t ldy, ptrdiff_t columns,
                     ptrdiff_t r0, ptrdiff_t r1) {
  for (ptrdiff_t row = r0; row < r1; row++)
    memcpy(y + row * ldy, x + row * ldx, (size_t)columns * sizeof *y);
}

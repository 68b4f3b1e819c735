#include "InstructionSets.h"
#define VN_BODY "DirectConvolution.body.h"
#include "EachInstructionSet.h"

void vn_direct_convolution(const float *x, const float *weights, float *y, vn_convolution geometry,
                           ptrdiff_t r0, ptrdiff_t r1) {
  VN_DISPATCH(vn_direct_convolution, x, weights, y, geometry, r0, r1)
}

ptrdiff_t vn_direct_convolution_weight_items(vn_convolution geometry) {
  return geometry.input.samples * geometry.kernel_depth * geometry.kernel_height;
}

void vn_direct_convolution_weights(const float *x, const float *dy, float *partial,
                                   vn_convolution geometry, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_direct_convolution_weights, x, dy, partial, geometry, i0, i1)
}

void vn_sum_parts(const float *partial, float *sum, ptrdiff_t parts, ptrdiff_t count, ptrdiff_t i0,
                  ptrdiff_t i1) {
  for (ptrdiff_t i = i0; i < i1; i++) {
    double total = 0;
    for (ptrdiff_t part = 0; part < parts; part++) total += partial[part * count + i];
    sum[i] = (float)total;
  }
}

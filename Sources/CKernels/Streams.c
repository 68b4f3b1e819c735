#include "InstructionSets.h"
#define VN_BODY "Streams.body.h"
#include "EachInstructionSet.h"

void vn_add(const float *a, const float *b, float *y, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_add, a, b, y, i0, i1)
}

double vn_dot(const float *a, const float *b, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_dot, a, b, i0, i1)
}

void vn_update_sgd(float *w, const float *g, float *v, ptrdiff_t count, float rate, float momentum,
                   float decay, float gradient_scale, int first) {
  VN_DISPATCH(vn_update_sgd, w, g, v, count, rate, momentum, decay, gradient_scale, first)
}

void vn_update_adam(float *w, const float *g, float *m, float *v, ptrdiff_t count, vn_adam adam) {
  VN_DISPATCH(vn_update_adam, w, g, m, v, count, adam)
}

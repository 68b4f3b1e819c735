#include "InstructionSets.h"
#include "Scratch.h"
#define VN_BODY "Depthwise.body.h"
#include "EachInstructionSet.h"

ptrdiff_t vn_depthwise_items(vn_volume volume) {
  return volume.samples * ((volume.channels + 15) / 16);
}

void vn_depthwise(const float *x, vn_reading reading, const float *weights, float *y,
                  vn_volume volume, ptrdiff_t kernel, int flipped, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_depthwise, x, reading, weights, y, volume, kernel, flipped, i0, i1)
}

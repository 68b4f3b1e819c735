#include "InstructionSets.h"
#include "Scratch.h"
#define VN_BODY "DepthwiseWeights.body.h"
#include "EachInstructionSet.h"

ptrdiff_t vn_depthwise_weight_items(vn_volume volume, ptrdiff_t kernel) {
  return (volume.channels + 15) / 16 * kernel;
}

void vn_depthwise_weights(const float *x, vn_reading reading, const float *dy, float *dweights,
                          vn_volume volume, ptrdiff_t kernel, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_depthwise_weights, x, reading, dy, dweights, volume, kernel, i0, i1)
}

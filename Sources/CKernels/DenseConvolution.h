// What a dense convolution computes, whichever way it runs.
#ifndef VN_DENSE_CONVOLUTION_H
#define VN_DENSE_CONVOLUTION_H
#include "CKernels.h"

// Output voxel q of the grid reads source voxel q · step + offset[t] at tap t, where that lies
// inside, and is stored at target voxel q · scale + start.
typedef struct {
  ptrdiff_t samples, grid[3], step[3], source[3], target[3], scale[3], start[3];
  // Channels of the source and of the target.
  ptrdiff_t in, out;
  ptrdiff_t taps;
  // Per tap: three offsets, and the tap's place in the weights [taps][in][out].
  const int32_t *offset, *place;
} vn_dense;

#endif

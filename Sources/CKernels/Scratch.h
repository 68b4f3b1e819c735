// Memory of the calling thread for packed operands.
#ifndef VOXELNAS_SCRATCH_H
#define VOXELNAS_SCRATCH_H
#include <stddef.h>

/// At least `count` floats at a cache line, the same memory at every call of one thread: what an
/// earlier call returned is no longer valid. It grows to the largest request and is freed when the
/// thread ends.
float *vn_scratch(size_t count);

#endif

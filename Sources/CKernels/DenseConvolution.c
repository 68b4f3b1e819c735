#include "DenseConvolution.h"

#include <stdlib.h>

#include "InstructionSets.h"

// A few hundred kilobytes per call at most; without memory there is no way on.
static void *vn_scratch(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  if (!memory) abort();
  return memory;
}
static void vn_release(const void *memory) { free((void *)memory); }

#define VN_BODY "DenseConvolution.body.h"
#include "EachInstructionSet.h"

static void dense_rows(const float *x, const float *weights, const float *bias, float *y,
                       const vn_dense *g, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t n0, ptrdiff_t n1) {
  VN_DISPATCH(dense_rows, x, weights, bias, y, g, r0, r1, n0, n1)
}

static void dense_weights(const float *x, const float *dy, float *dweights, const vn_dense *g,
                          ptrdiff_t t0, ptrdiff_t t1, ptrdiff_t i0, ptrdiff_t i1, ptrdiff_t n0,
                          ptrdiff_t n1) {
  VN_DISPATCH(dense_weights, x, dy, dweights, g, t0, t1, i0, i1, n0, n1)
}

// The axes of a geometry, depth first.
typedef struct {
  ptrdiff_t in[3], out[3], kernel[3], stride[3], pad[3];
} axes;

static axes axes_of(const vn_convolution *g) {
  return (axes){.in = {g->input.depth, g->input.height, g->input.width},
                .out = {g->out_depth, g->out_height, g->out_width},
                .kernel = {g->kernel_depth, g->kernel_height, g->kernel_width},
                .stride = {g->stride_depth, g->stride_height, g->stride_width},
                .pad = {g->pad_depth, g->pad_height, g->pad_width}};
}

// The forward pass as a plan; `table` has room for four numbers per tap.
static vn_dense forward_plan(const vn_convolution *g, int32_t *table) {
  const axes a = axes_of(g);
  const ptrdiff_t taps = a.kernel[0] * a.kernel[1] * a.kernel[2];
  int32_t *offset = table, *place = table + 3 * taps;
  for (ptrdiff_t t = 0; t < taps; t++) {
    offset[3 * t] = (int32_t)(t / (a.kernel[1] * a.kernel[2]) - a.pad[0]);
    offset[3 * t + 1] = (int32_t)(t / a.kernel[2] % a.kernel[1] - a.pad[1]);
    offset[3 * t + 2] = (int32_t)(t % a.kernel[2] - a.pad[2]);
    place[t] = (int32_t)t;
  }
  vn_dense plan = {.samples = g->input.samples, .in = g->input.channels, .out = g->out_channels,
                   .taps = taps, .offset = offset, .place = place};
  for (int axis = 0; axis < 3; axis++) {
    plan.grid[axis] = plan.target[axis] = a.out[axis];
    plan.step[axis] = a.stride[axis];
    plan.source[axis] = a.in[axis];
    plan.scale[axis] = 1;
  }
  return plan;
}

static size_t table_bytes(const vn_convolution *g) {
  return (size_t)(4 * g->kernel_depth * g->kernel_height * g->kernel_width) * sizeof(int32_t);
}

void vn_dense_convolution(const float *x, const float *weights, const float *bias, float *y,
                          vn_convolution g, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t n0,
                          ptrdiff_t n1) {
  int32_t *table = vn_scratch(table_bytes(&g));
  const vn_dense plan = forward_plan(&g, table);
  dense_rows(x, weights, bias, y, &plan, r0, r1, n0, n1);
  vn_release(table);
}

void vn_dense_transpose(const float *weights, float *transposed, vn_convolution g, ptrdiff_t t0,
                        ptrdiff_t t1) {
  const ptrdiff_t in = g.input.channels, out = g.out_channels;
  for (ptrdiff_t t = t0; t < t1; t++)
    vn_transpose(weights + t * in * out, transposed + t * in * out, in, out, 0, in);
}

ptrdiff_t vn_dense_classes(vn_convolution g) {
  return g.stride_depth * g.stride_height * g.stride_width;
}

// The residue of a class along each axis, and the input voxels that have it.
static void class_of(const axes *a, ptrdiff_t index, ptrdiff_t residue[3], ptrdiff_t grid[3]) {
  for (int axis = 2; axis >= 0; axis--) {
    residue[axis] = index % a->stride[axis];
    index /= a->stride[axis];
    grid[axis] = (a->in[axis] - residue[axis] + a->stride[axis] - 1) / a->stride[axis];
  }
}

ptrdiff_t vn_dense_class_rows(vn_convolution g, ptrdiff_t index) {
  const axes a = axes_of(&g);
  ptrdiff_t residue[3], grid[3];
  class_of(&a, index, residue, grid);
  return g.input.samples * grid[0] * grid[1] * grid[2];
}

void vn_dense_input_gradient(const float *dy, const float *transposed, float *dx, vn_convolution g,
                             ptrdiff_t index, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t n0,
                             ptrdiff_t n1) {
  const axes a = axes_of(&g);
  const ptrdiff_t all = a.kernel[0] * a.kernel[1] * a.kernel[2];
  int32_t *table = vn_scratch(table_bytes(&g)), *place = table + 3 * all;
  vn_dense plan = {.samples = g.input.samples, .in = g.out_channels, .out = g.input.channels,
                   .offset = table, .place = place};
  ptrdiff_t residue[3];
  class_of(&a, index, residue, plan.grid);
  // Tap k of output o reads input o · stride - pad + k, so input q · stride + residue is read by
  // output q + (residue + pad - k) / stride, where that is whole.
  for (ptrdiff_t t = 0; t < all; t++) {
    const ptrdiff_t k[3] = {t / (a.kernel[1] * a.kernel[2]), t / a.kernel[2] % a.kernel[1],
                            t % a.kernel[2]};
    int32_t offset[3];
    int reads = 1;
    for (int axis = 0; axis < 3; axis++) {
      const ptrdiff_t way = residue[axis] + a.pad[axis] - k[axis];
      reads = reads && way % a.stride[axis] == 0;
      offset[axis] = (int32_t)(way / a.stride[axis]);
    }
    if (!reads) continue;
    for (int axis = 0; axis < 3; axis++) table[3 * plan.taps + axis] = offset[axis];
    place[plan.taps++] = (int32_t)t;
  }
  for (int axis = 0; axis < 3; axis++) {
    plan.step[axis] = 1;
    plan.source[axis] = a.out[axis];
    plan.target[axis] = a.in[axis];
    plan.scale[axis] = a.stride[axis];
    plan.start[axis] = residue[axis];
  }
  dense_rows(dy, transposed, 0, dx, &plan, r0, r1, n0, n1);
  vn_release(table);
}

void vn_dense_weight_gradient(const float *x, const float *dy, float *dweights, vn_convolution g,
                              ptrdiff_t t0, ptrdiff_t t1, ptrdiff_t i0, ptrdiff_t i1, ptrdiff_t n0,
                              ptrdiff_t n1) {
  int32_t *table = vn_scratch(table_bytes(&g));
  const vn_dense plan = forward_plan(&g, table);
  dense_weights(x, dy, dweights, &plan, t0, t1, i0, i1, n0, n1);
  vn_release(table);
}

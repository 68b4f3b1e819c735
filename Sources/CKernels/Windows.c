#include <string.h>

#include "InstructionSets.h"

// The (n, d, h) of an output row.
typedef struct {
  ptrdiff_t n, d, h;
} place;

static place at(ptrdiff_t row, ptrdiff_t depth, ptrdiff_t height) {
  const ptrdiff_t plane = row / height;
  return (place){plane / depth, plane % depth, row % height};
}

void vn_gather_strided(const float *x, float *y, vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const place p = at(row, g.out_depth, g.out_height);
    const float *in = x + ((p.n * g.input.depth + p.d * g.stride_depth) * g.input.height +
                           p.h * g.stride_height) * g.input.width * c;
    float *out = y + row * g.out_width * c;
    for (ptrdiff_t w = 0; w < g.out_width; w++)
      memcpy(out + w * c, in + w * g.stride_width * c, (size_t)c * sizeof(float));
  }
}

void vn_scatter_strided(const float *dy, float *dx, vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const place p = at(row, g.input.depth, g.input.height);
    float *out = dx + row * g.input.width * c;
    memset(out, 0, (size_t)(g.input.width * c) * sizeof(float));
    if (p.d % g.stride_depth || p.h % g.stride_height) continue;
    const float *in = dy + ((p.n * g.out_depth + p.d / g.stride_depth) * g.out_height +
                            p.h / g.stride_height) * g.out_width * c;
    for (ptrdiff_t w = 0; w < g.out_width; w++)
      memcpy(out + w * g.stride_width * c, in + w * c, (size_t)c * sizeof(float));
  }
}

void vn_patches(const float *x, float *patches, vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  float *out = patches;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const place p = at(row, g.out_depth, g.out_height);
    for (ptrdiff_t w = 0; w < g.out_width; w++)
      for (ptrdiff_t kd = 0; kd < g.kernel_depth; kd++)
        for (ptrdiff_t kh = 0; kh < g.kernel_height; kh++) {
          const ptrdiff_t id = p.d * g.stride_depth + kd - g.pad_depth;
          const ptrdiff_t ih = p.h * g.stride_height + kh - g.pad_height;
          const int inside = id >= 0 && id < g.input.depth && ih >= 0 && ih < g.input.height;
          for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++, out += c) {
            const ptrdiff_t iw = w * g.stride_width + kw - g.pad_width;
            if (inside && iw >= 0 && iw < g.input.width)
              memcpy(out,
                     x + (((p.n * g.input.depth + id) * g.input.height + ih) * g.input.width + iw) * c,
                     (size_t)c * sizeof(float));
            else
              memset(out, 0, (size_t)c * sizeof(float));
          }
        }
  }
}

void vn_patches_gradient(const float *patches, float *dx, vn_convolution g, ptrdiff_t n) {
  const ptrdiff_t c = g.input.channels;
  const float *in = patches;
  for (ptrdiff_t d = 0; d < g.out_depth; d++)
    for (ptrdiff_t h = 0; h < g.out_height; h++)
      for (ptrdiff_t w = 0; w < g.out_width; w++)
        for (ptrdiff_t kd = 0; kd < g.kernel_depth; kd++)
          for (ptrdiff_t kh = 0; kh < g.kernel_height; kh++)
            for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++, in += c) {
              const ptrdiff_t id = d * g.stride_depth + kd - g.pad_depth;
              const ptrdiff_t ih = h * g.stride_height + kh - g.pad_height;
              const ptrdiff_t iw = w * g.stride_width + kw - g.pad_width;
              if (id < 0 || id >= g.input.depth || ih < 0 || ih >= g.input.height || iw < 0 ||
                  iw >= g.input.width)
                continue;
              float *out =
                  dx + (((n * g.input.depth + id) * g.input.height + ih) * g.input.width + iw) * c;
              for (ptrdiff_t i = 0; i < c; i++) out[i] += in[i];
            }
}

void vn_max_pool(const float *x, float *y, int32_t *index, vn_convolution g, ptrdiff_t r0,
                 ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const place p = at(row, g.out_depth, g.out_height);
    for (ptrdiff_t w = 0; w < g.out_width; w++) {
      float *out = y + (row * g.out_width + w) * c;
      int32_t *chosen = index + (row * g.out_width + w) * c;
      int first = 1;
      for (ptrdiff_t kd = 0; kd < g.kernel_depth; kd++)
        for (ptrdiff_t kh = 0; kh < g.kernel_height; kh++)
          for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++) {
            const ptrdiff_t id = p.d * g.stride_depth + kd - g.pad_depth;
            const ptrdiff_t ih = p.h * g.stride_height + kh - g.pad_height;
            const ptrdiff_t iw = w * g.stride_width + kw - g.pad_width;
            if (id < 0 || id >= g.input.depth || ih < 0 || ih >= g.input.height || iw < 0 ||
                iw >= g.input.width)
              continue;
            const ptrdiff_t voxel = (id * g.input.height + ih) * g.input.width + iw;
            const float *in =
                x + (p.n * g.input.depth * g.input.height * g.input.width + voxel) * c;
            for (ptrdiff_t i = 0; i < c; i++)
              if (first || in[i] > out[i] || in[i] != in[i]) {
                out[i] = in[i];
                chosen[i] = (int32_t)voxel;
              }
            first = 0;
          }
    }
  }
}

void vn_max_pool_gradient(const float *dy, const int32_t *index, float *dx, vn_convolution g,
                          ptrdiff_t n) {
  const ptrdiff_t c = g.input.channels, voxels = g.out_depth * g.out_height * g.out_width;
  float *out = dx + n * g.input.depth * g.input.height * g.input.width * c;
  for (ptrdiff_t v = n * voxels; v < (n + 1) * voxels; v++)
    for (ptrdiff_t i = 0; i < c; i++) out[index[v * c + i] * c + i] += dy[v * c + i];
}

void vn_average_pool(const float *x, float *y, vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  const float window = (float)(g.kernel_depth * g.kernel_height * g.kernel_width);
  for (ptrdiff_t row = r0; row < r1; row++) {
    const place p = at(row, g.out_depth, g.out_height);
    for (ptrdiff_t w = 0; w < g.out_width; w++) {
      float *out = y + (row * g.out_width + w) * c;
      memset(out, 0, (size_t)c * sizeof(float));
      for (ptrdiff_t kd = 0; kd < g.kernel_depth; kd++)
        for (ptrdiff_t kh = 0; kh < g.kernel_height; kh++)
          for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++) {
            const float *in =
                x + (((p.n * g.input.depth + p.d * g.stride_depth + kd) * g.input.height +
                      p.h * g.stride_height + kh) * g.input.width + w * g.stride_width + kw) * c;
            for (ptrdiff_t i = 0; i < c; i++) out[i] += in[i];
          }
      for (ptrdiff_t i = 0; i < c; i++) out[i] /= window;
    }
  }
}

void vn_average_pool_gradient(const float *dy, float *dx, vn_convolution g, ptrdiff_t n) {
  const ptrdiff_t c = g.input.channels;
  const float window = (float)(g.kernel_depth * g.kernel_height * g.kernel_width);
  for (ptrdiff_t d = 0; d < g.out_depth; d++)
    for (ptrdiff_t h = 0; h < g.out_height; h++)
      for (ptrdiff_t w = 0; w < g.out_width; w++) {
        const float *in =
            dy + (((n * g.out_depth + d) * g.out_height + h) * g.out_width + w) * c;
        for (ptrdiff_t kd = 0; kd < g.kernel_depth; kd++)
          for (ptrdiff_t kh = 0; kh < g.kernel_height; kh++)
            for (ptrdiff_t kw = 0; kw < g.kernel_width; kw++) {
              float *out =
                  dx + (((n * g.input.depth + d * g.stride_depth + kd) * g.input.height +
                         h * g.stride_height + kh) * g.input.width + w * g.stride_width + kw) * c;
              for (ptrdiff_t i = 0; i < c; i++) out[i] += in[i] / window;
            }
      }
}

#include "InstructionSets.h"

void vn_global_average(const float *x, float *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t n0,
                       ptrdiff_t n1) {
  enum { BLOCK = 64 };
  for (ptrdiff_t n = n0; n < n1; n++)
    for (ptrdiff_t c = 0; c < channels; c += BLOCK) {
      const ptrdiff_t count = channels - c < BLOCK ? channels - c : BLOCK;
      double sums[BLOCK] = {0};
      for (ptrdiff_t r = 0; r < rows; r++) {
        const float *row = x + (n * rows + r) * channels + c;
        for (ptrdiff_t i = 0; i < count; i++) sums[i] += row[i];
      }
      for (ptrdiff_t i = 0; i < count; i++) y[n * channels + c + i] = (float)(sums[i] / (double)rows);
    }
}

void vn_global_average_gradient(const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t channels,
                                ptrdiff_t n0, ptrdiff_t n1) {
  for (ptrdiff_t n = n0; n < n1; n++)
    for (ptrdiff_t r = 0; r < rows; r++)
      for (ptrdiff_t c = 0; c < channels; c++)
        dx[(n * rows + r) * channels + c] = dy[n * channels + c] / (float)rows;
}

void vn_linear(const float *x, const float *weights, const float *bias, float *y, ptrdiff_t in,
               ptrdiff_t out, ptrdiff_t r0, ptrdiff_t r1) {
  for (ptrdiff_t r = r0; r < r1; r++)
    for (ptrdiff_t o = 0; o < out; o++) {
      double sum = 0;
      for (ptrdiff_t i = 0; i < in; i++) sum += (double)x[r * in + i] * (double)weights[i * out + o];
      y[r * out + o] = (float)(sum + bias[o]);
    }
}

void vn_linear_input_gradient(const float *dy, const float *weights, float *dx, ptrdiff_t in,
                              ptrdiff_t out, ptrdiff_t r0, ptrdiff_t r1) {
  for (ptrdiff_t r = r0; r < r1; r++)
    for (ptrdiff_t i = 0; i < in; i++) {
      double sum = 0;
      for (ptrdiff_t o = 0; o < out; o++)
        sum += (double)dy[r * out + o] * (double)weights[i * out + o];
      dx[r * in + i] = (float)sum;
    }
}

void vn_linear_weight_gradient(const float *x, const float *dy, float *dweights, float *dbias,
                               ptrdiff_t rows, ptrdiff_t in, ptrdiff_t out) {
  for (ptrdiff_t i = 0; i < in; i++)
    for (ptrdiff_t o = 0; o < out; o++) {
      double sum = 0;
      for (ptrdiff_t r = 0; r < rows; r++) sum += (double)x[r * in + i] * (double)dy[r * out + o];
      dweights[i * out + o] = (float)sum;
    }
  for (ptrdiff_t o = 0; o < out; o++) {
    double sum = 0;
    for (ptrdiff_t r = 0; r < rows; r++) sum += dy[r * out + o];
    dbias[o] = (float)sum;
  }
}

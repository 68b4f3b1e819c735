#include "InstructionSets.h"
#define VN_BODY "Normalization.body.h"
#include "EachInstructionSet.h"

void vn_moments(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t channels, double *sums,
                double *squares) {
  VN_DISPATCH(vn_moments, x, r0, r1, channels, sums, squares)
}

void vn_column_sums(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t channels, double *sums) {
  VN_DISPATCH(vn_column_sums, x, r0, r1, channels, sums)
}

void vn_normalize(const float *x, const float *residual, float *y, ptrdiff_t r0, ptrdiff_t r1,
                  ptrdiff_t channels, const float *scale, const float *shift, int activation) {
  VN_DISPATCH(vn_normalize, x, residual, y, r0, r1, channels, scale, shift, activation)
}

void vn_normalize_gradient_sums(const float *x, const float *dy, ptrdiff_t r0, ptrdiff_t r1,
                                ptrdiff_t channels, const float *scale, const float *shift,
                                const float *mean, int activation, double *sums,
                                double *products) {
  VN_DISPATCH(vn_normalize_gradient_sums, x, dy, r0, r1, channels, scale, shift, mean, activation,
              sums, products)
}

void vn_normalize_gradient(const float *x, const float *dy, float *dx, ptrdiff_t r0, ptrdiff_t r1,
                           ptrdiff_t channels, const float *scale, const float *shift,
                           const float *mean, const float *slope, const float *offset,
                           int activation) {
  VN_DISPATCH(vn_normalize_gradient, x, dy, dx, r0, r1, channels, scale, shift, mean, slope, offset,
              activation)
}

void vn_normalization_coefficients(const double *moments, ptrdiff_t parts, ptrdiff_t padded,
                                   ptrdiff_t rows, ptrdiff_t channels, const float *gamma,
                                   const float *beta, double epsilon, float *scale, float *shift,
                                   float *mean, float *inverse, float *variance) {
  for (ptrdiff_t c = 0; c < channels; c++) {
    double sum = 0, square = 0;
    for (ptrdiff_t part = 0; part < parts; part++) {
      sum += moments[(2 * part) * padded + c];
      square += moments[(2 * part + 1) * padded + c];
    }
    const double centre = sum / (double)rows;
    double deviation = square - sum * centre;
    if (deviation < 0) deviation = 0;
    const double biased = deviation / (double)rows;
    const double root = 1 / __builtin_sqrt(biased + epsilon);
    mean[c] = (float)centre;
    inverse[c] = (float)root;
    // One row has no unbiased variance; PyTorch refuses it, we record 0.
    variance[c] = rows > 1 ? (float)(deviation / (double)(rows - 1)) : 0;
    scale[c] = (float)(gamma[c] * root);
    shift[c] = (float)(beta[c] - centre * (gamma[c] * root));
  }
}

void vn_normalization_constants(const float *given_mean, const float *given_variance,
                                ptrdiff_t channels, const float *gamma, const float *beta,
                                double epsilon, float *scale, float *shift, float *mean,
                                float *inverse) {
  for (ptrdiff_t c = 0; c < channels; c++) {
    const double root = 1 / __builtin_sqrt(given_variance[c] + epsilon);
    mean[c] = given_mean[c];
    inverse[c] = (float)root;
    scale[c] = (float)(gamma[c] * root);
    shift[c] = (float)(beta[c] - given_mean[c] * (gamma[c] * root));
  }
}

void vn_normalization_gradient_coefficients(const double *sums, ptrdiff_t parts, ptrdiff_t padded,
                                            ptrdiff_t rows, ptrdiff_t channels, const float *scale,
                                            const float *inverse, float *dgamma, float *dbeta,
                                            float *slope, float *offset) {
  for (ptrdiff_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (ptrdiff_t part = 0; part < parts; part++) {
      sum += sums[(2 * part) * padded + c];
      product += sums[(2 * part + 1) * padded + c];
    }
    const double gradient = product * inverse[c];
    if (dgamma) dgamma[c] = (float)gradient;
    if (dbeta) dbeta[c] = (float)sum;
    slope[c] = (float)(-scale[c] * (gradient * inverse[c]) / (double)rows);
    offset[c] = (float)(-scale[c] * sum / (double)rows);
  }
}

void vn_total_sums(const double *sums, ptrdiff_t parts, ptrdiff_t padded, ptrdiff_t channels,
                   float *total) {
  for (ptrdiff_t c = 0; c < channels; c++) {
    double sum = 0;
    for (ptrdiff_t part = 0; part < parts; part++) sum += sums[part * padded + c];
    total[c] = (float)sum;
  }
}

/// The engine's loops, each compiled per instruction set and chosen at run time.
///
/// Activations are [rows, channels] row-major, a row being one voxel of one sample (NDHWC).
/// Every function works on a part of the output that the caller names, on the calling thread, and
/// the parts may run in any order on any number of threads: no output is summed across parts.
/// Lanes are channels, sums run in an order that depends on shapes alone, and multiply-adds are
/// fused explicitly: AVX2+FMA, AVX-512 and NEON give the same bits. The SSE2 fallback does not
/// (it has no fused multiply-add); vn_numerics_class() tells the two apart.
#ifndef VOXELNAS_CKERNELS_H
#define VOXELNAS_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// ---- instruction sets ----

/// The instruction set that the calling thread uses: 0 the architecture's baseline, 1 AVX2+FMA, 2 AVX-512.
int vn_instruction_set(void);
/// Chooses an instruction set for the calling thread (for tests). Returns the one now in use, which
/// is the best available when `level` is not available.
int vn_set_instruction_set(int level);
/// The name of the instruction set in use.
const char *vn_instruction_set_name(void);
/// 1 when multiply-adds are fused, 0 for the SSE2 fallback: equal classes give equal bits.
int vn_numerics_class(void);

// ---- threads ----

/// Writes the processors that the calling thread may run on, at most `capacity`; returns how many.
int vn_read_affinity(int32_t *processors, int capacity);
/// Lets the calling thread run on these processors only; returns 0, or -1 if that is not possible.
int vn_set_affinity(const int32_t *processors, int count);

/// Makes the C library keep freed memory of up to 32 MB a block instead of returning it to the
/// system: a step's gradients would otherwise be new, zeroed pages each time.
void vn_keep_freed_memory(void);

static inline void vn_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// ---- normalisation on the way ----

/// What follows a normalisation.
enum { VN_LINEAR = 0, VN_RELU = 1, VN_RELU6 = 2 };

/// How a kernel reads an operand: activation(x · scale + shift) per channel, or the values as they
/// are where `scale` is null. A batch norm in front of a convolution needs no pass of its own.
typedef struct {
  const float *_Nullable scale;
  const float *_Nullable shift;
  int activation;
} vn_reading;

/// How a kernel reads the gradient of a batch norm's input: g · scale + (x - mean) · slope + offset,
/// where g is the gradient of its output behind the activation's mask; that gradient itself where `x`
/// is null. See vn_normalize_gradient.
typedef struct {
  const float *_Nullable x;
  const float *_Nullable scale;
  const float *_Nullable shift;
  const float *_Nullable mean;
  const float *_Nullable slope;
  const float *_Nullable offset;
  int activation;
} vn_gradient_reading;

// ---- matrix products (pointwise convolutions) ----

/// c[m0..<m1, n0..<n1] = a · b + bias, or c + a · b with `accumulate` (no bias then); a [m, k] with
/// row stride lda and read as `reading` says, b [k, n], c [m, n].
/// Each element is one chain of fused multiply-adds over k in order.
void vn_matrix_multiply(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1, ptrdiff_t k,
                        const float *a, ptrdiff_t lda, vn_reading reading, const float *b,
                        ptrdiff_t ldb, float *c, ptrdiff_t ldc, const float *_Nullable bias,
                        int accumulate);
/// c[m0..<m1, n0..<n1] = aᵀ · b, a [k, m], b [k, n]: the gradient of a pointwise convolution's
/// weights. Sums of 64 rows each, added in order.
void vn_matrix_multiply_transposed(ptrdiff_t m0, ptrdiff_t m1, ptrdiff_t n0, ptrdiff_t n1,
                                   ptrdiff_t k, const float *a, ptrdiff_t lda, vn_reading reading,
                                   const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc);
/// target[column, row] = source[row, column] for rows r0..<r1 of source [rows, columns].
void vn_transpose(const float *source, float *target, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t r0, ptrdiff_t r1);

// ---- volumes ----

/// A batch of volumes.
typedef struct {
  ptrdiff_t samples, depth, height, width, channels;
} vn_volume;

/// Items of a depthwise forward: sample × 16 channels.
ptrdiff_t vn_depthwise_items(vn_volume volume);
/// Depthwise kernel³ convolution of x as `reading` shows it, stride 1, "same" padding, for items
/// i0..<i1.
/// Weights are [kernel³][channels]; only taps inside the volume are touched.
void vn_depthwise(const float *x, vn_reading reading, const float *weights, float *y,
                  vn_volume volume, ptrdiff_t kernel, ptrdiff_t i0, ptrdiff_t i1);
/// Items of the gradients below: some samples × 16 channels.
ptrdiff_t vn_depthwise_gradient_items(vn_volume volume);
/// Both gradients of a depthwise convolution for items i0..<i1, from dy as `gradient` shows it: dx, and
/// each item's part of the weights' gradient, partial [items][kernel³][16]. Either may be null.
void vn_depthwise_gradients(const float *x, vn_reading reading, const float *dy,
                            vn_gradient_reading gradient, const float *weights,
                            float *_Nullable dx, float *_Nullable partial, vn_volume volume,
                            ptrdiff_t kernel, ptrdiff_t i0, ptrdiff_t i1);
/// The weights' gradient from all parts, added in order and in double, for channels 16·b0..<16·b1; taps
/// that never touch the volume get 0.
void vn_depthwise_weight_sums(const float *partial, float *dweights, vn_volume volume,
                              ptrdiff_t kernel, ptrdiff_t b0, ptrdiff_t b1);

/// A dense convolution's geometry; outputs are [samples, out_depth, out_height, out_width].
typedef struct {
  vn_volume input;
  ptrdiff_t out_depth, out_height, out_width, out_channels;
  ptrdiff_t kernel_depth, kernel_height, kernel_width;
  ptrdiff_t stride_depth, stride_height, stride_width;
  ptrdiff_t pad_depth, pad_height, pad_width;
} vn_convolution;

/// Direct convolution for few input channels (the stem), for output rows (n, d, h) r0..<r1.
/// Weights are [kernel taps][input channels][out_channels].
void vn_direct_convolution(const float *x, const float *weights, float *y, vn_convolution geometry,
                           ptrdiff_t r0, ptrdiff_t r1);
/// Items of the weight gradient below: sample × (kernel depth · kernel height).
ptrdiff_t vn_direct_convolution_weight_items(vn_convolution geometry);
/// One sample's part of the weight gradient, for items i0..<i1: partial [samples][taps][in][out].
void vn_direct_convolution_weights(const float *x, const float *dy, float *partial,
                                   vn_convolution geometry, ptrdiff_t i0, ptrdiff_t i1);
/// sum[i] = Σ over parts of partial[part][i] in order, in double, for i0..<i1.
void vn_sum_parts(const float *partial, float *sum, ptrdiff_t parts, ptrdiff_t count, ptrdiff_t i0,
                  ptrdiff_t i1);

/// Copies the voxels at multiples of `stride` to a dense volume, output rows (n, d, h) r0..<r1.
void vn_gather_strided(const float *x, float *y, vn_convolution geometry, ptrdiff_t r0,
                       ptrdiff_t r1);
/// The reverse, with zeros between: input rows (n, d, h) r0..<r1 of dx are written.
void vn_scatter_strided(const float *dy, float *dx, vn_convolution geometry, ptrdiff_t r0,
                        ptrdiff_t r1);
/// Patches for a dense convolution as a matrix product: row = output voxel, columns = taps × input
/// channels, zeros in the padding; output rows (n, d, h) r0..<r1, patches start at the first.
void vn_patches(const float *x, float *patches, vn_convolution geometry, ptrdiff_t r0,
                ptrdiff_t r1);
/// Adds patches back to the input gradient of sample n (all of its rows; dx is not cleared).
void vn_patches_gradient(const float *patches, float *dx, vn_convolution geometry, ptrdiff_t n);

// ---- dense convolutions between many channels ----
// Every sum is one chain of fused multiply-adds over taps and input channels in order, so that
// bits depend neither on how the work is split nor on the width of a vector.

/// y = x ∗ weights + bias for output voxels r0..<r1 and output channels n0..<n1; weights are
/// [kernel taps][input channels][out_channels], any kernel, stride and padding.
void vn_dense_convolution(const float *x, const float *weights, const float *_Nullable bias,
                          float *y, vn_convolution geometry, ptrdiff_t r0, ptrdiff_t r1,
                          ptrdiff_t n0, ptrdiff_t n1);
/// The weights with their channel axes exchanged, [taps][out_channels][input channels], for kernel
/// taps t0..<t1.
void vn_dense_transpose(const float *weights, float *transposed, vn_convolution geometry,
                        ptrdiff_t t0, ptrdiff_t t1);
/// Input voxels fall into classes by their remainders over the stride: those of one are read by the
/// same taps.
ptrdiff_t vn_dense_classes(vn_convolution geometry);
/// How many input voxels a class has.
ptrdiff_t vn_dense_class_rows(vn_convolution geometry, ptrdiff_t index);
/// The input gradient of voxels r0..<r1 of a class and input channels n0..<n1; the classes cover dx.
void vn_dense_input_gradient(const float *dy, const float *transposed, float *dx,
                             vn_convolution geometry, ptrdiff_t index, ptrdiff_t r0, ptrdiff_t r1,
                             ptrdiff_t n0, ptrdiff_t n1);
/// The gradient of the weights of taps t0..<t1, input channels i0..<i1 and output channels n0..<n1.
/// Sums of 96 voxels each, added in order.
void vn_dense_weight_gradient(const float *x, const float *dy, float *dweights,
                              vn_convolution geometry, ptrdiff_t t0, ptrdiff_t t1, ptrdiff_t i0,
                              ptrdiff_t i1, ptrdiff_t n0, ptrdiff_t n1);

// ---- pooling and joining ----

/// Maximum over windows (not-a-number wins over all, padding never); `index` gets the
/// input voxel of each; output rows (n, d, h) r0..<r1.
void vn_max_pool_rows(const float *x, float *y, int32_t *index, vn_convolution geometry,
                      ptrdiff_t r0, ptrdiff_t r1);
/// Its gradient, for input rows (n, d, h) r0..<r1, which are written.
void vn_max_pool_gradient_rows(const float *dy, const int32_t *index, float *dx,
                               vn_convolution geometry, ptrdiff_t r0, ptrdiff_t r1);
/// The gradient of the mean over windows as wide as the stride, without padding, for input rows
/// (n, d, h) r0..<r1, which are written; voxels in no window get 0.
void vn_average_pool_gradient_rows(const float *dy, float *dx, vn_convolution geometry,
                                   ptrdiff_t r0, ptrdiff_t r1);
/// y = min(max(x, 0), most) for elements i0..<i1; y may be x.
void vn_rectify(const float *x, float *y, ptrdiff_t i0, ptrdiff_t i1, float most);
/// dx = dy where 0 < y < most, else 0; dx may be dy.
void vn_rectify_gradient(const float *y, const float *dy, float *dx, ptrdiff_t i0, ptrdiff_t i1,
                         float most);
/// Copies `columns` columns of rows r0..<r1 from rows of ldx to rows of ldy elements.
void vn_copy_columns(const float *x, ptrdiff_t ldx, float *y, ptrdiff_t ldy, ptrdiff_t columns,
                     ptrdiff_t r0, ptrdiff_t r1);

// ---- batch norm ----

/// sums[c] = Σ x, squares[c] = Σ x² over rows r0..<r1, in double; chunks of 64 rows are summed in
/// float relative to their first row. The arrays hold channels rounded up to a multiple of 16.
void vn_moments(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t channels, double *sums,
                double *squares);
/// y = activation(x · scale + shift) + residual, rows r0..<r1; y may be x.
void vn_normalize(const float *x, const float *_Nullable residual, float *y, ptrdiff_t r0,
                  ptrdiff_t r1, ptrdiff_t channels, const float *scale, const float *shift,
                  int activation);
/// sums[c] = Σ g, products[c] = Σ g · (x - mean) where g is dy behind the activation's mask.
void vn_normalize_gradient_sums(const float *x, const float *dy, ptrdiff_t r0, ptrdiff_t r1,
                                ptrdiff_t channels, const float *scale, const float *shift,
                                const float *mean, int activation, double *sums, double *products);
/// dx = g · scale + (x - mean) · slope + offset, rows r0..<r1; dx may be dy.
void vn_normalize_gradient(const float *x, const float *dy, float *dx, ptrdiff_t r0, ptrdiff_t r1,
                           ptrdiff_t channels, const float *scale, const float *shift,
                           const float *mean, const float *slope, const float *offset,
                           int activation);
/// What a normalisation is made of, from the moments of `parts` parts, [parts][2][padded channels]
/// as vn_moments writes them: scale = gamma / sqrt(variance + epsilon), shift = beta - mean · scale,
/// with the biased variance; `inverse` = 1 / sqrt(...), and the unbiased variance for the record.
void vn_normalization_coefficients(const double *moments, ptrdiff_t parts, ptrdiff_t padded,
                                   ptrdiff_t rows, ptrdiff_t channels, const float *gamma,
                                   const float *beta, double epsilon, float *scale, float *shift,
                                   float *mean, float *inverse, float *variance);
/// The same from statistics that are given.
void vn_normalization_constants(const float *given_mean, const float *given_variance,
                                ptrdiff_t channels, const float *gamma, const float *beta,
                                double epsilon, float *scale, float *shift, float *mean,
                                float *inverse);
/// The gradients of gamma and beta, and the slope and offset of vn_normalize_gradient, from the
/// sums of `parts` parts as vn_normalize_gradient_sums writes them.
void vn_normalization_gradient_coefficients(const double *sums, ptrdiff_t parts, ptrdiff_t padded,
                                            ptrdiff_t rows, ptrdiff_t channels, const float *scale,
                                            const float *inverse, float *_Nullable dgamma,
                                            float *_Nullable dbeta, float *slope, float *offset);
/// total[c] = Σ over parts of sums[part][padded], as float.
void vn_total_sums(const double *sums, ptrdiff_t parts, ptrdiff_t padded, ptrdiff_t channels,
                   float *total);
/// sums[c] = Σ x over rows r0..<r1, in double like vn_moments.
void vn_column_sums(const float *x, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t channels, double *sums);

// ---- elementwise and reductions ----

/// y = a + b for elements i0..<i1; y may be either.
void vn_add(const float *a, const float *b, float *y, ptrdiff_t i0, ptrdiff_t i1);
/// Σ a · b over elements i0..<i1, in double, in 16 fixed lanes.
double vn_dot(const float *a, const float *b, ptrdiff_t i0, ptrdiff_t i1);

// ---- heads and pools ----

/// y[n, c] = mean of x over the rows of samples n0..<n1.
void vn_global_average(const float *x, float *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t n0,
                       ptrdiff_t n1);
/// dx = dy / rows, repeated over the rows of samples n0..<n1.
void vn_global_average_gradient(const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t channels,
                                ptrdiff_t n0, ptrdiff_t n1);
/// y [rows, out] = x [rows, in] · weights [in, out] + bias, sums in double; rows r0..<r1.
void vn_linear(const float *x, const float *weights, const float *bias, float *y, ptrdiff_t in,
               ptrdiff_t out, ptrdiff_t r0, ptrdiff_t r1);
/// dx = dy · weightsᵀ, rows r0..<r1.
void vn_linear_input_gradient(const float *dy, const float *weights, float *dx, ptrdiff_t in,
                              ptrdiff_t out, ptrdiff_t r0, ptrdiff_t r1);
/// dweights [in, out] = xᵀ · dy and dbias, sums over all rows in double.
void vn_linear_weight_gradient(const float *x, const float *dy, float *dweights, float *dbias,
                               ptrdiff_t rows, ptrdiff_t in, ptrdiff_t out);
/// Maximum over windows (NaN wins); `index` gets the input voxel of each; output rows r0..<r1.
void vn_max_pool(const float *x, float *y, int32_t *index, vn_convolution geometry, ptrdiff_t r0,
                 ptrdiff_t r1);
/// Adds dy to the chosen voxels of sample n (dx is not cleared).
void vn_max_pool_gradient(const float *dy, const int32_t *index, float *dx,
                          vn_convolution geometry, ptrdiff_t n);
/// Mean over whole windows (no padding), output rows r0..<r1.
void vn_average_pool(const float *x, float *y, vn_convolution geometry, ptrdiff_t r0, ptrdiff_t r1);
/// Adds dy / window to the voxels of sample n (dx is not cleared).
void vn_average_pool_gradient(const float *dy, float *dx, vn_convolution geometry, ptrdiff_t n);

// ---- optimisers ----

/// SGD with momentum: v = momentum·v + (g + decay·w), w -= rate·v. `first` sets v = g + decay·w.
void vn_update_sgd(float *w, const float *g, float *v, ptrdiff_t count, float rate, float momentum,
                   float decay, float gradient_scale, int first);
/// Adam's constants for one step.
typedef struct {
  /// 1 - rate·decay for decoupled decay, else 1; the coupled decay, else 0.
  float shrink, decay;
  float beta1, beta2, one_minus_beta1, one_minus_beta2;
  /// rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), epsilon, and a factor on the gradient.
  float step_size, inverse_root_correction, epsilon, gradient_scale;
} vn_adam;
/// Adam (coupled L2) and AdamW.
void vn_update_adam(float *w, const float *g, float *m, float *v, ptrdiff_t count, vn_adam adam);

#pragma clang assume_nonnull end
#endif

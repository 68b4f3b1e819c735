// Copies of up to 16 channels in which a voxel is one cache line, whatever the tensor's width is:
// strides that are multiples of a power of two would otherwise use a fraction of the first-level
// cache. No include guard: included once per instruction set.

// The floats between the voxels of a packed block, whatever its number of channels: a constant saves
// the kernels their address arithmetic.
#define PACKED 16

INLINE V FN(activate)(V y, const int activation) {
  if (activation >= VN_RELU) y = FN(at_least)((V){0}, y);
  if (activation == VN_RELU6) y = FN(at_most)(BROADCAST(6), y);
  return y;
}

// `reading`: how values are changed on the way, or NOTHING.
#define NOTHING (-1)
INLINE void FN(pack_columns)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows,
                             const float *scale,
                             const float *shift, const int reading, const int vectors,
                             const int masked, MASK m) {
  V a[16 / LANES], b[16 / LANES];
  if (reading != NOTHING)
    UNROLL for (int j = 0; j < vectors; j++) {
      a[j] = LOAD_SOME(scale + j * LANES, masked, m);
      b[j] = LOAD_SOME(shift + j * LANES, masked, m);
    }
  for (ptrdiff_t r = 0; r < rows; r++) {
    __builtin_prefetch(x + (r + 32) * stride);
    UNROLL for (int j = 0; j < vectors; j++) {
      V v = LOAD_SOME(x + r * stride + j * LANES, masked, m);
      if (reading != NOTHING) v = FN(activate)(FMA(v, a[j], b[j]), reading);
      STORE(to + r * PACKED + j * LANES, v);
    }
  }
}

// Calls AT(c, vectors, masked) for a block's channels: all at once, or a vector at a time.
#define EACH_VECTOR(channels)                                                                     \
  if ((channels) == 16) {                                                                         \
    AT(0, 16 / LANES, 0);                                                                         \
  } else {                                                                                        \
    for (ptrdiff_t c = 0; c < (channels); c += LANES) {                                           \
      if ((channels) - c >= LANES) AT(c, 1, 0);                                                   \
      else AT(c, 1, 1);                                                                           \
    }                                                                                             \
  }

INLINE void FN(pack_block)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows,
                           ptrdiff_t channels, const float *scale, const float *shift,
                           const int reading) {
#define AT(c, vectors, masked)                                                                    \
  FN(pack_columns)(x + (c), stride, to + (c), rows, scale + (c), shift + (c), reading, vectors,   \
                   masked, FN(mask)(channels - (c)))
  EACH_VECTOR(channels)
#undef AT
}

// `to`[row][PACKED] = `channels` channels from c0 on of the rows of x, as `reading` shows
// them.
__attribute__((unused)) static void FN(pack)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows, ptrdiff_t c0,
                     ptrdiff_t channels, vn_reading reading) {
  const float *scale = reading.scale ? reading.scale + c0 : x;
  const float *shift = reading.shift ? reading.shift + c0 : x;
#define AS(kind) FN(pack_block)(x + c0, stride, to, rows, channels, scale, shift, kind)
  if (!reading.scale) AS(NOTHING);
  else if (reading.activation == VN_LINEAR) AS(VN_LINEAR);
  else if (reading.activation == VN_RELU) AS(VN_RELU);
  else AS(VN_RELU6);
#undef AS
}

// dy where the activation lets it through, decided on the recomputed pre-activation.
INLINE V FN(masked_gradient)(V x, V dy, V scale, V shift, const int activation) {
  if (activation == VN_LINEAR) return dy;
  const V pre = FMA(x, scale, shift);
  VI open = pre > (V){0};
  if (activation == VN_RELU6) open &= pre < BROADCAST(6);
  return (V)((VI)dy & open);
}

INLINE void FN(pack_gradient_columns)(const float *dy, const float *x, ptrdiff_t stride, float *to,
                                      ptrdiff_t rows, vn_gradient_reading g, ptrdiff_t c,
                                      const int activation, const int vectors, const int masked,
                                      MASK m) {
#define PER_CHANNEL(name) LOAD_SOME(g.name + c + j * LANES, masked, m)
  V a[16 / LANES], b[16 / LANES], mean[16 / LANES], slope[16 / LANES], offset[16 / LANES];
  UNROLL for (int j = 0; j < vectors; j++) {
    a[j] = PER_CHANNEL(scale);
    b[j] = PER_CHANNEL(shift);
    mean[j] = PER_CHANNEL(mean);
    slope[j] = PER_CHANNEL(slope);
    offset[j] = PER_CHANNEL(offset);
  }
#undef PER_CHANNEL
  for (ptrdiff_t r = 0; r < rows; r++) {
    __builtin_prefetch(x + (r + 32) * stride);
    __builtin_prefetch(dy + (r + 32) * stride);
    UNROLL for (int j = 0; j < vectors; j++) {
      const V v = LOAD_SOME(x + r * stride + j * LANES, masked, m);
      const V open = FN(masked_gradient)(v, LOAD_SOME(dy + r * stride + j * LANES, masked, m), a[j],
                                         b[j], activation);
      STORE(to + r * PACKED + j * LANES, FMA(open, a[j], FMA(v - mean[j], slope[j], offset[j])));
    }
  }
}

INLINE void FN(pack_gradient_block)(const float *dy, const float *x, ptrdiff_t stride, float *to,
                                    ptrdiff_t rows, vn_gradient_reading g, ptrdiff_t c0,
                                    ptrdiff_t channels, const int activation) {
#define AT(c, vectors, masked)                                                                     \
  FN(pack_gradient_columns)(dy + (c), x + (c), stride, to + (c), rows, g, c0 + (c), activation,    \
                            vectors, masked, FN(mask)(channels - (c)))
  EACH_VECTOR(channels)
#undef AT
}

// `to`[row][PACKED] = `channels` channels from c0 on of rows of dy, as `gradient` shows them; the
// first row is the normalised tensor's element `from`.
__attribute__((unused)) static void FN(pack_gradient)(const float *dy, vn_gradient_reading gradient,
                                                      ptrdiff_t from, ptrdiff_t stride, float *to,
                                                      ptrdiff_t rows, ptrdiff_t c0,
                                                      ptrdiff_t channels) {
  if (!gradient.x) {
    FN(pack)(dy, stride, to, rows, c0, channels, (vn_reading){0, 0, VN_LINEAR});
    return;
  }
  const float *x = gradient.x + from + c0;
#define AS(kind) FN(pack_gradient_block)(dy + c0, x, stride, to, rows, gradient, c0, channels, kind)
  if (gradient.activation == VN_LINEAR) AS(VN_LINEAR);
  else if (gradient.activation == VN_RELU) AS(VN_RELU);
  else AS(VN_RELU6);
#undef AS
}

INLINE void FN(read_rows_as)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows,
                             ptrdiff_t channels, const float *scale, const float *shift,
                             const int reading) {
  const MASK m = FN(mask)(channels % LANES);
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *from = x + r * stride;
    float *out = to + r * channels;
    ptrdiff_t c = 0;
#define VECTOR(some)                                                                              \
  V v = LOAD_SOME(from + c, some, m);                                                             \
  if (reading != NOTHING)                                                                         \
    v = FN(activate)(FMA(v, LOAD_SOME(scale + c, some, m), LOAD_SOME(shift + c, some, m)), reading); \
  STORE_SOME(out + c, v, some, m);
    for (; c + LANES <= channels; c += LANES) { VECTOR(0) }
    if (c < channels) { VECTOR(1) }
#undef VECTOR
  }
}

// `to`[row][channels] = the first `channels` channels of rows of x, as `reading` shows them; its
// scale and shift are those of x's first channel.
__attribute__((unused)) static void FN(read_rows)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows,
                          ptrdiff_t channels, vn_reading reading) {
#define AS(kind) \
  FN(read_rows_as)(x, stride, to, rows, channels, reading.scale, reading.shift, kind)
  if (!reading.scale) AS(NOTHING);
  else if (reading.activation == VN_LINEAR) AS(VN_LINEAR);
  else if (reading.activation == VN_RELU) AS(VN_RELU);
  else AS(VN_RELU6);
#undef AS
}
#undef NOTHING
#undef EACH_VECTOR

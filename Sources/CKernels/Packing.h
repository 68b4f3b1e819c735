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

INLINE void FN(pack_block)(const float *x, ptrdiff_t stride, float *to, ptrdiff_t rows,
                           ptrdiff_t channels, const float *scale, const float *shift,
                           const int reading) {
#define AT(c, vectors, masked)                                                                    \
  FN(pack_columns)(x + (c), stride, to + (c), rows, scale + (c), shift + (c), reading, vectors,   \
                   masked, FN(mask)(channels - (c)))
  if (channels == 16) {
    AT(0, 16 / LANES, 0);
  } else {
    for (ptrdiff_t c = 0; c < channels; c += LANES) {
      if (channels - c >= LANES) AT(c, 1, 0);
      else AT(c, 1, 1);
    }
  }
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

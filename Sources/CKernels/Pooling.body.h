// Maximum pooling and rectifiers, a vector of channels at a time.

static void FN(vn_max_pool_rows)(const float *x, float *y, int32_t *index, vn_convolution g,
                                 ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const ptrdiff_t plane = row / g.out_height, n = plane / g.out_depth;
    const ptrdiff_t d0 = plane % g.out_depth * g.stride_depth - g.pad_depth;
    const ptrdiff_t h0 = row % g.out_height * g.stride_height - g.pad_height;
    const float *sample = x + n * g.input.depth * g.input.height * g.input.width * c;
    for (ptrdiff_t w = 0; w < g.out_width; w++) {
      const ptrdiff_t w0 = w * g.stride_width - g.pad_width, to = (row * g.out_width + w) * c;
      for (ptrdiff_t i = 0; i < c; i += LANES) {
        const int masked = c - i < LANES;
        MASK m = FN(mask)(c - i);
        V best = (V){0} - __builtin_inff();
        VI chosen = (VI){0} - 1;
        for (ptrdiff_t d = MAX(d0, 0); d < MIN(d0 + g.kernel_depth, g.input.depth); d++)
          for (ptrdiff_t h = MAX(h0, 0); h < MIN(h0 + g.kernel_height, g.input.height); h++)
            for (ptrdiff_t v = MAX(w0, 0); v < MIN(w0 + g.kernel_width, g.input.width); v++) {
              const ptrdiff_t voxel = (d * g.input.height + h) * g.input.width + v;
              const V value = LOAD_SOME(sample + voxel * c + i, masked, m);
              // The first voxel is taken whatever it holds; after that more, or not a number.
              const VI wins = (VI)(value > best) | (VI)(value != value) | (chosen < 0);
              best = (V)((wins & (VI)value) | (~wins & (VI)best));
              chosen = (wins & (int32_t)voxel) | (~wins & chosen);
            }
        STORE_SOME(y + to + i, best, masked, m);
        STORE_SOME((float *)(index + to + i), (V)chosen, masked, m);
      }
    }
  }
}

static void FN(vn_max_pool_gradient_rows)(const float *dy, const int32_t *index, float *dx,
                                          vn_convolution g, ptrdiff_t r0, ptrdiff_t r1) {
  const ptrdiff_t c = g.input.channels;
  for (ptrdiff_t row = r0; row < r1; row++) {
    const ptrdiff_t plane = row / g.input.height, n = plane / g.input.depth;
    const ptrdiff_t d = plane % g.input.depth, h = row % g.input.height;
    // The windows along an axis that hold a voxel.
#define FIRST(at, axis) \
  MAX(0, ((at) + g.pad_##axis - g.kernel_##axis + g.stride_##axis) / g.stride_##axis)
#define END(at, axis) MIN(g.out_##axis, ((at) + g.pad_##axis) / g.stride_##axis + 1)
    for (ptrdiff_t w = 0; w < g.input.width; w++) {
      const int32_t voxel = (int32_t)((d * g.input.height + h) * g.input.width + w);
      for (ptrdiff_t i = 0; i < c; i += LANES) {
        const int masked = c - i < LANES;
        MASK m = FN(mask)(c - i);
        V sum = (V){0};
        for (ptrdiff_t od = FIRST(d, depth); od < END(d, depth); od++)
          for (ptrdiff_t oh = FIRST(h, height); oh < END(h, height); oh++)
            for (ptrdiff_t ow = FIRST(w, width); ow < END(w, width); ow++) {
              const ptrdiff_t at =
                  (((n * g.out_depth + od) * g.out_height + oh) * g.out_width + ow) * c + i;
              const VI chosen = (VI)LOAD_SOME((const float *)(index + at), masked, m);
              sum += (V)((chosen == voxel) & (VI)LOAD_SOME(dy + at, masked, m));
            }
        STORE_SOME(dx + (row * g.input.width + w) * c + i, sum, masked, m);
      }
    }
#undef FIRST
#undef END
  }
}

static void FN(vn_rectify)(const float *x, float *y, ptrdiff_t i0, ptrdiff_t i1, float most) {
  for (ptrdiff_t i = i0; i < i1; i += LANES) {
    const int masked = i1 - i < LANES;
    MASK m = FN(mask)(i1 - i);
    const V value = FN(at_most)((V){0} + most, FN(at_least)((V){0}, LOAD_SOME(x + i, masked, m)));
    STORE_SOME(y + i, value, masked, m);
  }
}

static void FN(vn_rectify_gradient)(const float *y, const float *dy, float *dx, ptrdiff_t i0,
                                    ptrdiff_t i1, float most) {
  for (ptrdiff_t i = i0; i < i1; i += LANES) {
    const int masked = i1 - i < LANES;
    MASK m = FN(mask)(i1 - i);
    const V value = LOAD_SOME(y + i, masked, m);
    const VI passes = (VI)(value > (V){0}) & (VI)(value < (V){0} + most);
    STORE_SOME(dx + i, (V)(passes & (VI)LOAD_SOME(dy + i, masked, m)), masked, m);
  }
}

// Elementwise updates and fixed-order reductions.

static void FN(vn_add)(const float *a, const float *b, float *y, ptrdiff_t i0, ptrdiff_t i1) {
  ptrdiff_t i = i0;
  for (; i + LANES <= i1; i += LANES) STORE(y + i, LOAD(a + i) + LOAD(b + i));
  for (; i < i1; i++) y[i] = a[i] + b[i];
}

static double FN(vn_dot)(const float *a, const float *b, ptrdiff_t i0, ptrdiff_t i1) {
  // Products of floats are exact in double, so fused or not makes no difference.
  double lanes[16] = {0};
  VD acc[16 / LANES];
  UNROLL for (int j = 0; j < 16 / LANES; j++) acc[j] = (VD){0};
  ptrdiff_t i = i0;
  for (; i + 16 <= i1; i += 16)
    UNROLL for (int j = 0; j < 16 / LANES; j++)
      acc[j] += __builtin_convertvector(LOAD(a + i + j * LANES), VD) *
                __builtin_convertvector(LOAD(b + i + j * LANES), VD);
  for (int j = 0; j < 16; j++) lanes[j] = acc[j / LANES][j % LANES];
  for (int j = 0; i < i1; i++, j++) lanes[j] += (double)a[i] * (double)b[i];
  double sum = 0;
  for (int j = 0; j < 16; j++) sum += lanes[j];
  return sum;
}

// One optimiser step on a vector or, through V1, on a single value.
#define SGD_STEP(T, fma, load, store)                                              \
  T value = load(w + i);                                                           \
  T change = fma((T){0} + decay, value, load(g + i) * gradient_scale);             \
  if (!first) change = fma((T){0} + momentum, load(v + i), change);                \
  store(v + i, change);                                                            \
  store(w + i, fma((T){0} - rate, change, value));

#define LOAD1(p) (*(p))
#define STORE1(p, x) (*(p) = (x))
static void FN(vn_update_sgd)(float *w, const float *g, float *v, ptrdiff_t count, float rate,
                              float momentum, float decay, float gradient_scale, int first) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) { SGD_STEP(V, FMA, LOAD, STORE) }
  for (; i < count; i++) { SGD_STEP(float, FMA1, LOAD1, STORE1) }
}
#undef SGD_STEP

#if LANES == 16
#define ROOT(x) ((V)_mm512_sqrt_ps((__m512)(x)))
#elif LANES == 8
#define ROOT(x) ((V)_mm256_sqrt_ps((__m256)(x)))
#elif defined(__x86_64__)
#define ROOT(x) ((V)_mm_sqrt_ps((__m128)(x)))
#else
#define ROOT(x) ((V)vsqrtq_f32((float32x4_t)(x)))
#endif
#define ROOT1(x) __builtin_sqrtf(x)
#define ADAM_STEP(T, fma, load, store, root)                                                   \
  T value = load(w + i) * k.shrink;                                                            \
  T gradient = fma((T){0} + k.decay, value, load(g + i) * k.gradient_scale);                   \
  T first = fma((T){0} + k.beta1, load(m + i), gradient * k.one_minus_beta1);                  \
  T second = fma((T){0} + k.beta2, load(v + i), gradient * gradient * k.one_minus_beta2);      \
  store(m + i, first);                                                                         \
  store(v + i, second);                                                                        \
  T denominator = fma(root(second), (T){0} + k.inverse_root_correction, (T){0} + k.epsilon);   \
  store(w + i, fma((T){0} - k.step_size, first / denominator, value));

static void FN(vn_update_adam)(float *w, const float *g, float *m, float *v, ptrdiff_t count,
                               vn_adam k) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) { ADAM_STEP(V, FMA, LOAD, STORE, ROOT) }
  for (; i < count; i++) { ADAM_STEP(float, FMA1, LOAD1, STORE1, ROOT1) }
}
#undef ADAM_STEP
#undef ROOT
#undef ROOT1
#undef LOAD1
#undef STORE1

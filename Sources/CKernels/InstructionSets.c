#include "InstructionSets.h"
#include <stdlib.h>
#include <string.h>

static int best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

int vn_best_level = 0;
_Thread_local int vn_thread_level = -1;
__attribute__((constructor)) static void choose(void) {
  vn_best_level = best();
  // For tests of the whole program: VOXELNAS_INSTRUCTION_SET names a lesser set than the best one.
  static const char *const names[3] = {"baseline", "avx2", "avx512"};
  const char *wanted = getenv("VOXELNAS_INSTRUCTION_SET");
  for (int level = 0; wanted && level < vn_best_level; level++)
    if (strcmp(wanted, names[level]) == 0) vn_best_level = level;
}

int vn_instruction_set(void) { return vn_active_level(); }

int vn_set_instruction_set(int level) {
  vn_thread_level = level >= 0 && level <= vn_best_level ? level : -1;
  return vn_active_level();
}

const char *vn_instruction_set_name(void) {
#if defined(__x86_64__)
  static const char *const names[3] = {"x86-64 (SSE2)", "AVX2+FMA", "AVX-512"};
  return names[vn_active_level()];
#elif defined(__aarch64__)
  return "NEON";
#else
  return "portable";
#endif
}

int vn_numerics_class(void) {
#if defined(__x86_64__)
  return vn_active_level() > 0;
#else
  return 1;
#endif
}

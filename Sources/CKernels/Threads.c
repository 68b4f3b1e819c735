#define _GNU_SOURCE
#include "CKernels.h"
#if defined(__linux__)
#include <sched.h>

int vn_read_affinity(int32_t *processors, int capacity) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  int count = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && count < capacity; cpu++)
    if (CPU_ISSET(cpu, &allowed)) processors[count++] = cpu;
  return count;
}

int vn_set_affinity(const int32_t *processors, int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < count; i++) CPU_SET(processors[i], &set);
  return sched_setaffinity(0, sizeof set, &set);
}
#else
int vn_read_affinity(int32_t *processors, int capacity) {
  (void)processors;
  (void)capacity;
  return 0;
}
int vn_set_affinity(const int32_t *processors, int count) {
  (void)processors;
  (void)count;
  return -1;
}
#endif

#if defined(__GLIBC__)
#include <malloc.h>
void vn_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}
#else
void vn_keep_freed_memory(void) {}
#endif

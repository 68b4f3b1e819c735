#include "Scratch.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local float *memory;
static _Thread_local size_t capacity;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void create_key(void) { pthread_key_create(&key, free); }

float *vn_scratch(size_t count) {
  if (count <= capacity) return memory;
  pthread_once(&once, create_key);
  free(memory);
  void *grown = 0;
  if (posix_memalign(&grown, 64, count * sizeof(float)) != 0) {
    fprintf(stderr, "voxelnas: no memory for %zu bytes of packed operands\n",
            count * sizeof(float));
    abort();
  }
  memory = grown;
  capacity = count;
  pthread_setspecific(key, memory);
  return memory;
}

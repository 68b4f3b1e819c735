// Where chunks and blocks come from.
#include "CWireBytes.h"

#include <malloc.h>

// By default glibc returns blocks of a quarter of a megabyte to the system and asks for them again:
// the page faults cost as much as sending the bytes. Two arenas, because chunks are made by one
// thread and freed by another.
int voxelnas_keep_memory(void) {
    return mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 256 << 20) == 1
        && mallopt(M_TOP_PAD, 16 << 20) == 1 && mallopt(M_ARENA_MAX, 2) == 1;
}

#ifndef CPROCESS_H
#define CPROCESS_H

// What the system knows about this process, without pointers.
#include <stdint.h>

/// Bytes of this process in memory; -1 where the system does not tell.
int64_t voxelnas_resident_bytes(void);

/// Names the clock of the calling thread's processor time, for as long as the thread lives; 0 where
/// there is none.
int voxelnas_thread_clock(void);

/// The nanoseconds on such a clock; -1 once its thread has ended.
int64_t voxelnas_clock_nanoseconds(int clock);

#endif

#include "CProcess.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int64_t voxelnas_resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return -1;
    long whole = 0, resident = -1;
    int count = fscanf(file, "%ld %ld", &whole, &resident);
    (void)fclose(file);
    return count == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -1;
}

int voxelnas_thread_clock(void) {
    clockid_t clock;
    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? (int)clock : 0;
}

int64_t voxelnas_clock_nanoseconds(int clock) {
    struct timespec time;
    if (clock_gettime((clockid_t)clock, &time) != 0) return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#ifndef CWIREBYTES_H
#define CWIREBYTES_H

// What is done to every byte that travels.
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Continues a CRC-32C (Castagnoli) over more bytes; start with 0.
uint32_t voxelnas_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);

/// The same without the processor's instruction, for comparison.
uint32_t voxelnas_crc32c_portable(uint32_t crc, const void *_Nullable bytes, size_t count);

/// Whether no float is infinite or undefined.
int voxelnas_all_finite(const float *_Nullable values, size_t count);

/// Tells the C library to keep freed memory for the next transfer; returns whether it obeyed.
int voxelnas_keep_memory(void);

/// Bytes that were read from a TCP connection since it was made; -1 for any other descriptor.
int64_t voxelnas_read_bytes(int descriptor);

/// Ends a connection that somebody else owns, who then finds it closed; 0 when it was one.
int voxelnas_cut_connection(int descriptor);

/// The same at once, without what has come but was not read, or has not left; 0 when it was one.
int voxelnas_abort_connection(int descriptor);

/// Raises the limit on open descriptors as far as the system allows; returns it.
long voxelnas_allow_descriptors(void);

/// Looks a host's name up; writes its address, or why there is none, and returns whether it did.
int voxelnas_resolve(const char *host, char *text, size_t size);

/// Connects to a port and closes at once; 0, or the system's number for why that failed.
int voxelnas_try_port(const char *address, int port, int milliseconds);

#pragma clang assume_nonnull end

#endif

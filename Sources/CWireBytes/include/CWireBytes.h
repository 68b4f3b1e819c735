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

#pragma clang assume_nonnull end

#endif

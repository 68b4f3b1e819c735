#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which must not cross Swift frames; these functions catch it.

enum { CPNG_MESSAGE_SIZE = 160 };

/// A decoded picture; `samples` is the first channel, row by row, 8 or 16 bits (native order).
typedef struct {
    uint32_t width;
    uint32_t height;
    /// 8 or 16.
    int bit_depth;
    /// Owned by the caller; release with cpng_release.
    void *_Nullable samples;
    char message[CPNG_MESSAGE_SIZE];
} cpng_picture;

/// Decodes a PNG in memory. Returns 0, or -1 with `message` set and nothing to release.
int cpng_decode(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t max_side, uint64_t max_pixels,
    cpng_picture *_Nonnull picture);

/// A PNG file in memory.
typedef struct {
    uint8_t *_Nullable bytes;
    size_t count;
    size_t capacity;
    char message[CPNG_MESSAGE_SIZE];
} cpng_file;

/// Encodes rows of 8-bit samples, or 16-bit ones in big-endian order. `channels` is 1 or 3.
/// Returns 0, or -1 with `message` set and nothing to release.
int cpng_encode(
    const uint8_t *_Nonnull samples, uint32_t width, uint32_t height, int channels, int bit_depth,
    cpng_file *_Nonnull file);

void cpng_release(void *_Nullable memory);

#endif

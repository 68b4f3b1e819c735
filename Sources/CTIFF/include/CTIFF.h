#ifndef CTIFF_H
#define CTIFF_H

#include <stddef.h>
#include <stdint.h>

// libtiff's tags are variadic calls, which Swift does not import, and its handlers are per process
// unless a file is opened with options; these functions hide both.

enum { CTIFF_MESSAGE_SIZE = 240 };

enum {
    CTIFF_UINT8 = 0,
    CTIFF_INT8 = 1,
    CTIFF_UINT16 = 2,
    CTIFF_INT16 = 3,
    CTIFF_FLOAT32 = 4,
};

/// A decoded picture; `samples` is the first channel, row by row, in native order.
typedef struct {
    uint32_t width;
    uint32_t height;
    /// One of CTIFF_UINT8 and so on.
    int kind;
    /// Owned by the caller; release with ctiff_release.
    void *_Nullable samples;
    char message[CTIFF_MESSAGE_SIZE];
} ctiff_picture;

/// Decodes the only page of a TIFF file. Returns 0; -1 when it is damaged; -2 when it is of a kind
/// that is not supported. `message` then says why and there is nothing to release.
int ctiff_decode(const char *_Nonnull path, uint64_t max_pixels, ctiff_picture *_Nonnull picture);

/// Writes 16-bit grey samples with deflate. Returns 0, or -1 with `message` set.
int ctiff_write_gray16(
    const char *_Nonnull path, const uint16_t *_Nonnull samples, uint32_t width, uint32_t height,
    char *_Nonnull message);

void ctiff_release(void *_Nullable memory);

#endif

#ifndef CPLAINREADERS_H
#define CPLAINREADERS_H

#include <stddef.h>
#include <stdint.h>

// What libpng and zlib need by themselves for the same bytes: the shortest correct use of each.

/// Decodes a grey PNG into a block of its own. Returns its pixels, or 0 when that fails.
size_t plain_png(const uint8_t *_Nonnull bytes, size_t count);

/// Inflates gzip content into a block of `size` bytes. Returns the bytes, or 0 when that fails.
size_t plain_gzip(const uint8_t *_Nonnull bytes, size_t count, size_t size);

#endif

#include "CPlainReaders.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
} source;

static void take(png_structp png, png_bytep target, png_size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->left) png_error(png, "early end");
    memcpy(target, from->bytes, count);
    from->bytes += count;
    from->left -= count;
}

size_t plain_png(const uint8_t *bytes, size_t count) {
    source from = {bytes, count};
    uint8_t *volatile pixels = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        free(pixels);
        return 0;
    }
    png_set_read_fn(png, &from, take);
    png_read_info(png, info);
    const size_t height = png_get_image_height(png, info);
    const size_t row = png_get_rowbytes(png, info);
    pixels = malloc(row * height);
    for (size_t y = 0; y < height; y++) png_read_row(png, pixels + y * row, NULL);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    free(pixels);
    return row * height;
}

size_t plain_gzip(const uint8_t *bytes, size_t count, size_t size) {
    uint8_t *target = malloc(size);
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (!target || inflateInit2(&stream, 15 + 16) != Z_OK) return 0;
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)count;
    stream.next_out = target;
    stream.avail_out = (uInt)size;
    const int result = inflate(&stream, Z_FINISH);
    const size_t done = result == Z_STREAM_END ? size - stream.avail_out : 0;
    inflateEnd(&stream);
    free(target);
    return done;
}

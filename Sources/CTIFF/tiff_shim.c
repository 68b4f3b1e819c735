#include "CTIFF.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

// Colour with alpha, and the strips that a scanner would write, with room to spare: what a header
// asks for beyond that is refused before anything is allocated.
enum { most_channels = 5, most_block = 128 << 20 };

// The first message of a file is the cause; later ones are consequences.
static int on_error(
    TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)module;
    char *message = context;
    if (message[0] == 0) vsnprintf(message, CTIFF_MESSAGE_SIZE, format, arguments);
    return 1;
}

static int on_warning(
    TIFF *tiff, void *context, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)context;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static TIFF *open_quietly(const char *path, const char *mode, char *message, uint64_t memory) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, message);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, message);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)memory);
    TIFF *tiff = TIFFOpenExt(path, mode, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static void say(char *message, const char *text) {
    if (message[0] == 0) snprintf(message, CTIFF_MESSAGE_SIZE, "%s", text);
}

/// Copies the first sample of each pixel of a strip or tile row.
static void copy_row(
    uint8_t *target, const uint8_t *row, uint32_t count, size_t size, size_t stride) {
    if (size == stride) {
        memcpy(target, row, (size_t)count * size);
        return;
    }
    for (uint32_t x = 0; x < count; x++) memcpy(target + x * size, row + x * stride, size);
}

static int read_strips(
    TIFF *tiff, uint8_t *samples, uint32_t width, uint32_t height, size_t size, size_t stride,
    uint64_t limit, char *message) {
    uint32_t rows_per_strip = 0;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
    if (rows_per_strip == 0) {
        say(message, "strips without rows");
        return -1;
    }
    if (rows_per_strip > height) rows_per_strip = height;
    const tmsize_t row_size = TIFFScanlineSize(tiff);
    const tmsize_t strip_size = TIFFStripSize(tiff);
    if (row_size < (tmsize_t)((size_t)width * stride) || strip_size <= 0 ||
        (uint64_t)strip_size > limit || strip_size / row_size < rows_per_strip) {
        say(message, "strips whose size does not fit the picture");
        return -1;
    }
    uint8_t *strip = malloc((size_t)strip_size);
    if (!strip) {
        say(message, "out of memory");
        return -1;
    }
    for (uint32_t y = 0; y < height; y += rows_per_strip) {
        const uint32_t rows = height - y < rows_per_strip ? height - y : rows_per_strip;
        const tmsize_t wanted = row_size * rows;
        if (TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, 0), strip, wanted) != wanted) {
            say(message, "a strip is shorter than the picture needs");
            free(strip);
            return -1;
        }
        for (uint32_t row = 0; row < rows; row++) {
            copy_row(
                samples + (size_t)(y + row) * width * size, strip + (size_t)row * row_size, width,
                size, stride);
        }
    }
    free(strip);
    return 0;
}

static int read_tiles(
    TIFF *tiff, uint8_t *samples, uint32_t width, uint32_t height, size_t size, size_t stride,
    uint64_t limit, char *message) {
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height);
    const tmsize_t tile_size = TIFFTileSize(tiff);
    const tmsize_t row_size = TIFFTileRowSize(tiff);
    if (tile_width == 0 || tile_height == 0 || tile_size <= 0 || (uint64_t)tile_size > limit ||
        row_size < (tmsize_t)((size_t)tile_width * stride) || tile_size / row_size < tile_height) {
        say(message, "tiles whose size makes no sense");
        return -1;
    }
    uint8_t *tile = malloc((size_t)tile_size);
    if (!tile) {
        say(message, "out of memory");
        return -1;
    }
    for (uint64_t y = 0; y < height; y += tile_height) {
        for (uint64_t x = 0; x < width; x += tile_width) {
            const ttile_t index = TIFFComputeTile(tiff, (uint32_t)x, (uint32_t)y, 0, 0);
            if (TIFFReadEncodedTile(tiff, index, tile, tile_size) != tile_size) {
                say(message, "a tile is shorter than the picture needs");
                free(tile);
                return -1;
            }
            const uint32_t columns = width - x < tile_width ? (uint32_t)(width - x) : tile_width;
            for (uint64_t row = 0; row < tile_height && y + row < height; row++) {
                copy_row(
                    samples + ((y + row) * width + x) * size, tile + (size_t)row * row_size,
                    columns, size, stride);
            }
        }
    }
    free(tile);
    return 0;
}

static int decode(TIFF *tiff, uint64_t max_pixels, ctiff_picture *picture) {
    char *message = picture->message;
    uint32_t width = 0, height = 0;
    uint16_t bits = 1, channels = 1, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK;
    uint16_t planar = PLANARCONFIG_CONTIG, orientation = ORIENTATION_TOPLEFT;
    uint16_t compression = COMPRESSION_NONE;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &channels);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (width == 0 || height == 0 || channels == 0) {
        say(message, "no picture in it");
        return -1;
    }
    if ((uint64_t)width * height > max_pixels) {
        snprintf(
            message, CTIFF_MESSAGE_SIZE, "a picture of %u x %u pixels, above the limit of %llu,", width,
            height, (unsigned long long)max_pixels);
        return -2;
    }
    message[0] = 0;
    if (photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    } else if (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_RGB) {
        snprintf(message, CTIFF_MESSAGE_SIZE, "photometric interpretation %u", photometric);
        return -2;
    }
    if (orientation != ORIENTATION_TOPLEFT) {
        snprintf(message, CTIFF_MESSAGE_SIZE, "orientation %u", orientation);
        return -2;
    }
    if (bits == 8 && format == SAMPLEFORMAT_UINT) {
        picture->kind = CTIFF_UINT8;
    } else if (bits == 8 && format == SAMPLEFORMAT_INT) {
        picture->kind = CTIFF_INT8;
    } else if (bits == 16 && format == SAMPLEFORMAT_UINT) {
        picture->kind = CTIFF_UINT16;
    } else if (bits == 16 && format == SAMPLEFORMAT_INT) {
        picture->kind = CTIFF_INT16;
    } else if (bits == 32 && format == SAMPLEFORMAT_IEEEFP) {
        picture->kind = CTIFF_FLOAT32;
    } else {
        snprintf(
            message, CTIFF_MESSAGE_SIZE, "%u bits per sample of format %u", bits, format);
        return -2;
    }
    if (channels > most_channels) {
        snprintf(message, CTIFF_MESSAGE_SIZE, "%u samples per pixel", channels);
        return -2;
    }
    const size_t size = bits / 8;
    const size_t stride = planar == PLANARCONFIG_CONTIG ? size * channels : size;
    // Strips and tiles may exceed the picture by padding, not by orders of magnitude.
    uint64_t limit = (uint64_t)width * height * stride * 4 + (16u << 20);
    if (limit > most_block) limit = most_block;
    uint8_t *samples = malloc((size_t)width * height * size);
    if (!samples) {
        say(message, "out of memory");
        return -1;
    }
    const int result =
        TIFFIsTiled(tiff)
            ? read_tiles(tiff, samples, width, height, size, stride, limit, message)
            : read_strips(tiff, samples, width, height, size, stride, limit, message);
    if (result != 0) {
        free(samples);
        return result;
    }
    if (message[0] != 0) {
        // The decoder complained although it returned as many bytes as asked for.
        free(samples);
        return -1;
    }
    if (TIFFReadDirectory(tiff)) {
        free(samples);
        say(message, "more than one page");
        return -2;
    }
    picture->width = width;
    picture->height = height;
    picture->samples = samples;
    return 0;
}

int ctiff_decode(const char *path, uint64_t max_pixels, ctiff_picture *picture) {
    memset(picture, 0, sizeof *picture);
    // Without memory mapping ("m"): a file cut while it is read is an error, not a signal.
    TIFF *tiff = open_quietly(path, "rm", picture->message, most_block);
    if (!tiff) {
        say(picture->message, "cannot be opened");
        return -1;
    }
    const int result = decode(tiff, max_pixels, picture);
    TIFFClose(tiff);
    return result;
}

int ctiff_write_gray16(
    const char *path, const uint16_t *samples, uint32_t width, uint32_t height, char *message) {
    message[0] = 0;
    TIFF *tiff = open_quietly(path, "wl", message, 0);
    if (!tiff) {
        say(message, "cannot be created");
        return -1;
    }
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
    const tmsize_t size = (tmsize_t)width * height * 2;
    // The predictor works in place, so libtiff is given a copy.
    uint16_t *copy = malloc((size_t)size);
    if (copy) memcpy(copy, samples, (size_t)size);
    const int written = copy && TIFFWriteEncodedStrip(tiff, 0, copy, size) == size;
    free(copy);
    const int flushed = TIFFFlush(tiff);
    TIFFClose(tiff);
    if (!written || !flushed || message[0] != 0) {
        say(message, "cannot be written");
        return -1;
    }
    return 0;
}

void ctiff_release(void *memory) { free(memory); }

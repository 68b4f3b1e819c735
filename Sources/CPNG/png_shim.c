#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
} source;

static void on_error(png_structp png, png_const_charp text) {
    char *message = png_get_error_ptr(png);
    strncpy(message, text, CPNG_MESSAGE_SIZE - 1);
    message[CPNG_MESSAGE_SIZE - 1] = 0;
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, png_size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->count - from->position) png_error(png, "the file ends early");
    memcpy(target, from->bytes + from->position, count);
    from->position += count;
}

// Remarks, profiles and previews, which a hostile file can hold a thousand times, inflated. The
// chunks that decide pixels (IHDR, PLTE, IDAT, IEND) are not among them.
static const png_byte unread_chunks[] =
    "bKGD\0cHRM\0cICP\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0"
    "sTER\0tEXt\0tIME\0tRNS\0zTXt";

/// Moves the first of `channels` samples of each pixel to the front.
static void keep_first(
    uint8_t *target, const uint8_t *row, uint32_t width, int channels, size_t sample) {
    if (channels == 1) {
        if (target != row) memcpy(target, row, width * sample);
        return;
    }
    for (uint32_t x = 0; x < width; x++) {
        memmove(target + x * sample, row + (size_t)x * channels * sample, sample);
    }
}

int cpng_decode(
    const uint8_t *bytes, size_t count, uint32_t max_side, uint64_t max_pixels,
    cpng_picture *picture) {
    memset(picture, 0, sizeof *picture);
    source from = {bytes, count, 0};
    // Changed after setjmp and read in its handler.
    uint8_t *volatile samples = NULL;
    uint8_t *volatile image = NULL;
    png_bytep *volatile rows = NULL;
    png_infop volatile info = NULL;
    png_structp volatile png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, picture->message, on_error, on_warning);
    if (!png) {
        strcpy(picture->message, "out of memory");
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_structp open = png;
        png_infop details = info;
        png_destroy_read_struct(&open, details ? &details : NULL, NULL);
        free(samples);
        free(image);
        free((void *)rows);
        return -1;
    }
    info = png_create_info_struct(png);
    if (!info) png_error(png, "out of memory");
    png_set_read_fn(png, &from, read_bytes);
    png_set_user_limits(png, max_side, max_side);
    png_set_chunk_malloc_max(png, 8 << 20);
    png_set_keep_unknown_chunks(
        png, PNG_HANDLE_CHUNK_NEVER, unread_chunks, (int)(sizeof unread_chunks / 5));
    png_read_info(png, info);

    const uint32_t width = png_get_image_width(png, info);
    const uint32_t height = png_get_image_height(png, info);
    const int color = png_get_color_type(png, info);
    if ((uint64_t)width * height > max_pixels) png_error(png, "more pixels than the limit");
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) {
        png_set_expand_gray_1_2_4_to_8(png);
    }
    if (color & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
    if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);

    const size_t row_size = png_get_rowbytes(png, info);
    const int channels = png_get_channels(png, info);
    const int depth = png_get_bit_depth(png, info);
    const size_t sample = depth / 8;
    if (sample == 0 || row_size < (size_t)width * channels * sample) {
        png_error(png, "rows of another size than their pixels");
    }
    samples = malloc((size_t)width * height * sample);
    // Interlaced pictures come in passes over all rows, others row by row.
    image = malloc(passes > 1 ? row_size * height : row_size);
    if (!samples || !image) png_error(png, "out of memory");
    if (passes > 1) {
        rows = malloc(sizeof(png_bytep) * height);
        if (!rows) png_error(png, "out of memory");
        for (uint32_t y = 0; y < height; y++) rows[y] = image + row_size * y;
        png_read_image(png, (png_bytep *)rows);
    }
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *target = samples + (size_t)y * width * sample;
        if (passes > 1) {
            keep_first(target, rows[y], width, channels, sample);
        } else if (channels == 1 && row_size == width * sample) {
            png_read_row(png, target, NULL);
        } else {
            png_read_row(png, image, NULL);
            keep_first(target, image, width, channels, sample);
        }
    }
    png_read_end(png, NULL);
    png_structp open = png;
    png_infop details = info;
    png_destroy_read_struct(&open, &details, NULL);
    free((void *)rows);
    free(image);
    picture->width = width;
    picture->height = height;
    picture->bit_depth = depth;
    picture->samples = samples;
    return 0;
}

static void append_bytes(png_structp png, png_bytep bytes, png_size_t count) {
    cpng_file *file = png_get_io_ptr(png);
    if (file->capacity - file->count < count) {
        size_t capacity = file->capacity * 2 + count + 4096;
        uint8_t *larger = realloc(file->bytes, capacity);
        if (!larger) png_error(png, "out of memory");
        file->bytes = larger;
        file->capacity = capacity;
    }
    memcpy(file->bytes + file->count, bytes, count);
    file->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int cpng_encode(
    const uint8_t *samples, uint32_t width, uint32_t height, int channels, int bit_depth,
    cpng_file *file) {
    memset(file, 0, sizeof *file);
    png_infop volatile info = NULL;
    png_structp volatile png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, file->message, on_error, on_warning);
    if (!png) {
        strcpy(file->message, "out of memory");
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_structp open = png;
        png_infop details = info;
        png_destroy_write_struct(&open, details ? &details : NULL);
        free(file->bytes);
        file->bytes = NULL;
        return -1;
    }
    info = png_create_info_struct(png);
    if (!info) png_error(png, "out of memory");
    png_set_write_fn(png, file, append_bytes, flush_nothing);
    png_set_IHDR(
        png, info, width, height, bit_depth,
        channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    const size_t row_size = (size_t)width * channels * (bit_depth / 8);
    for (uint32_t y = 0; y < height; y++) png_write_row(png, samples + row_size * y);
    png_write_end(png, NULL);
    png_structp open = png;
    png_infop details = info;
    png_destroy_write_struct(&open, &details);
    return 0;
}

void cpng_release(void *memory) { free(memory); }

#ifndef CDICOM_H
#define CDICOM_H

#include <stddef.h>
#include <stdint.h>

// DCMTK is C++, throws and logs; these functions show Swift plain C and keep all of that inside.

#ifdef __cplusplus
extern "C" {
#endif

enum { CDICOM_MESSAGE_SIZE = 240, CDICOM_TEXT_SIZE = 136 };

/// What a number of the header is: absent, there, or there and no number.
enum { CDICOM_ABSENT = 0, CDICOM_FOUND = 1, CDICOM_MALFORMED = 2 };

/// What a file says about its image. Texts are cut at CDICOM_TEXT_SIZE and end with zero; each
/// group of numbers has its state (CDICOM_ABSENT and so on) before it.
typedef struct {
    char transfer_syntax[CDICOM_TEXT_SIZE];
    char sop_class[CDICOM_TEXT_SIZE];
    char study[CDICOM_TEXT_SIZE];
    char series[CDICOM_TEXT_SIZE];
    char series_number[CDICOM_TEXT_SIZE];
    char series_description[CDICOM_TEXT_SIZE];
    char patient[CDICOM_TEXT_SIZE];
    char modality[CDICOM_TEXT_SIZE];
    char image_type[CDICOM_TEXT_SIZE];
    char photometric[CDICOM_TEXT_SIZE];
    int has_pixels;
    int32_t rows;
    int32_t columns;
    int32_t frames;
    int32_t samples;
    int32_t bits_allocated;
    int32_t bits_stored;
    int32_t high_bit;
    int32_t is_signed;
    int position_state;
    /// Millimetres to the patient's left, back and head.
    double position[3];
    int orientation_state;
    /// Direction cosines along a row, then along a column.
    double orientation[6];
    int spacing_state;
    /// Millimetres between rows, then between columns.
    double spacing[2];
    int slope_state;
    double slope;
    int intercept_state;
    double intercept;
    int thickness_state;
    double thickness;
    int location_state;
    double location;
    int instance_state;
    double instance;
    int acquisition_state;
    double acquisition;
    /// Raw 16 bits of PixelPaddingValue and of PixelPaddingRangeLimit.
    int padding_state;
    uint16_t padding;
    int padding_limit_state;
    uint16_t padding_limit;
} cdicom_header;

/// Reads the header of a DICOM file in memory. Returns 0, or -1 with `message` set.
int cdicom_read_header(
    const uint8_t *_Nonnull bytes, size_t count, cdicom_header *_Nonnull header,
    char *_Nonnull message);

/// Decodes the only frame: `pixels` raw samples of 8 or 16 bits as the header says, in native byte
/// order, `size` bytes in all. Returns 0; -1 when it is damaged; -2 when no decoder for its
/// transfer syntax is there. `message` then says why.
int cdicom_read_pixels(
    const uint8_t *_Nonnull bytes, size_t count, void *_Nonnull pixels, size_t size,
    char *_Nonnull message);

#ifdef __cplusplus
}
#endif

#endif

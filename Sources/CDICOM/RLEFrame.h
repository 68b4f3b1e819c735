#pragma once

#include <cstddef>
#include <cstdint>

/// What is wrong with a frame compressed by RLE, or null where each of its segments decodes to a whole
/// plane of bytes from its own bytes alone.
///
/// DCMTK 3.6.7 believes the offsets and runs of a fragment and reads behind its end.
///
/// - SeeAlso: DICOM PS3.5, annex G.
inline const char *rle_complaint(
    const uint8_t *bytes, size_t count, size_t planes, size_t plane_size) {
    const size_t header = 64;
    const auto word = [bytes](size_t place) {
        const uint8_t *at = bytes + 4 * place;
        return static_cast<size_t>(at[0]) | static_cast<size_t>(at[1]) << 8 |
               static_cast<size_t>(at[2]) << 16 | static_cast<size_t>(at[3]) << 24;
    };
    if (count < header) return "a run-length header that is cut off";
    if (word(0) != planes || planes > 15) return "run-length segments for other planes than it has";
    for (size_t plane = 0; plane < planes; plane++) {
        size_t place = word(1 + plane);
        const size_t end = plane + 1 < planes ? word(2 + plane) : count;
        if (place < header || place > end || end > count) {
            return "run-length segments that lie outside of its pixel data";
        }
        size_t produced = 0;
        while (produced < plane_size) {
            if (place >= end) return "a run-length segment that ends early";
            const uint8_t control = bytes[place++];
            if (control == 128) continue;
            const size_t taken = control < 128 ? control + size_t(1) : 1;
            if (taken > end - place) return "a run-length segment that ends early";
            place += taken;
            produced += control < 128 ? taken : 257 - size_t(control);
        }
        if (produced > plane_size) return "a run that goes on behind its plane";
    }
    return nullptr;
}

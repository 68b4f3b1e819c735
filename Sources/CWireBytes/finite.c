// A float is finite unless all eight bits of its exponent are set.
#include "CWireBytes.h"

#include <string.h>

#define EXPONENT 0x7f800000u

int voxelnas_all_finite(const float *values, size_t count) {
    uint32_t found = 0;
    for (size_t index = 0; index < count; index++) {
        uint32_t bits;
        memcpy(&bits, values + index, sizeof bits);
        found |= (bits & EXPONENT) == EXPONENT;
    }
    return !found;
}

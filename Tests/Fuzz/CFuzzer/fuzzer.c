#include "CFuzzer.h"

// The library's main, which nothing runs, asks for this symbol.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}

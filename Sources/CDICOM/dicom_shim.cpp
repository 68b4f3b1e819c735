#include "CDICOM.h"
#include "MemoryStream.h"
#include "RLEFrame.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

namespace {

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        // Without this DCMTK writes to the standard error.
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        DJDecoderRegistration::registerCodecs();
        DJLSDecoderRegistration::registerCodecs();
        DcmRLEDecoderRegistration::registerCodecs();
    });
}

void say(char *message, const char *text) { snprintf(message, CDICOM_MESSAGE_SIZE, "%s", text); }

/// DCMTK reads an item inside an item by calling itself, at about 1.3 kB of stack for each. No file
/// nests deeper than it has items, and a CT slice has a few dozen.
const size_t most_items = 2000;

/// Longer values are left where they are until they are asked for, and skipped over by their length,
/// which fails when the file does not have it: no length in a file is allocated unseen.
const Uint32 longest_loaded = 4096;

bool has_too_many_items(const uint8_t *bytes, size_t count) {
    size_t items = 0;
    for (size_t index = 0; index + 4 <= count; index++) {
        const uint8_t *found =
            static_cast<const uint8_t *>(memchr(bytes + index, 0xfe, count - 3 - index));
        if (!found) return false;
        index = static_cast<size_t>(found - bytes);
        const bool is_little = found[1] == 0xff && found[2] == 0x00 && found[3] == 0xe0;
        const bool is_big =
            index > 0 && found[-1] == 0xff && found[1] == 0xe0 && found[2] == 0x00;
        if ((is_little || is_big) && ++items > most_items) return true;
    }
    return false;
}

/// Parses a whole file; 0 or -1.
int parse(
    MemoryStream &stream, const uint8_t *bytes, size_t count, DcmFileFormat &file, char *message) {
    if (has_too_many_items(bytes, count)) {
        snprintf(
            message, CDICOM_MESSAGE_SIZE, "more than %zu items, which is no CT slice", most_items);
        return -1;
    }
    file.transferInit();
    const OFCondition result = file.read(stream, EXS_Unknown, EGL_noChange, longest_loaded);
    file.transferEnd();
    if (result.good()) return 0;
    // A stream that ends early reads like a network that has not sent all of it yet.
    say(message, result == EC_StreamNotifyClient || result == EC_InvalidStream
                     ? "the file ends early"
                     : result.text());
    return -1;
}

void text(DcmItem &item, const DcmTagKey &tag, char *target, bool all = false) {
    OFString value;
    const OFCondition result =
        all ? item.findAndGetOFStringArray(tag, value) : item.findAndGetOFString(tag, value);
    if (result.good()) snprintf(target, CDICOM_TEXT_SIZE, "%s", value.c_str());
}

/// The numbers of an element, however they are stored; the state says whether all are there.
void numbers(DcmItem &item, const DcmTagKey &tag, double *values, int count, int *state) {
    *state = CDICOM_ABSENT;
    DcmElement *element = nullptr;
    if (item.findAndGetElement(tag, element).bad() || !element || element->getVM() == 0) return;
    *state = CDICOM_MALFORMED;
    for (int index = 0; index < count; index++) {
        OFString value;
        if (element->getOFString(value, static_cast<unsigned long>(index)).bad()) return;
        if (value.empty()) {
            if (index == 0 && element->getVM() <= 1) *state = CDICOM_ABSENT;
            return;
        }
        char *end = nullptr;
        values[index] = strtod(value.c_str(), &end);
        while (end && *end == ' ') end++;
        if (!end || *end != 0 || !std::isfinite(values[index])) return;
    }
    *state = CDICOM_FOUND;
}

int32_t whole(DcmItem &item, const DcmTagKey &tag, int32_t absent) {
    double value = absent;
    int state = CDICOM_ABSENT;
    numbers(item, tag, &value, 1, &state);
    if (state == CDICOM_ABSENT) return absent;
    if (state != CDICOM_FOUND || value < 0 || value > 2147483647.0) return -1;
    return static_cast<int32_t>(value);
}

/// PixelPaddingValue is unsigned or signed, depending on the samples; its bits are what counts.
void bits(DcmItem &item, const DcmTagKey &tag, uint16_t *value, int *state) {
    double number = 0;
    numbers(item, tag, &number, 1, state);
    if (*state != CDICOM_FOUND) return;
    if (number < -32768 || number > 65535) {
        *state = CDICOM_MALFORMED;
    } else {
        *value = static_cast<uint16_t>(static_cast<int32_t>(number));
    }
}

/// What is wrong with the first frame of a set compressed by RLE, or null.
const char *frame_complaint(DcmDataset &set, DcmElement &element, size_t size) {
    const char *nothing = "no run-length frame in its pixel data";
    DcmPixelData *data = OFdynamic_cast(DcmPixelData *, &element);
    DcmPixelSequence *sequence = nullptr;
    if (!data || data->getEncapsulatedRepresentation(EXS_RLELossless, nullptr, sequence).bad() ||
        !sequence) {
        return nothing;
    }
    // The table of offsets, then one fragment for each frame (PS3.5, A.4.2).
    DcmPixelItem *item = nullptr;
    Uint8 *bytes = nullptr;
    if (sequence->getItem(item, 1).bad() || !item || item->getUint8Array(bytes).bad() || !bytes) {
        return nothing;
    }
    const long planes =
        whole(set, DCM_BitsAllocated, 0) / 8 * whole(set, DCM_SamplesPerPixel, 1);
    if (planes < 1 || size % static_cast<size_t>(planes) != 0) return nothing;
    return rle_complaint(
        bytes, item->getLength(), static_cast<size_t>(planes),
        size / static_cast<size_t>(planes));
}

}  // namespace

int cdicom_read_header(
    const uint8_t *bytes, size_t count, cdicom_header *header, char *message) {
    memset(header, 0, sizeof *header);
    message[0] = 0;
    try {
        start_library();
        MemoryStream stream(bytes, count);
        DcmFileFormat file;
        if (parse(stream, bytes, count, file, message) != 0) return -1;
        DcmItem &set = *file.getDataset();
        text(*file.getMetaInfo(), DCM_TransferSyntaxUID, header->transfer_syntax);
        text(set, DCM_SOPClassUID, header->sop_class);
        text(set, DCM_StudyInstanceUID, header->study);
        text(set, DCM_SeriesInstanceUID, header->series);
        text(set, DCM_SeriesNumber, header->series_number);
        text(set, DCM_SeriesDescription, header->series_description);
        text(set, DCM_PatientID, header->patient);
        text(set, DCM_Modality, header->modality);
        text(set, DCM_ImageType, header->image_type, true);
        text(set, DCM_PhotometricInterpretation, header->photometric);
        header->has_pixels = set.tagExists(DCM_PixelData) ? 1 : 0;
        header->rows = whole(set, DCM_Rows, 0);
        header->columns = whole(set, DCM_Columns, 0);
        header->frames = whole(set, DCM_NumberOfFrames, 1);
        header->samples = whole(set, DCM_SamplesPerPixel, 1);
        header->bits_allocated = whole(set, DCM_BitsAllocated, 0);
        header->bits_stored = whole(set, DCM_BitsStored, header->bits_allocated);
        header->high_bit = whole(set, DCM_HighBit, header->bits_stored - 1);
        header->is_signed = whole(set, DCM_PixelRepresentation, 0);
        numbers(set, DCM_ImagePositionPatient, header->position, 3, &header->position_state);
        numbers(
            set, DCM_ImageOrientationPatient, header->orientation, 6, &header->orientation_state);
        numbers(set, DCM_PixelSpacing, header->spacing, 2, &header->spacing_state);
        numbers(set, DCM_RescaleSlope, &header->slope, 1, &header->slope_state);
        numbers(set, DCM_RescaleIntercept, &header->intercept, 1, &header->intercept_state);
        numbers(set, DCM_SliceThickness, &header->thickness, 1, &header->thickness_state);
        numbers(set, DCM_SliceLocation, &header->location, 1, &header->location_state);
        numbers(set, DCM_InstanceNumber, &header->instance, 1, &header->instance_state);
        numbers(set, DCM_AcquisitionNumber, &header->acquisition, 1, &header->acquisition_state);
        bits(set, DCM_PixelPaddingValue, &header->padding, &header->padding_state);
        bits(
            set, DCM_PixelPaddingRangeLimit, &header->padding_limit, &header->padding_limit_state);
        return 0;
    } catch (...) {
        say(message, "out of memory while its header was read");
        return -1;
    }
}

int cdicom_read_pixels(
    const uint8_t *bytes, size_t count, void *pixels, size_t size, char *message) {
    message[0] = 0;
    try {
        start_library();
        MemoryStream stream(bytes, count);
        DcmFileFormat file;
        if (parse(stream, bytes, count, file, message) != 0) return -1;
        DcmDataset &set = *file.getDataset();
        DcmElement *element = nullptr;
        if (set.findAndGetElement(DCM_PixelData, element).bad() || !element) {
            say(message, "no pixel data in it");
            return -1;
        }
        const E_TransferSyntax syntax = set.getOriginalXfer();
        if (DcmXfer(syntax).isEncapsulated() &&
            !DcmCodecList::canChangeCoding(syntax, EXS_LittleEndianExplicit)) {
            snprintf(
                message, CDICOM_MESSAGE_SIZE, "transfer syntax %s",
                DcmXfer(syntax).getXferName());
            return -2;
        }
        Uint32 frame = 0;
        OFCondition result = element->getUncompressedFrameSize(&set, frame);
        if (result.bad()) {
            say(message, result.text());
            return -1;
        }
        // Whether a byte is added to an odd count differs between DCMTK's ways of decoding.
        if (frame < size || frame > size + 1) {
            snprintf(
                message, CDICOM_MESSAGE_SIZE, "a frame of %lu bytes, the header says %zu",
                static_cast<unsigned long>(frame), size);
            return -1;
        }
        if (syntax == EXS_RLELossless) {
            if (const char *complaint = frame_complaint(set, *element, size)) {
                say(message, complaint);
                return -1;
            }
        }
        std::vector<uint8_t> buffer(frame);
        Uint32 fragment = 0;
        OFString model;
        DcmFileCache cache;
        result = element->getUncompressedFrame(
            &set, 0, fragment, buffer.data(), frame, model, &cache);
        if (result.bad()) {
            say(message, result.text());
            return -1;
        }
        memcpy(pixels, buffer.data(), size);
        return 0;
    } catch (...) {
        say(message, "out of memory while its pixels were decoded");
        return -1;
    }
}

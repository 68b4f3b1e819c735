#ifndef MEMORYSTREAM_H
#define MEMORYSTREAM_H

#include <cstdint>
#include <cstring>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcerror.h>
#include <dcmtk/dcmdata/dcistrma.h>

// DCMTK's own stream over memory cannot come back to a place later, and so allocates every value by
// the length that the file claims.

/// Bytes in memory, which outlive it.
class MemoryProducer : public DcmProducer {
  public:
    MemoryProducer(const uint8_t *bytes, size_t count) : bytes_(bytes), count_(count) {}

    OFBool good() const override { return OFTrue; }
    OFCondition status() const override { return EC_Normal; }
    OFBool eos() override { return position_ == count_; }
    offile_off_t avail() override { return static_cast<offile_off_t>(count_ - position_); }

    offile_off_t read(void *target, offile_off_t length) override {
        const size_t done = within(length);
        if (done > 0) memcpy(target, bytes_ + position_, done);
        position_ += done;
        return static_cast<offile_off_t>(done);
    }

    offile_off_t skip(offile_off_t length) override {
        const size_t done = within(length);
        position_ += done;
        return static_cast<offile_off_t>(done);
    }

    void putback(offile_off_t length) override {
        const size_t back = length < 0 ? 0 : static_cast<size_t>(length);
        position_ -= back < position_ ? back : position_;
    }

  private:
    size_t within(offile_off_t length) const {
        const size_t wanted = length < 0 ? 0 : static_cast<size_t>(length);
        return wanted < count_ - position_ ? wanted : count_ - position_;
    }

    const uint8_t *bytes_;
    size_t count_;
    size_t position_ = 0;
};

/// A stream over bytes in memory.
class MemoryStream : public DcmInputStream {
  public:
    MemoryStream(const uint8_t *bytes, size_t count)
        : DcmInputStream(&producer_), producer_(bytes, count), bytes_(bytes), count_(count) {}

    DcmInputStreamFactory *newFactory() const override;

    /// Deflated files are not read: what they inflate to has no bound.
    OFCondition installCompressionFilter(E_StreamCompression) override {
        return EC_UnsupportedEncoding;
    }

  private:
    MemoryProducer producer_;
    const uint8_t *bytes_;
    size_t count_;
};

/// Makes streams that start at a place in the bytes.
class MemoryFactory : public DcmInputStreamFactory {
  public:
    MemoryFactory(const uint8_t *bytes, size_t count) : bytes_(bytes), count_(count) {}

    DcmInputStream *create() const override { return new MemoryStream(bytes_, count_); }
    DcmInputStreamFactory *clone() const override { return new MemoryFactory(bytes_, count_); }
    DcmInputStreamFactoryType ident() const override { return DFT_DcmInputFileStreamFactory; }

  private:
    const uint8_t *bytes_;
    size_t count_;
};

inline DcmInputStreamFactory *MemoryStream::newFactory() const {
    const size_t position = static_cast<size_t>(tell());
    return position > count_ ? nullptr : new MemoryFactory(bytes_ + position, count_ - position);
}

#endif

internal import CSodium

/// SHA-256, of libsodium, which libzmq brings along anyway.
package struct SHA256 {
    private var state = crypto_hash_sha256_state()

    /// The digest of no bytes yet.
    package init() {
        _ = unsafe crypto_hash_sha256_init(&state)
    }

    /// Takes more bytes.
    @unsafe package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        _ = unsafe crypto_hash_sha256_update(
            &state, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    /// Takes more bytes.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        unsafe Array(bytes).withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    /// The 32 bytes of the digest.
    package consuming func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe crypto_hash_sha256_final(&state, &digest)
        return digest
    }

    /// The digest of some bytes, in hexadecimal.
    package static func hex(_ bytes: some Collection<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hexadecimal(hash.finalize())
    }
}

/// Bytes as hexadecimal digits, two for each.
package func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

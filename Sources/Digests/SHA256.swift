internal import COpenSSL

/// SHA-256, of OpenSSL's libcrypto, which uses the processor's own instructions where it has them.
@safe package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// The digest of no bytes yet.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.context = context
        guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes more bytes.
    @unsafe package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        _ = unsafe EVP_DigestUpdate(context, start, bytes.count)
    }

    /// Takes more bytes.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        unsafe Array(bytes).withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    /// Takes the bytes of some numbers as they lie in memory: little endian.
    package mutating func update(_ numbers: [Float]) {
        unsafe numbers.withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    /// The 32 bytes of the digest.
    package consuming func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe EVP_DigestFinal_ex(context, &digest, nil)
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

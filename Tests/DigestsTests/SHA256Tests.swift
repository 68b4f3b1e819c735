import Digests
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "gives the published digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func published(text: String, digest: String) {
        #expect(SHA256.hex(text.utf8) == digest)
    }

    @Test("is the same in pieces")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var hash = SHA256()
        hash.update(bytes[..<333])
        hash.update(bytes[333...])
        #expect(hexadecimal(hash.finalize()) == SHA256.hex(bytes))
    }
}

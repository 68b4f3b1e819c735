import Testing
import WireProtocol

@Suite("CRC-32C")
struct ChecksumTests {
    @Test("gives the published values")
    func knownAnswers() {
        // RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
        #expect(Checksum.crc32c(Array("123456789".utf8)) == 0xe306_9283)
        #expect(Checksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(Checksum.crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(Checksum.crc32c(Array(0..<32)) == 0x46dd_794e)
        #expect(Checksum.crc32c([]) == 0)
    }

    @Test(
        "is the same with and without the processor's instruction",
        arguments: [0, 1, 7, 8, 12_287, 12_288, 100_003])
    func agrees(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ $0 >> 3) }
        #expect(Checksum.crc32c(bytes) == Checksum.portableCRC32C(bytes))
    }
}

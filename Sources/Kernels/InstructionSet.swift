internal import CKernels

/// The name of the instruction set that the kernels run, such as `AVX2+FMA`.
package var instructionSetName: String { unsafe String(cString: vn_instruction_set_name()) }

/// An instruction set that the kernels are built for.
package enum InstructionSet: Int32, CaseIterable, Sendable {
    /// The architecture's baseline: SSE2, or NEON.
    case baseline = 0
    /// AVX2 with FMA.
    case avx2 = 1
    /// AVX-512.
    case avx512 = 2

    /// The one that this thread uses.
    package static var current: InstructionSet {
        InstructionSet(rawValue: vn_instruction_set()) ?? .baseline
    }

    /// Makes kernels called from this thread, or from a pool that it runs, use a set.
    ///
    /// - Parameter set: The set; the best available one is taken when the processor lacks it.
    /// - Returns: The set now in use.
    @discardableResult
    package static func use(_ set: InstructionSet) -> InstructionSet {
        InstructionSet(rawValue: vn_set_instruction_set(set.rawValue)) ?? .baseline
    }

    /// Whether multiply-adds are fused; sets of equal class give equal bits.
    package static var fusesMultiplyAdds: Bool { vn_numerics_class() == 1 }
}

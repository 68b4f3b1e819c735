import CFuzzer
import Foundation

// Readers take a file's name, so every input goes through a file in memory.
enum Chosen {
    static let target = FuzzTarget(
        rawValue: ProcessInfo.processInfo.environment["VOXELNAS_FUZZ_READER"] ?? "")
    static let path =
        (ProcessInfo.processInfo.environment["VOXELNAS_FUZZ_FOLDER"] ?? "/dev/shm")
        + "/voxelnas-fuzz-\(ProcessInfo.processInfo.processIdentifier).\(target?.ending ?? "")"
}

guard let target = Chosen.target else {
    print("VOXELNAS_FUZZ_READER should be one of \(FuzzTarget.allCases.map(\.rawValue))")
    exit(64)
}
if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--seeds" {
    try Seeds.write(target, to: CommandLine.arguments[2])
    exit(0)
}
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
let code = unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, size in
    let descriptor = unsafe open(Chosen.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0, unsafe write(descriptor, start, size) == size else { exit(74) }
    close(descriptor)
    Chosen.target?.read(Chosen.path)
    return 0
}
unlink(Chosen.path)
exit(code)

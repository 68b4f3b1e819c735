// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Targets by row (Docs/Architecture.md): a target imports only targets of lower rows, and only
// those that it names here. `swift build --explicit-target-dependency-import-check error` holds it.

let strict = Context.environment["VOXELNAS_STRICT"] != nil

let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableExperimentalFeature("Lifetimes"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// One Swift target and what it may import.
struct Row {
    let name: String
    let dependencies: [Target.Dependency]
    let tests: [Target.Dependency]?

    /// - Parameter tests: What the target's tests import beyond it; `nil` when it has none.
    init(
        _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = []
    ) {
        self.name = name
        self.dependencies = dependencies
        self.tests = tests
    }
}

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let rows: [Row] = [
    // Row 1
    Row("Tensors"),
    Row("Safetensors", ["Tensors"], tests: ["Tensors"]),
    // Row 2
    Row("Kernels", ["CKernels", "COpenBLAS", "Tensors"], tests: ["Safetensors", "Tensors"]),
    Row("SearchSpaces", ["Tensors"]),
    Row("ImageCodecs", ["CPNG", "CTIFF", "CZlib", "Tensors"], tests: ["Tensors", crypto]),
    Row("ZeroMQ", ["CZeroMQ"]),
    Row("RunConfiguration", ["Tensors", "SearchSpaces", yams, crypto], tests: ["SearchSpaces"]),
    // Row 3
    Row("Graphs", ["Tensors", "SearchSpaces"]),
    Row("Optimizers", ["Tensors", "Kernels"], tests: ["Tensors", "Safetensors"]),
    Row("Tasks", ["Tensors", "SearchSpaces"]),
    Row(
        "CTData", ["Tensors", "Safetensors", "ImageCodecs", "RunConfiguration", crypto],
        tests: ["Tensors", "Safetensors", "ImageCodecs", "RunConfiguration"]),
    Row(
        "Phantoms", ["Tensors", "ImageCodecs"],
        tests: ["Tensors", "ImageCodecs", "RunConfiguration", "CTData"]),
    Row(
        "WireProtocol", ["CWireMessages", "CProtobufC", "CZlib", "Tensors", "SearchSpaces", "Tasks"],
        tests: ["Tensors", "SearchSpaces", "Tasks"]),
    // Row 4
    Row("Models", ["Tensors", "SearchSpaces", "Graphs"], tests: ["Tensors", "SearchSpaces", "Graphs"]),
    Row(
        "Execution", ["CKernels", "Tensors", "Kernels", "Graphs"],
        tests: ["Tensors", "SearchSpaces", "Graphs", "Models", "Safetensors", "Optimizers"]),
    Row("SearchStrategies", ["Tensors", "SearchSpaces"], tests: ["Tensors", "SearchSpaces"]),
    Row("Evaluation", ["Tensors", "ImageCodecs"], tests: ["Tensors", "ImageCodecs"]),
    Row(
        "Coordination", ["Tensors", "SearchSpaces", "Tasks", "WireProtocol"],
        tests: ["Tensors", "SearchSpaces", "Tasks", "WireProtocol"]),
    // Row 5
    Row(
        "Runs",
        ["Tensors", "SearchSpaces", "Safetensors", "Optimizers", "RunConfiguration", grdb, crypto],
        tests: ["Tensors", "SearchSpaces", "Safetensors", "Optimizers", "RunConfiguration"]),
    Row(
        "Training",
        [
            "Tensors", "SearchSpaces", "Graphs", "Models", "Execution", "Optimizers", "Tasks",
            "CTData", "SearchStrategies", "RunConfiguration", "Runs", "Evaluation", "Safetensors",
            "ImageCodecs",
        ],
        tests: [
            "Tensors", "SearchSpaces", "Graphs", "Models", "Execution", "Optimizers", "Tasks",
            "CTData", "SearchStrategies", "RunConfiguration", "Runs", "Evaluation", "Safetensors",
        ]),
    Row("Transport", ["ZeroMQ", "WireProtocol"], tests: ["ZeroMQ", "WireProtocol"]),
    // Row 6
    Row("Coordinator", ["Tensors", "SearchSpaces", "Tasks", "WireProtocol", "Coordination", "Transport", "ZeroMQ"], tests: nil),
    Row(
        "Worker", ["Tensors", "SearchSpaces", "Tasks", "WireProtocol", "Coordination", "Transport", "ZeroMQ"],
        tests: ["Coordinator", "Tensors", "SearchSpaces", "Tasks", "WireProtocol", "Coordination", "Transport", "ZeroMQ"]),
]

/// While targets arrive one by one, those without a folder are left out.
func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + path)
}
func kept(_ dependencies: [Target.Dependency]) -> [Target.Dependency] {
    dependencies.filter {
        guard case .byNameItem(let name, _) = $0 else { return true }
        return exists("Sources/" + name)
    }
}

let cSettings: [CSetting] = [.unsafeFlags(["-O3"], .when(configuration: .release))]

var targets: [Target] =
    ["CZlib", "CZeroMQ", "CProtobufC", "COpenBLAS"].map { .systemLibrary(name: $0) }
targets += [("CPNG", "png"), ("CTIFF", "tiff")].map { name, library in
    .target(name: name, cSettings: cSettings, linkerSettings: [.linkedLibrary(library)])
}
if exists("Sources/CKernels") { targets.append(.target(name: "CKernels", cSettings: cSettings)) }
if exists("Sources/CWireMessages") {
    targets.append(.target(name: "CWireMessages", dependencies: ["CProtobufC"]))
}
for row in rows where exists("Sources/" + row.name) {
    targets.append(
        .target(
            name: row.name, dependencies: kept(row.dependencies), swiftSettings: swiftSettings))
    if let tests = row.tests, exists("Tests/" + row.name + "Tests") {
        targets.append(
            .testTarget(
                name: row.name + "Tests", dependencies: kept([.init(stringLiteral: row.name)] + tests),
                swiftSettings: swiftSettings))
    }
}
if exists("Sources/voxelnas") {
    targets.append(
        .executableTarget(
            name: "voxelnas",
            dependencies: kept(rows.map { .init(stringLiteral: $0.name) }) + [argumentParser],
            swiftSettings: swiftSettings))
}

let package = Package(
    name: "VoxelNAS",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: targets,
    cLanguageStandard: .gnu11
)

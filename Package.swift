// swift-tools-version: 6.2
import PackageDescription

// Targets by row (Docs/Architecture.md): a target imports only targets that stand above it, and only
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

    /// A row; `tests` is what the target's tests import beyond it, `nil` when it has none.
    init(
        _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = nil
    ) {
        self.name = name
        self.dependencies = dependencies
        self.tests = tests
    }
}

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let rows: [Row] = [
    // Row 1
    Row("Tensors", tests: []),
    Row("Digests", ["COpenSSL"], tests: []),
    Row("FailPoints"),
    Row("ProtobufEncoding", tests: []),
    Row("ProcessMeters", ["CProcess"], tests: []),
    Row("Safetensors", ["Tensors"], tests: ["Tensors"]),
    // Row 2
    Row(
        "Kernels", ["CKernels", "COpenBLAS", "Tensors"],
        tests: ["GoldenVectors", "Safetensors", "Tensors"]),
    Row("SearchSpaces", ["Tensors"]),
    Row(
        "ImageCodecs", ["CDICOM", "CPNG", "CTIFF", "CZlib", "Tensors"],
        tests: ["TestSupport", "Tensors", "Digests"]),
    Row("ZeroMQ", ["CZeroMQ"], tests: []),
    Row("TensorBoardEvents", ["ProtobufEncoding"], tests: []),
    Row("Identities", ["ZeroMQ"], tests: ["ZeroMQ"]),
    Row("RunConfiguration", ["Tensors", "SearchSpaces", "Digests", yams], tests: ["SearchSpaces"]),
    // Row 3
    Row("Graphs", ["Tensors", "SearchSpaces"]),
    Row("Optimizers", ["Tensors", "Kernels"], tests: ["GoldenVectors", "Tensors", "Safetensors"]),
    Row("Tasks", ["Tensors", "SearchSpaces"], tests: []),
    Row(
        "CTData", ["Tensors", "Digests", "Safetensors", "ImageCodecs", "RunConfiguration"],
        tests: ["TestSupport", "Tensors", "Safetensors", "ImageCodecs", "RunConfiguration"]),
    Row(
        "Phantoms", ["Tensors", "ImageCodecs"],
        tests: ["TestSupport", "Tensors", "ImageCodecs", "RunConfiguration", "CTData"]),
    Row(
        "LungSegmentation", ["Tensors", "ImageCodecs"],
        tests: ["Tensors", "ImageCodecs", "Phantoms"]),
    Row(
        "WireProtocol",
        [
            "CWireMessages", "CProtobufC", "CWireBytes", "Digests", "ZeroMQ", "Tensors",
            "SearchSpaces", "Tasks",
        ],
        tests: ["Tensors", "SearchSpaces", "Tasks"]),
    // Row 4
    Row(
        "Models", ["Tensors", "SearchSpaces", "Graphs"],
        tests: ["Tensors", "SearchSpaces", "Graphs"]),
    Row(
        "Execution", ["CKernels", "Tensors", "Kernels", "Graphs"],
        tests: [
            "GoldenVectors", "Tensors", "SearchSpaces", "Graphs", "Kernels", "Models",
            "Safetensors", "Optimizers",
        ]),
    Row(
        "ONNXExport", ["Tensors", "Graphs", "ProtobufEncoding"],
        tests: [
            "Tensors", "SearchSpaces", "Graphs", "Models", "Execution", "Safetensors",
        ]),
    Row("Drawings", ["Tensors", "SearchSpaces"], tests: ["Tensors", "SearchSpaces"]),
    Row("SearchStrategies", ["Tensors", "SearchSpaces"], tests: ["Tensors", "SearchSpaces"]),
    Row("Evaluation", ["Tensors"], tests: ["Tensors"]),
    Row(
        "Coordination", ["Tensors", "SearchSpaces", "Tasks", "WireProtocol"],
        tests: ["Tensors", "SearchSpaces", "Tasks", "WireProtocol"]),
    Row("Journal", ["WireProtocol"], tests: []),
    // Row 5
    Row(
        "Runs",
        [
            "Tensors", "Digests", "FailPoints", "SearchSpaces", "Safetensors", "RunConfiguration",
            "Journal", grdb,
        ],
        tests: ["Tensors", "SearchSpaces", "RunConfiguration", "Journal"]),
    Row(
        "DataChecks", ["Tensors", "ImageCodecs", "RunConfiguration", "CTData", "Evaluation"],
        tests: [
            "TestSupport", "Tensors", "ImageCodecs", "RunConfiguration", "CTData", "Phantoms",
        ]),
    Row(
        "Training",
        [
            "Tensors", "SearchSpaces", "Graphs", "Models", "Execution", "Optimizers", "Tasks",
            "SearchStrategies", "RunConfiguration", "Runs", "Evaluation", "Digests", "FailPoints",
        ],
        tests: [
            "TestSupport", "ToySearch", "Tensors", "SearchSpaces", "Models", "Optimizers", "Tasks",
            "SearchStrategies", "RunConfiguration", "Runs",
        ]),
    Row(
        "Transport", ["CWireBytes", "ProcessMeters", "ZeroMQ", "Identities", "WireProtocol"],
        tests: ["ZeroMQ", "Identities", "WireProtocol"]),
    // Row 6
    Row(
        "Pipeline",
        [
            "Tensors", "Digests", "SearchSpaces", "Graphs", "Models", "Execution", "Optimizers",
            "Tasks", "CTData", "ImageCodecs", "SearchStrategies", "RunConfiguration", "Runs",
            "Evaluation", "Safetensors", "Training", "Journal", "FailPoints", "ONNXExport",
            "Drawings", "TensorBoardEvents",
        ],
        tests: [
            "TestSupport", "ToySearch", "Tensors", "SearchSpaces", "Graphs", "Models", "Execution",
            "Tasks", "CTData", "ImageCodecs", "RunConfiguration", "Runs", "Evaluation",
            "Safetensors", "Training", "Phantoms",
        ]),
    Row(
        "Coordinator",
        [
            "Tensors", "ProcessMeters", "FailPoints", "SearchSpaces", "Tasks", "WireProtocol",
            "Coordination", "Transport",
        ]),
    Row(
        "Worker",
        [
            "Tensors", "ProcessMeters", "FailPoints", "SearchSpaces", "Tasks", "WireProtocol",
            "Coordination", "Identities", "Transport",
        ],
        tests: [
            "Coordinator", "Tensors", "SearchSpaces", "Tasks", "WireProtocol", "Coordination",
            "Digests", "Transport",
        ]),
]

/// C that runs in every inner loop is optimised in debug builds too: unoptimised it is a hundred
/// times slower.
let optimized: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off"])]

let systemLibraries = ["CZlib", "CZeroMQ", "CProtobufC", "COpenBLAS", "COpenSSL"]

let cTargets: [Target] = [
    .target(name: "CKernels", cSettings: optimized),
    .target(name: "CWireBytes", cSettings: optimized),
    .target(name: "CProcess"),
    .target(name: "CWireMessages", dependencies: ["CProtobufC"]),
    .target(
        name: "CDICOM",
        linkerSettings: ["dcmjpls", "dcmjpeg", "dcmdata", "oflog", "ofstd"].map {
            .linkedLibrary($0)
        }),
    .target(name: "CPNG", cSettings: optimized, linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CTIFF", cSettings: optimized, linkerSettings: [.linkedLibrary("tiff")]),
]

let swiftTargets: [Target] = rows.flatMap { row -> [Target] in
    let target = Target.target(
        name: row.name, dependencies: row.dependencies, swiftSettings: swiftSettings)
    guard let tests = row.tests else { return [target] }
    return [
        target,
        .testTarget(
            name: row.name + "Tests", dependencies: [.byName(name: row.name)] + tests,
            swiftSettings: swiftSettings),
    ]
}

let package = Package(
    name: "VoxelNAS",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: systemLibraries.map { .systemLibrary(name: $0) } + cTargets + swiftTargets + [
        .executableTarget(
            name: "voxelnas",
            dependencies: [
                "Tensors", "FailPoints", "SearchSpaces", "SearchStrategies", "Tasks",
                "WireProtocol", "CTData", "Journal",
                "Phantoms", "LungSegmentation", "DataChecks", "Coordination", "Transport",
                "Identities", "ZeroMQ", "Kernels",
                "RunConfiguration", "Runs", "Evaluation", "ImageCodecs", "Training", "Drawings",
                "Pipeline",
                "Coordinator", "Worker", argumentParser,
            ], swiftSettings: swiftSettings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .target(
            name: "ToySearch",
            dependencies: ["Tensors", "Models", "RunConfiguration", "Tasks", "Training"],
            path: "Tests/ToySearch", swiftSettings: swiftSettings),
        .testTarget(
            name: "CommandTests", dependencies: ["voxelnas", "TestSupport"],
            swiftSettings: swiftSettings),
        .target(
            name: "GoldenVectors", dependencies: ["Safetensors", "Tensors"],
            path: "Tests/GoldenVectors", swiftSettings: swiftSettings),
        .target(
            name: "CCeilings", path: "Tests/Benchmarks/CCeilings", cSettings: optimized),
        .executableTarget(
            name: "voxelnas-bench",
            dependencies: [
                "CCeilings", "CKernels", "Tensors", "Digests", "SearchSpaces", "Graphs", "Kernels",
                "Models", "Execution", "Optimizers", argumentParser,
            ],
            path: "Tests/Benchmarks/voxelnas-bench", swiftSettings: swiftSettings),
        .executableTarget(
            name: "BaselineBenchmark",
            dependencies: [
                "Tensors", "Safetensors", "SearchSpaces", "Graphs", "Kernels", "Models",
                "Execution", "Optimizers",
            ],
            path: "Tests/Benchmarks/Baselines", swiftSettings: swiftSettings),
        .target(
            name: "CPlainReaders", path: "Tests/Benchmarks/CPlainReaders", cSettings: optimized,
            linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
        .executableTarget(
            name: "ReadersBenchmark",
            dependencies: ["CPlainReaders", "CTData", "ImageCodecs", "RunConfiguration"],
            path: "Tests/Benchmarks/Readers", swiftSettings: swiftSettings),
        .executableTarget(
            name: "FleetBenchmark",
            dependencies: [
                "Tensors", "SearchSpaces", "Tasks", "WireProtocol", "Coordination", "Identities",
                "ZeroMQ", "Transport", "Coordinator", "Worker", "ProcessMeters",
            ],
            path: "Tests/Benchmarks/Fleet", swiftSettings: swiftSettings),
    ],
    cLanguageStandard: .gnu11,
    cxxLanguageStandard: .cxx17
)

// Targets that link libFuzzer, which an ordinary build cannot: `Tests/Fuzz/run`.
if Context.environment["VOXELNAS_FUZZ"] != nil {
    package.targets += [
        .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "FuzzReaders",
            dependencies: [
                "CFuzzer", "Tensors", "ImageCodecs", "Safetensors", "RunConfiguration", "CTData",
            ],
            path: "Tests/Fuzz/Readers", swiftSettings: swiftSettings),
    ]
}

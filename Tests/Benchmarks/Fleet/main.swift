// A coordinator, and many simulated workers in a second process: the real protocol, with CURVE, and
// computing that costs nothing. Prints one JSON object; memory is the coordinator's.
//
//     FleetBenchmark rounds [workers] [tasks] [rounds] [floats]
//     FleetBenchmark restart [workers]
//     FleetBenchmark churn [seconds] [workers]

import Foundation

let mode = CommandLine.arguments.dropFirst().first ?? "rounds"
let numbers = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
func number(_ place: Int, or usual: Int) -> Int { numbers.dropFirst(place).first ?? usual }

let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys]
func say(_ value: some Encodable) throws {
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

switch mode {
case Crowd.mode: try Crowd.live(Array(CommandLine.arguments.dropFirst(2)))
case "rounds":
    try say(
        await RoundFigures.measure(
            workers: number(0, or: 1000), tasks: number(1, or: 1000), rounds: number(2, or: 5),
            floats: number(3, or: 256)))
case "restart": try say(await RestartFigures.measure(workers: number(0, or: 1000)))
case "churn":
    try say(await ChurnFigures.measure(for: number(0, or: 3600), workers: number(1, or: 50)))
default:
    FileHandle.standardError.write(Data("no mode '\(mode)': rounds, restart or churn\n".utf8))
    exit(64)
}

package import Safetensors
package import Tensors

/// A saved state: named sets of parameters, integers and remarks in one safetensors file.
package struct Checkpoint: Hashable, Sendable {
    /// Sets of blocks, such as `weights`, `first` and `second` moments.
    package var sets: [String: ParameterSet] = [:]
    /// Integers, such as the step counter of every operator.
    package var integers: [String: [Int64]] = [:]
    /// Remarks, such as the configuration's digest.
    package var remarks: [String: String] = [:]

    /// An empty checkpoint.
    package init() {}

    /// Reads a checkpoint.
    ///
    /// - Throws: `SafetensorsError` naming the file.
    package init(path: String) throws(SafetensorsError) {
        let file = try SafetensorsFile(path: path)
        remarks = file.metadata
        for (name, entry) in file.tensors {
            guard let separator = name.firstIndex(of: "/") else { continue }
            let set = String(name[..<separator])
            let rest = String(name[name.index(after: separator)...])
            if entry.type == .int64 {
                integers[rest] = try file.elements(of: name, as: Int64.self)
            } else {
                sets[set, default: ParameterSet()][OperatorID(rest)] = try file.floats(of: name)
            }
        }
    }

    /// Writes the checkpoint; it appears complete or not at all.
    ///
    /// - Throws: `SafetensorsError` naming the file and the failing call.
    package func write(to path: String) throws(SafetensorsError) {
        var declarations: [SafetensorsWriter.Declaration] = []
        for (set, parameters) in sets.sorted(by: { $0.key < $1.key }) {
            for id in parameters.operators {
                declarations.append(
                    .init(name: "\(set)/\(id)", shape: [parameters[id]?.count ?? 0]))
            }
        }
        for (name, values) in integers.sorted(by: { $0.key < $1.key }) {
            declarations.append(
                .init(name: "integers/\(name)", type: .int64, shape: [values.count]))
        }
        var writer = try SafetensorsWriter(path: path, tensors: declarations, metadata: remarks)
        for (set, parameters) in sets {
            for id in parameters.operators {
                try writer.append(parameters[id] ?? [], to: "\(set)/\(id)")
            }
        }
        for (name, values) in integers { try writer.append(values, to: "integers/\(name)") }
        try writer.finish()
    }
}

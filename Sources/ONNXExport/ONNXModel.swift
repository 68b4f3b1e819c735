import ProtobufEncoding

/// The parts of an ONNX file that a network of ours needs, and their bytes.
///
/// Field numbers are those of `onnx/onnx.proto`, which never change their meaning.
///
/// - SeeAlso: onnx.ai/onnx/repo-docs/IR.html.
package struct ONNXModel: Sendable {
    /// The version of the file format: that of ONNX 1.12, which brought opset 17.
    package static let irVersion = 8
    /// The version of the operators that nodes refer to.
    package static let opset = 17

    /// An extent of an input or output: known, or free under a name.
    package enum Dimension: Hashable, Sendable {
        case fixed(Int)
        case free(String)
    }

    /// An input or output of float32.
    package struct Value: Hashable, Sendable {
        let name: String
        let shape: [Dimension]
        let documentation: String
    }

    /// A named constant of float32.
    struct Constant: Sendable {
        let name: String
        let shape: [Int]
        let elements: [Float]
    }

    /// An attribute of a node.
    enum Attribute: Sendable {
        case integer(Int)
        case integers([Int])
        case float(Float)
    }

    /// One operator.
    struct Node: Sendable {
        let operation: String
        let name: String
        let inputs: [String]
        let outputs: [String]
        let attributes: [(name: String, value: Attribute)]
    }

    let name: String
    let documentation: String
    let nodes: [Node]
    let constants: [Constant]
    let inputs: [Value]
    let outputs: [Value]
    let metadata: [String: String]

    /// The file's bytes; equal models give equal bytes.
    package var bytes: [UInt8] {
        ProtobufWriter.message { model in
            model.integer(Self.irVersion, field: 1)
            model.string("VoxelNAS", field: 2)
            model.string(documentation, field: 6)
            model.message(field: 7) { encodeGraph(&$0) }
            model.message(field: 8) { $0.integer(Self.opset, field: 2) }
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                model.message(field: 14) {
                    $0.string(key, field: 1)
                    $0.string(value, field: 2)
                }
            }
        }
    }

    private func encodeGraph(_ graph: inout ProtobufWriter) {
        for node in nodes { graph.message(field: 1) { node.encode(&$0) } }
        graph.string(name, field: 2)
        for constant in constants { graph.message(field: 5) { constant.encode(&$0) } }
        for value in inputs { graph.message(field: 11) { value.encode(&$0) } }
        for value in outputs { graph.message(field: 12) { value.encode(&$0) } }
    }
}

extension ONNXModel.Node {
    fileprivate func encode(_ node: inout ProtobufWriter) {
        for input in inputs { node.string(input, field: 1) }
        for output in outputs { node.string(output, field: 2) }
        node.string(name, field: 3)
        node.string(operation, field: 4)
        for (name, value) in attributes {
            node.message(field: 5) { attribute in
                attribute.string(name, field: 1)
                switch value {
                case .float(let number):
                    attribute.float(number, field: 2)
                    attribute.integer(1, field: 20)
                case .integer(let number):
                    attribute.integer(number, field: 3)
                    attribute.integer(2, field: 20)
                case .integers(let numbers):
                    for number in numbers { attribute.integer(number, field: 8) }
                    attribute.integer(7, field: 20)
                }
            }
        }
    }
}

extension ONNXModel.Constant {
    fileprivate func encode(_ tensor: inout ProtobufWriter) {
        for extent in shape { tensor.integer(extent, field: 1) }
        tensor.integer(1, field: 2)  // FLOAT
        tensor.string(name, field: 8)
        tensor.rawFloats(elements, field: 9)
    }
}

extension ONNXModel.Value {
    fileprivate func encode(_ value: inout ProtobufWriter) {
        value.string(name, field: 1)
        value.message(field: 2) { type in
            type.message(field: 1) { tensor in
                tensor.integer(1, field: 1)  // FLOAT
                tensor.message(field: 2) { dimensions in
                    for extent in shape {
                        dimensions.message(field: 1) { dimension in
                            switch extent {
                            case .fixed(let count): dimension.integer(count, field: 1)
                            case .free(let name): dimension.string(name, field: 2)
                            }
                        }
                    }
                }
            }
        }
        value.string(documentation, field: 3)
    }
}

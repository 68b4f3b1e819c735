import CKernels
import Execution
import Tensors

/// Layers that are limited by memory: what counts is bytes per second.
extension KernelCase {
    static func normalization(_ rows: Int, _ channels: Int) -> [KernelPass] {
        let padded = (channels + 15) / 16 * 16
        let array = 4 * Double(rows * channels)
        let parts = rows >= 1024 ? 16 : 2
        func pass(
            _ name: String, _ operations: Double, arrays: Double,
            _ run: @escaping (KernelScratch) -> Void
        ) -> KernelPass {
            KernelPass(
                kernel: "batch norm + ReLU6", pass: name,
                operations: operations * Double(rows * channels), bytes: arrays * array, run: run)
        }
        return [
            pass("moments", 3, arrays: 1) { scratch in
                let (a, sums) = unsafe (scratch.a, scratch.sums)
                scratch.pool.run(parts) { part in
                    let start = unsafe sums + 2 * part * padded
                    unsafe vn_moments(
                        a, rows * part / parts, rows * (part + 1) / parts, channels, start,
                        start + padded)
                }
            },
            pass("normalize", 4, arrays: 2) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(rows) {
                    unsafe vn_normalize(a, nil, c, $0, $1, channels, b, b, 2)
                }
            },
            pass("gradient sums", 6, arrays: 2) { scratch in
                let (a, b, sums) = unsafe (scratch.a, scratch.b, scratch.sums)
                scratch.pool.run(parts) { part in
                    let start = unsafe sums + 2 * part * padded
                    unsafe vn_normalize_gradient_sums(
                        a, b, rows * part / parts, rows * (part + 1) / parts, channels, b, b, b, 2,
                        start, start + padded)
                }
            },
            pass("gradient", 7, arrays: 3) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                scratch.split(rows) {
                    unsafe vn_normalize_gradient(
                        a, b, c, $0, $1, channels, b, b, b, b, b, 2)
                }
            },
        ]
    }

    static func update(_ count: Int) -> [KernelPass] {
        [
            KernelPass(
                kernel: "update", pass: "SGD momentum", operations: 5 * Double(count),
                bytes: 20 * Double(count)
            ) { scratch in
                let (a, b, c) = unsafe (scratch.a, scratch.b, scratch.c)
                // A rate of zero and a momentum below one keep the numbers where they are.
                unsafe vn_update_sgd(a, b, c, count, 0, 0.5, 0, 1, 0)
            }
        ]
    }
}

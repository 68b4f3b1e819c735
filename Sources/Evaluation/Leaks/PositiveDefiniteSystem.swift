/// Linear equations with a symmetric positive definite matrix.
enum PositiveDefiniteSystem {
    /// The solution of `matrix · x = right` by Cholesky; `nil` when the matrix is not positive
    /// definite.
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
        let size = right.count
        var lower = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for row in 0..<size {
            for column in 0...row {
                let known = (0..<column).reduce(0) { $0 + lower[row][$1] * lower[column][$1] }
                let rest = matrix[row][column] - known
                if row == column {
                    guard rest > 0 else { return nil }
                    lower[row][row] = rest.squareRoot()
                } else {
                    lower[row][column] = rest / lower[column][column]
                }
            }
        }
        var solution = right
        for row in 0..<size {
            for column in 0..<row { solution[row] -= lower[row][column] * solution[column] }
            solution[row] /= lower[row][row]
        }
        for row in (0..<size).reversed() {
            for below in (row + 1)..<max(size, row + 1) {
                solution[row] -= lower[below][row] * solution[below]
            }
            solution[row] /= lower[row][row]
        }
        return solution
    }
}

import Testing
import Worker

@Suite("A worker's default shape")
struct WorkerShapeTests {
    @Test(
        "gives processors to tasks first, then to their threads",
        arguments: zip([1, 2, 4, 8, 64], [[1, 1], [2, 1], [4, 1], [4, 2], [4, 16]]))
    func processors(count: Int, expected: [Int]) {
        let shape = WorkerShape(processors: count, slots: nil, threads: nil)
        #expect([shape.slots, shape.threads] == expected)
    }

    @Test("keeps what was asked for")
    func given() {
        let tasks = WorkerShape(processors: 8, slots: 2, threads: nil)
        #expect(tasks.slots == 2 && tasks.threads == 4)
        let threads = WorkerShape(processors: 8, slots: nil, threads: 3)
        #expect(threads.slots == 1 && threads.threads == 3)
        let both = WorkerShape(processors: 2, slots: 3, threads: 5)
        #expect(both.slots == 3 && both.threads == 5)
    }
}

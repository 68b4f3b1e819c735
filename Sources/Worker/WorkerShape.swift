/// How a worker divides its machine: tasks at the same time, and threads for each of them.
package struct WorkerShape: Hashable, Sendable {
    /// Tasks at the same time; they share the parameters that they read.
    package let slots: Int
    /// Threads of each task.
    package let threads: Int

    /// The tasks that a step has by default, the paper's four GPUs: more slots would stand idle.
    package static let usualTasks = 4

    /// What was asked for, and a good choice for the rest.
    ///
    /// Two tasks with a thread each do more than one task with two threads, which wait for each
    /// other, so processors go to slots first, as far as a step has tasks. Who gives the threads
    /// alone gets one task.
    ///
    /// - Parameters:
    ///   - processors: What the worker may use.
    ///   - slots: The tasks that were asked for.
    ///   - threads: The threads per task that were asked for.
    package init(processors: Int, slots: Int?, threads: Int?) {
        self.slots = slots ?? (threads == nil ? max(1, min(processors, Self.usualTasks)) : 1)
        self.threads = threads ?? max(1, processors / self.slots)
    }
}

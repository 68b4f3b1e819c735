package import Tensors

/// The passes with input in an array.
extension Executor {
    /// ``trainingStep(_:parameters:input:labels:loss:dropout:wanted:)`` on an array.
    ///
    /// - Throws: ``ExecutionError``.
    package func trainingStep(
        _ plan: ExecutionPlan, parameters: ParameterSet, input: [Float], labels: [Int],
        loss: LossConfiguration = LossConfiguration(), dropout: Dropout? = nil,
        wanted: StepOutputs = .gradients
    ) throws(ExecutionError) -> StepResult {
        unsafe try input.withUnsafeBufferPointer { buffer throws(ExecutionError) in
            unsafe try trainingStep(
                plan, parameters: parameters, input: buffer, labels: labels, loss: loss,
                dropout: dropout, wanted: wanted)
        }
    }

    /// ``statistics(_:parameters:input:)`` on an array.
    ///
    /// - Throws: ``ExecutionError``.
    package func statistics(
        _ plan: ExecutionPlan, parameters: ParameterSet, input: [Float]
    ) throws(ExecutionError) -> ParameterSet {
        unsafe try input.withUnsafeBufferPointer { buffer throws(ExecutionError) in
            unsafe try statistics(plan, parameters: parameters, input: buffer)
        }
    }

    /// ``predict(_:parameters:statistics:input:wantsFeatures:)`` on an array.
    ///
    /// - Throws: ``ExecutionError``.
    package func predict(
        _ plan: ExecutionPlan, parameters: ParameterSet, statistics: ParameterSet, input: [Float],
        wantsFeatures: Bool = false
    ) throws(ExecutionError) -> Prediction {
        unsafe try input.withUnsafeBufferPointer { buffer throws(ExecutionError) in
            unsafe try predict(
                plan, parameters: parameters, statistics: statistics, input: buffer,
                wantsFeatures: wantsFeatures)
        }
    }
}

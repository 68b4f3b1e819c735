import SearchStrategies
import Testing

@Suite("Successive halving")
struct SuccessiveHalvingTests {
    @Test("trains half as many for twice as long, round by round")
    func rounds() {
        let plan = SuccessiveHalving(candidates: 10, epochs: 3, rounds: 4)
        #expect(plan.rounds.map(\.survivors) == [10, 5, 3, 2])
        #expect(plan.rounds.map(\.epochs) == [3, 6, 12, 24])
    }

    @Test("ends when one is left, and ranks nobody without epochs")
    func ends() {
        let two = SuccessiveHalving(candidates: 2, epochs: 1, rounds: 5)
        #expect(two.rounds.map(\.survivors) == [2])
        let one = SuccessiveHalving(candidates: 1, epochs: 1, rounds: 5)
        #expect(one.rounds.map(\.survivors) == [1])
        #expect(SuccessiveHalving(candidates: 8, epochs: 0, rounds: 3).rounds.isEmpty)
    }

    @Test("takes half a standard deviation off the mean")
    func score() {
        #expect(abs(SuccessiveHalving.score([0.7, 0.9]) - (0.8 - 0.5 * 0.02.squareRoot())) < 1e-12)
        #expect(SuccessiveHalving.score([0.7]) == 0.7)
        #expect(SuccessiveHalving.score([]) == -.infinity)
        // The steady one wins over the lucky one of a slightly larger mean.
        #expect(SuccessiveHalving.score([0.8, 0.8]) > SuccessiveHalving.score([0.62, 1.0]))
    }

    @Test("keeps the order of equals")
    func order() {
        #expect(SuccessiveHalving.order([0.5, 0.9, 0.5, 0.9]) == [1, 3, 0, 2])
    }
}

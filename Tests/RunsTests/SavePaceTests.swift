import Runs
import Testing

@Suite("When a state is saved")
struct SavePaceTests {
    private let pace = SavePace(interval: .seconds(300), replayLimit: .seconds(2))

    @Test("after an interval, or when a restart would apply the log for long")
    func limits() {
        #expect(!pace.isDue(age: .seconds(299), replay: .seconds(1.9), saving: .zero))
        #expect(pace.isDue(age: .seconds(300), replay: .zero, saving: .zero))
        #expect(pace.isDue(age: .zero, replay: .seconds(2), saving: .zero))
    }

    @Test("not so often that saving takes more time than it spares")
    func costlyStates() {
        #expect(!pace.isDue(age: .seconds(10), replay: .seconds(9), saving: .seconds(5)))
        #expect(pace.isDue(age: .seconds(10), replay: .seconds(10), saving: .seconds(5)))
    }
}

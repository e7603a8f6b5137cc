internal import Metrics
internal import Synchronization

/// One series: the numbers under one name and one set of labels. Adding to it takes no lock.
protocol MetricCell: AnyObject, Sendable {
    /// The lines of the series in the order in which they are shown.
    var samples: [MetricSample] { get }
}

/// One line of a series.
struct MetricSample: Equatable, Sendable {
    /// What stands behind the metric's name.
    var suffix = ""
    /// The upper bound of a histogram's bucket.
    var bound: Double?
    var value: Value

    enum Value: Equatable, Sendable {
        case count(Int64)
        case number(Double)
    }
}

/// A number that only grows, but for a reset.
final class CounterCell: MetricCell, CounterHandler {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { count.store(0, ordering: .relaxed) }

    var samples: [MetricSample] { [MetricSample(value: .count(count.load(ordering: .relaxed)))] }
}

/// A number with a fraction that only grows, but for a reset.
final class FloatingPointCounterCell: MetricCell, FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.add(amount)
    }

    func reset() { sum.store(0) }

    var samples: [MetricSample] { [MetricSample(value: .number(sum.load()))] }
}

/// A number that goes up and down.
final class GaugeCell: MetricCell, MeterHandler, RecorderHandler {
    private let number = AtomicDouble()

    func set(_ value: Int64) { number.store(Double(value)) }
    func set(_ value: Double) { number.store(value) }
    func increment(by amount: Double) { number.add(amount) }
    func decrement(by amount: Double) { number.add(-amount) }

    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    var samples: [MetricSample] { [MetricSample(value: .number(number.load()))] }
}

/// A number that is asked for when somebody looks.
final class ObservedCell: MetricCell {
    private let read: @Sendable () -> Double

    init(_ read: @escaping @Sendable () -> Double) { self.read = read }

    var samples: [MetricSample] { [MetricSample(value: .number(read()))] }
}

/// How often numbers fell between fixed bounds.
final class HistogramCell: MetricCell, RecorderHandler, TimerHandler {
    private final class Bucket: Sendable {
        let count = Atomic<Int64>(0)
    }

    /// Ascending.
    private let bounds: [Double]
    /// One for each bound, and one for what is above them all.
    private let buckets: [Bucket]
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        self.buckets = (0...bounds.count).map { _ in Bucket() }
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        // There are few bounds, and most values are below the first ones.
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        buckets[index].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var samples: [MetricSample] {
        var total: Int64 = 0
        var samples: [MetricSample] = []
        for (bucket, bound) in zip(buckets, bounds + [.infinity]) {
            total &+= bucket.count.load(ordering: .relaxed)
            samples.append(MetricSample(suffix: "_bucket", bound: bound, value: .count(total)))
        }
        samples.append(MetricSample(suffix: "_sum", value: .number(sum.load())))
        // Not counted on its own, so that it is always what the buckets say.
        samples.append(MetricSample(suffix: "_count", value: .count(total)))
        return samples
    }
}

/// A floating-point number that several threads add to.
private final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(Double.zero.bitPattern)

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(
                expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}

package import Metrics
internal import Synchronization

/// The gateway's own counts, by name and labels: a factory for swift-metrics, and their text for Prometheus.
///
/// It is passed around, not bootstrapped for the process. Whoever counts asks for the series once and keeps it; adding to it takes
/// no lock. The same name and labels are the same series. A name has only so many: more go to one with the value `other` in all its
/// labels, so that nothing that a peer sends makes memory grow.
package final class MetricsRegistry: MetricsFactory {
    /// Bounds of buckets, by the unit at the end of a name.
    private static let seconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
    ]
    /// From 256 bytes to 16 GiB.
    private static let bytes = (0..<14).map { Double(256 << ($0 * 2)) }
    private static let numbers: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000, 1_000_000]

    private enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private struct Family {
        let kind: Kind
        var series: [MetricLabels: any MetricCell] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
    }

    private let state = Mutex(State())
    /// Of each name.
    private let seriesLimit: Int

    package init(seriesLimit: Int = 1000) {
        self.seriesLimit = seriesLimit
    }

    /// Says what a metric is, for those who read it.
    package func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[MetricName.metric(name)] = help }
    }

    /// A gauge that is read whenever somebody looks. The closure runs on any thread, and must not wait.
    package func observe(
        _ name: String, dimensions: [(String, String)] = [], _ read: @escaping @Sendable () -> Double
    ) {
        _ = cell(.gauge, name, dimensions, replacing: true) { ObservedCell(read) }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(.counter, label, dimensions) { CounterCell() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(.counter, label, dimensions) { FloatingPointCounterCell() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(.gauge, label, dimensions) { GaugeCell() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return cell(.gauge, label, dimensions) { GaugeCell() } }
        let bounds =
            label.hasSuffix("_seconds") ? Self.seconds : label.hasSuffix("_bytes") ? Self.bytes : Self.numbers
        return cell(.histogram, label, dimensions) { HistogramCell(bounds: bounds) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(.histogram, label, dimensions) { HistogramCell(bounds: Self.seconds) }
    }

    package func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    // MARK: Series

    private func cell<Cell: MetricCell>(
        _ kind: Kind, _ label: String, _ dimensions: [(String, String)], replacing: Bool = false, _ make: () -> Cell
    ) -> Cell {
        let name = MetricName.metric(label)
        let labels = MetricLabels(dimensions)
        return state.withLock { state in
            // A name has one type in the text. One more under it is a mistake in the program that must not end it.
            let key = state.families[name, default: Family(kind: kind)].kind == kind ? name : "\(name)_\(kind.rawValue)"
            var family = state.families.removeValue(forKey: key) ?? Family(kind: kind)
            defer { state.families[key] = family }
            let isKnown = family.series[labels] != nil
            let place = isKnown || family.series.count < seriesLimit ? labels : labels.overflow
            if !replacing, let cell = family.series[place] as? Cell { return cell }
            let cell = make()
            family.series[place] = cell
            return cell
        }
    }

    private func destroy(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                return
            }
        }
    }

    /// All series as Prometheus' text format 0.0.4.
    package func prometheusText() -> String {
        // Observed numbers are read without the lock: who answers may count something.
        let (families, help) = state.withLock { ($0.families, $0.help) }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.begin(name, type: family.kind.rawValue, help: help[name])
            let series = family.series.map { (labels: $0.key.text, cell: $0.value) }
            for (labels, cell) in series.sorted(by: { $0.labels < $1.labels }) {
                for sample in cell.samples { text.add(sample, of: name, labels: labels) }
            }
        }
        return text.text
    }
}

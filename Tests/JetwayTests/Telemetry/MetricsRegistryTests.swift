import Metrics
import Testing

@testable import Jetway

@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry(seriesLimit: 3)

    /// The lines of the text that begin with a name.
    private func lines(_ prefix: String) -> [String] {
        registry.prometheusText().split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }

    @Test("A counter shows its type, its help and a line for each set of labels")
    func counter() {
        registry.describe("jetway_calls_total", "Calls that ended.")
        let ok = Counter(
            label: "jetway_calls_total", dimensions: [("rpc", "DoGet"), ("code", "OK")], factory: registry)
        let again = Counter(
            label: "jetway_calls_total", dimensions: [("code", "OK"), ("rpc", "DoGet")], factory: registry)
        Counter(label: "jetway_calls_total", dimensions: [("rpc", "DoPut"), ("code", "OK")], factory: registry)
            .increment(by: 5)
        ok.increment()
        again.increment(by: 2)
        #expect(
            registry.prometheusText() == """
                # HELP jetway_calls_total Calls that ended.
                # TYPE jetway_calls_total counter
                jetway_calls_total{code="OK",rpc="DoGet"} 3
                jetway_calls_total{code="OK",rpc="DoPut"} 5

                """)
    }

    @Test("A counter that was never raised is shown, and can be set back")
    func zero() {
        let counter = Counter(label: "jetway_reloads_total", factory: registry)
        #expect(lines("jetway_") == ["jetway_reloads_total 0"])
        counter.increment(by: 7)
        counter.reset()
        #expect(lines("jetway_") == ["jetway_reloads_total 0"])
    }

    @Test("A counter of fractions adds them")
    func fractions() {
        let counter = FloatingPointCounter(label: "jetway_cpu_seconds_total", factory: registry)
        counter.increment(by: 0.5)
        counter.increment(by: 1.25)
        counter.increment(by: Double.nan)
        #expect(lines("jetway_") == ["jetway_cpu_seconds_total 1.75"])
    }

    @Test("A gauge goes up and down")
    func gauge() {
        let gauge = Meter(label: "jetway_connections", factory: registry)
        gauge.increment(by: 3)
        gauge.decrement(by: 1)
        #expect(lines("") == ["# TYPE jetway_connections gauge", "jetway_connections 2"])
        gauge.set(Double.infinity)
        #expect(lines("jetway_") == ["jetway_connections +Inf"])
    }

    @Test("An observed gauge is read whenever somebody looks")
    func observed() {
        registry.observe("jetway_answer", dimensions: [("of", "everything")]) { 41.5 }
        registry.observe("jetway_answer", dimensions: [("of", "everything")]) { 42 }
        #expect(lines("jetway_") == ["jetway_answer{of=\"everything\"} 42"])
    }

    @Test("A histogram counts how many values are within each bound, in seconds for times")
    func histogram() {
        let timer = Timer(label: "jetway_call_duration_seconds", dimensions: [("rpc", "DoGet")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(250)
        timer.recordSeconds(7200)
        let found = lines("jetway_")
        #expect(found.first == "jetway_call_duration_seconds_bucket{rpc=\"DoGet\",le=\"0.001\"} 1")
        #expect(found.contains("jetway_call_duration_seconds_bucket{rpc=\"DoGet\",le=\"0.1\"} 1"))
        #expect(found.contains("jetway_call_duration_seconds_bucket{rpc=\"DoGet\",le=\"0.25\"} 2"))
        #expect(
            found.suffix(3) == [
                "jetway_call_duration_seconds_bucket{rpc=\"DoGet\",le=\"+Inf\"} 3",
                "jetway_call_duration_seconds_sum{rpc=\"DoGet\"} 7200.251",
                "jetway_call_duration_seconds_count{rpc=\"DoGet\"} 3",
            ])
    }

    @Test("A recorder takes the bounds of its unit; one that does not aggregate is a gauge")
    func recorder() {
        Recorder(label: "jetway_batch_bytes", factory: registry).record(Int64(300))
        #expect(lines("jetway_").contains("jetway_batch_bytes_bucket{le=\"1024\"} 1"))
        Recorder(label: "jetway_last", aggregate: false, factory: registry).record(2.5)
        #expect(lines("jetway_last") == ["jetway_last 2.5"])
    }

    @Test("More series than a name may have go to one that stands for them all")
    func bounded() {
        for number in 0..<100 {
            Counter(label: "jetway_many_total", dimensions: [("key", "\(number)")], factory: registry).increment()
        }
        #expect(
            lines("jetway_") == [
                "jetway_many_total{key=\"0\"} 1", "jetway_many_total{key=\"1\"} 1", "jetway_many_total{key=\"2\"} 1",
                "jetway_many_total{key=\"other\"} 97",
            ])
    }

    @Test("A series that is done with is shown no more, and makes room")
    func destroyed() {
        let counter = Counter(label: "jetway_upstream_total", dimensions: [("upstream", "a")], factory: registry)
        counter.destroy()
        #expect(registry.prometheusText().isEmpty)
        for name in ["b", "c", "d"] {
            _ = Counter(label: "jetway_upstream_total", dimensions: [("upstream", name)], factory: registry)
        }
        #expect(lines("jetway_").last == "jetway_upstream_total{upstream=\"d\"} 0")
    }

    @Test("What would break a line is escaped, and long values are cut")
    func escaping() {
        registry.describe("jetway_odd", "back\\slash\nand line")
        Meter(
            label: "jetway_odd", dimensions: [("a", "q\"b\\s\r\nn"), ("b", String(repeating: "x", count: 999))],
            factory: registry
        )
        .set(Int64(1))
        let long = String(repeating: "x", count: 256)
        #expect(
            registry.prometheusText()
                == "# HELP jetway_odd back\\\\slash\\nand line\n# TYPE jetway_odd gauge\n"
                + "jetway_odd{a=\"q\\\"b\\\\s\r\\nn\",b=\"\(long)\"} 1\n")
    }

    @Test("Names that Prometheus does not allow are made so")
    func names() {
        Meter(
            label: "9 jetway.gäuge", dimensions: [("le", "1"), ("", "2"), ("a-b", "3"), ("a_b", "4")], factory: registry
        )
        .set(Int64(1))
        #expect(lines("_9") == ["_9_jetway_g__uge{_=\"2\",_le=\"1\",a_b=\"3\"} 1"])
    }

    @Test("One name with two types does not break the text")
    func types() {
        Counter(label: "jetway_twice", factory: registry).increment()
        Meter(label: "jetway_twice", factory: registry).set(Int64(2))
        #expect(
            lines("") == [
                "# TYPE jetway_twice counter", "jetway_twice 1", "# TYPE jetway_twice_gauge gauge",
                "jetway_twice_gauge 2",
            ])
    }

    @Test("Nothing is lost when many threads count")
    func concurrency() async {
        let counter = Counter(label: "jetway_total", factory: registry)
        let timer = Timer(label: "jetway_seconds", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        timer.recordSeconds(1)
                    }
                }
            }
        }
        #expect(lines("jetway_total") == ["jetway_total 80000"])
        #expect(lines("jetway_seconds_sum") == ["jetway_seconds_sum 80000"])
    }
}

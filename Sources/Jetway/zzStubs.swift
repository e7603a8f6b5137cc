internal import Flight
internal import JetwayAuth
internal import Metrics
internal import NIOCore

final class MetricsRegistry: Sendable, MetricsFactory {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        NOOPMetricsHandler.instance
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
final class AdminListener: Sendable {
    static func start(
        host: String, port: Int, registry: MetricsRegistry, readiness: @escaping @Sendable () -> Bool,
        keySet: @escaping @Sendable () -> String?
    ) async throws -> AdminListener { AdminListener() }
    func stop() async {}
    var address: String { "" }
}
final class FileWatch: Sendable {
    init(files: [String]) {}
    func next() async -> Void? { try? await Task.sleep(for: .seconds(1 << 20)); return nil }
    func replace(files: [String]) {}
}

internal import JetwayCore
internal import NIOCore

/// Gives each call its number, and tells it to callers who are refused.
struct RequestNumbering: Middleware {
    private final class Counter {
        var next = UInt64.random(in: .min ... .max)
    }

    private let counter: NIOLoopBound<Counter>

    init(on loop: any EventLoop) {
        counter = NIOLoopBound(Counter(), eventLoop: loop)
    }

    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        // A step that is odd goes through all numbers, and neighbours look unlike each other.
        counter.value.next &+= 0x9e37_79b9_7f4a_7c15
        let id = RequestID(counter.value.next)
        call.requestID = id
        do {
            return try await next.handle(call)
        } catch {
            call.addTrailerField("x-request-id", id.description)
            throw error
        }
    }
}

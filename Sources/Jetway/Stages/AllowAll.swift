internal import JetwayCore

/// Authorisation of a gateway without rules: whoever authentication lets in may do everything.
struct AllowAll: Middleware {
    func handle(_ call: Call, next: some CallHandler) async throws(Rejection) -> Outcome {
        call.permit = .transparent()
        return try await next.handle(call)
    }
}

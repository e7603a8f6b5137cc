/// A reason to end the whole connection (RFC 9113 section 5.4.1): what GOAWAY says, and the limit that tripped, if one did.
package struct ConnectionFault: Error, Equatable, Sendable {
    /// The code for GOAWAY.
    package let code: HTTP2ErrorCode
    /// Constant text without anything that the peer sent; safe as GOAWAY's debug data and in a log.
    package let reason: String
    /// The limit that was passed, for the metric named after it.
    package let limit: LimitName?

    package init(code: HTTP2ErrorCode, reason: String, limit: LimitName? = nil) {
        self.code = code
        self.reason = reason
        self.limit = limit
    }

    package static func protocolError(_ reason: StaticString) -> ConnectionFault {
        ConnectionFault(code: .protocolError, reason: "\(reason)")
    }

    package static func frameSize(_ reason: StaticString) -> ConnectionFault {
        ConnectionFault(code: .frameSizeError, reason: "\(reason)")
    }

    package static func flowControl(_ reason: StaticString) -> ConnectionFault {
        ConnectionFault(code: .flowControlError, reason: "\(reason)")
    }

    package static func compression(_ reason: StaticString) -> ConnectionFault {
        ConnectionFault(code: .compressionError, reason: "\(reason)")
    }

    package static func streamClosed(_ reason: StaticString) -> ConnectionFault {
        ConnectionFault(code: .streamClosed, reason: "\(reason)")
    }

    /// ENHANCE_YOUR_CALM: the peer passed one of our limits.
    package static func limit(_ name: LimitName) -> ConnectionFault {
        ConnectionFault(code: .enhanceYourCalm, reason: "limit passed: " + name.rawValue, limit: name)
    }
}

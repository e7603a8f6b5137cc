package import NIOCore

/// What stands before each gRPC message: a flag and the length (gRPC over HTTP/2, "Length-Prefixed-Message").
package struct GRPCMessagePrefix: Sendable, Equatable {
    /// Bytes of a prefix on the wire.
    package static let size = 5

    /// Whether the message is compressed as `grpc-encoding` says.
    package let isCompressed: Bool
    /// Bytes of the message, without the prefix.
    package let length: UInt32

    package init(isCompressed: Bool = false, length: UInt32) {
        self.isCompressed = isCompressed
        self.length = length
    }
}

extension ByteBuffer {
    /// Writes the five bytes that stand before a message.
    ///
    /// - Returns: the bytes written.
    @discardableResult
    package mutating func writeGRPCMessagePrefix(_ prefix: GRPCMessagePrefix) -> Int {
        writeMultipleIntegers(UInt8(prefix.isCompressed ? 1 : 0), prefix.length)
    }
}

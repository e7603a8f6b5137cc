package import NIOCore

/// Turns the bytes of a connection into frames (RFC 9113 sections 3.4, 4 and 6), holding next to nothing.
///
/// All rules that need no table of streams are checked here: lengths, stream 0 or not, padding, the order of header
/// block frames, the preface. DATA is cut through as it arrives. Anything else is held until it is whole, in place when
/// it lies whole in the input, and only up to its own limit: a frame longer than that is refused at its header.
///
/// A fault is final: after one, the parser must not be fed again.
package struct FrameParser: Sendable {
    /// What the next bytes are.
    enum Mode: Sendable, Equatable {
        case preface(matched: Int)
        case frameHeader
        /// A frame that is handled once `need` bytes of its payload are there; `rest` more are skipped after those.
        case payload(FrameHeader, need: Int, rest: Int)
        /// In a padded DATA frame, before the octet that says how much of it is padding.
        case dataPadLength(Int)
        case data(remaining: Int, padding: Int)
        case skip(Int)
    }

    let maxFrameSize: Int
    let maxHeaderBlock: Int
    let maxContinuations: Int
    let maxSettingsEntries: Int

    private var mode: Mode
    /// A header block whose END_HEADERS has not come yet; its bytes are a copy of our own.
    private var assembly: HeadersFrame?
    /// The part of a payload that came so far; nil while there is none, so that an idle connection holds no buffer.
    private var held: ByteBuffer?
    /// The first octets of a frame header that came in pieces: up to eight, how many.
    private var partialHeader: UInt64 = 0
    private var partialCount = 0
    private var hasSeenSettings = false

    /// Whether the client connection preface has come, or none is expected.
    package private(set) var hasSeenPreface: Bool

    /// - Parameters:
    ///   - expectsPreface: whether we are the server, to whom a preface is sent.
    ///   - maxFrameSize: the largest payload that we announced, in bytes.
    ///   - maxHeaderBlock: the largest header block, still encoded and without padding, in bytes.
    ///   - maxContinuations: how many CONTINUATION frames a header block may take.
    ///   - maxSettingsEntries: how many entries a SETTINGS frame may have.
    package init(
        expectsPreface: Bool, maxFrameSize: Int, maxHeaderBlock: Int, maxContinuations: Int, maxSettingsEntries: Int
    ) {
        self.maxFrameSize = maxFrameSize
        self.maxHeaderBlock = maxHeaderBlock
        self.maxContinuations = maxContinuations
        self.maxSettingsEntries = maxSettingsEntries
        self.mode = expectsPreface ? .preface(matched: 0) : .frameHeader
        self.hasSeenPreface = !expectsPreface
    }

    /// Whether a header block has begun and not ended: what the header block timer watches.
    package var isInsideHeaderBlock: Bool {
        if self.assembly != nil { return true }
        if case .payload(let header, _, _) = self.mode { return header.type == FrameType.headers }
        return false
    }

    /// Whether part of a frame has come and the rest has not.
    package var isInsideFrame: Bool {
        self.mode != .frameHeader || self.partialCount > 0
    }

    /// The next event in `input`.
    ///
    /// - Returns: nil when all of `input` is consumed and more bytes are needed.
    /// - Throws: the fault that ends the connection.
    package mutating func next(_ input: inout ByteBuffer) throws(ConnectionFault) -> FrameEvent? {
        while true {
            switch self.mode {
            case .frameHeader:
                guard let header = self.takeHeader(&input) else { return nil }
                if let event = try self.begin(header) { return event }
            case .data(let remaining, let padding):
                return self.takeData(&input, remaining: remaining, padding: padding)
            case .dataPadLength(let length):
                guard let octet = input.readInteger(as: UInt8.self) else { return nil }
                let padding = Int(octet)
                guard padding < length else { throw .protocolError("DATA: padding as long as the frame") }
                self.mode = .data(remaining: length - 1 - padding, padding: padding)
                return .dataPadding(1)
            case .payload(let header, let need, let rest):
                guard let payload = self.takePayload(&input, need) else { return nil }
                self.mode = rest > 0 ? .skip(rest) : .frameHeader
                if let event = try self.finish(header, payload) { return event }
            case .skip(let count):
                let taken = min(count, input.readableBytes)
                input.moveReaderIndex(forwardBy: taken)
                guard taken == count else {
                    self.mode = .skip(count - taken)
                    return nil
                }
                self.mode = .frameHeader
            case .preface(let matched):
                return try self.takePreface(&input, matched: matched)
            }
        }
    }
}

// MARK: - Taking bytes

extension FrameParser {
    private mutating func takePreface(_ input: inout ByteBuffer, matched: Int) throws(ConnectionFault) -> FrameEvent? {
        var matched = matched
        for expected in ByteBuffer.preface.dropFirst(matched) {
            guard let octet = input.readInteger(as: UInt8.self) else {
                self.mode = .preface(matched: matched)
                return nil
            }
            guard octet == expected else { throw .protocolError("not an HTTP/2 connection preface") }
            matched += 1
        }
        self.mode = .frameHeader
        self.hasSeenPreface = true
        return .preface
    }

    @inline(__always)
    private mutating func takeHeader(_ input: inout ByteBuffer) -> FrameHeader? {
        if self.partialCount == 0, input.readableBytes >= FrameHeader.size,
            let (first, last) = input.readMultipleIntegers(as: (UInt64, UInt8).self)
        {
            return FrameHeader(first: first, last: last)
        }
        return self.takeHeaderInPieces(&input)
    }

    private mutating func takeHeaderInPieces(_ input: inout ByteBuffer) -> FrameHeader? {
        while let octet = input.readInteger(as: UInt8.self) {
            if self.partialCount == FrameHeader.size - 1 {
                let header = FrameHeader(first: self.partialHeader, last: octet)
                self.partialHeader = 0
                self.partialCount = 0
                return header
            }
            self.partialHeader = self.partialHeader << 8 | UInt64(octet)
            self.partialCount += 1
        }
        return nil
    }

    @inline(__always)
    private mutating func takeData(_ input: inout ByteBuffer, remaining: Int, padding: Int) -> FrameEvent? {
        let available = input.readableBytes
        if remaining > 0 {
            guard available > 0, let slice = input.readSlice(length: min(available, remaining)) else { return nil }
            self.mode = .data(remaining: remaining - slice.readableBytes, padding: padding)
            return .dataPayload(slice)
        }
        if padding > 0 {
            guard available > 0 else { return nil }
            let taken = min(available, padding)
            input.moveReaderIndex(forwardBy: taken)
            self.mode = .data(remaining: 0, padding: padding - taken)
            return .dataPadding(taken)
        }
        self.mode = .frameHeader
        return .dataEnd
    }

    /// `need` bytes: a slice of the input where they lie whole in it, collected otherwise.
    private mutating func takePayload(_ input: inout ByteBuffer, _ need: Int) -> ByteBuffer? {
        guard var collected = self.held else {
            if let slice = input.readSlice(length: need) { return slice }
            if input.readableBytes > 0 {
                // A copy: the bytes that wait must not pin the whole read buffer.
                var copy = ByteBuffer()
                copy.writeBuffer(&input)
                self.held = copy
            }
            return nil
        }
        self.held = nil
        if var slice = input.readSlice(length: min(input.readableBytes, need - collected.readableBytes)) {
            collected.writeBuffer(&slice)
        }
        guard collected.readableBytes == need else {
            self.held = collected
            return nil
        }
        return collected
    }
}

// MARK: - The header block being put together

extension FrameParser {
    /// The stream whose header block is open.
    var openBlock: StreamID? {
        self.assembly?.streamID
    }

    /// How many bytes the open header block has, and of how many CONTINUATION frames.
    var openBlockSize: (bytes: Int, continuations: Int) {
        guard let frame = self.assembly else { return (0, 0) }
        return (frame.block.readableBytes, frame.continuations)
    }

    /// Begins a block that goes on in CONTINUATION frames. It is copied: while it waits it must not pin the read buffer.
    mutating func openBlock(_ frame: HeadersFrame) {
        var frame = frame
        var copy = ByteBuffer()
        copy.writeImmutableBuffer(frame.block)
        frame.block = copy
        self.assembly = frame
    }

    /// Adds a fragment; returns the block if it is the last.
    mutating func continueBlock(_ fragment: ByteBuffer, isLast: Bool) -> HeadersFrame? {
        guard var frame = self.assembly else { return nil }
        self.assembly = nil
        frame.continuations += 1
        frame.block.writeImmutableBuffer(fragment)
        guard !isLast else { return frame }
        self.assembly = frame
        return nil
    }
}

// MARK: - State that the frame rules change

extension FrameParser {
    /// The first frame must be SETTINGS (RFC 9113 section 3.4); marks it as seen.
    mutating func checkFirstFrame(_ header: FrameHeader) throws(ConnectionFault) {
        if self.hasSeenSettings { return }
        guard header.type == FrameType.settings, !header.has(FrameFlag.acknowledgement) else {
            throw .protocolError("the first frame is not SETTINGS")
        }
        self.hasSeenSettings = true
    }

    mutating func enter(_ mode: Mode) {
        self.mode = mode
    }
}

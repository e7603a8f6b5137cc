import FlightProtocol
import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@testable import Flight

/// FlightData on the wire, with SwiftProtobuf as the oracle.
@Suite struct FlightDataTests {
    private typealias Oracle = Arrow_Flight_Protocol_FlightData

    /// The message without its prefix, after a check of that.
    private static func written(_ data: FlightData) throws -> [UInt8] {
        var head = ByteBuffer(string: "before")
        let body = try data.write(into: &head)
        head.moveReaderIndex(forwardBy: 6)
        let length = head.readableBytes + (body?.readableBytes ?? 0) - GRPCMessagePrefix.size
        #expect(head.readInteger(as: UInt8.self) == 0)
        #expect(head.readInteger(as: UInt32.self) == UInt32(length))
        return Array(head.readableBytesView) + Array(body?.readableBytesView ?? ByteBufferView())
    }

    private static func read(_ bytes: [UInt8]) throws(FlightError) -> FlightData {
        // Bytes before it, as of a chunk that was partly read.
        var buffer = ByteBuffer(string: "before")
        buffer.writeBytes(bytes)
        buffer.moveReaderIndex(forwardBy: 6)
        return try FlightData(reading: buffer)
    }

    private static func buffer(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: UInt8(count & 0xff), count: count) }

    static let messages: [FlightData] = [
        FlightData(), FlightData(header: buffer(3)), FlightData(metadata: buffer(200)),
        FlightData(body: buffer(70_000)),
        FlightData(descriptor: .path("a", "b")), FlightData(descriptor: .command([1, 2]), body: buffer(1)),
        FlightData(descriptor: .path("x"), header: buffer(127), metadata: buffer(128), body: buffer(16_384)),
        FlightData(descriptor: FlightDescriptor(), header: buffer(0), metadata: buffer(0), body: buffer(0)),
    ]

    @Test("What is written is read again, empty fields too", arguments: messages.indices)
    func roundTrip(_ index: Int) throws {
        let data = Self.messages[index]
        #expect(try Self.read(Self.written(data)) == data)
    }

    @Test(
        "It is written byte for byte as SwiftProtobuf writes it: fields by their numbers, the body last",
        arguments: 0..<7)
    func oracle(_ index: Int) throws {
        let data = Self.messages[index]
        var oracle = Oracle()
        if let descriptor = data.descriptor { oracle.flightDescriptor = descriptor }
        oracle.dataHeader.append(contentsOf: data.header?.readableBytesView ?? ByteBufferView())
        oracle.appMetadata.append(contentsOf: data.metadata?.readableBytesView ?? ByteBufferView())
        oracle.dataBody.append(contentsOf: data.body?.readableBytesView ?? ByteBufferView())
        #expect(try Self.written(data) == oracle.serializedBytes())
        #expect(try Self.read(oracle.serializedBytes()) == data)
    }

    @Test("Fields are read in any order, unknown ones are passed over, and the last of one number counts")
    func order() throws {
        let body: [UInt8] = [0xC2, 0x3E, 2, 8, 9]
        let metadata: [UInt8] = [0x1A, 1, 7]
        let header: [UInt8] = [0x12, 2, 5, 6]
        let unknown: [UInt8] = [0x20, 0x96, 0x01, 0x2A, 1, 0xff, 0x35, 1, 2, 3, 4, 0x39, 1, 2, 3, 4, 5, 6, 7, 8]
        let expected = FlightData(
            header: ByteBuffer(bytes: [5, 6]), metadata: ByteBuffer(bytes: [7]), body: ByteBuffer(bytes: [8, 9]))
        #expect(try Self.read(body + unknown + metadata + header) == expected)
        #expect(try Self.read([0x12, 1, 1] + header + unknown + body + metadata) == expected)
        // The fields' numbers with other wire types are not theirs.
        #expect(try Self.read([0x10, 1, 0x1D, 1, 2, 3, 4] + header + metadata + body) == expected)
    }

    @Test("Fields share the memory of the message")
    func slices() throws {
        let message = ByteBuffer(bytes: try Self.written(Self.messages[6]))
        let data = try FlightData(reading: message)
        #expect(data.body?.storageCapacity == message.storageCapacity)
        #expect(data.header?.storageCapacity == message.storageCapacity)
    }

    @Test(
        "What is no FlightData is refused",
        arguments: [
            [0x12], [0x12, 1], [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f], [0xC2], [0xC2, 0x3E], [0xC2, 0x3E, 3, 1, 2],
            [0x13], [0x14], [0x00], [0x16, 0], [0x12, 0x80, 0x00], [0x0A, 1, 0xff], [0x0A, 2, 0x12, 5],
        ] as [[UInt8]])
    func refused(_ bytes: [UInt8]) {
        let problem = #expect(throws: FlightError.self) { try Self.read(bytes) }
        #expect(problem?.code == .invalidArgument)
        #expect(problem?.message.hasSuffix("cannot be read") == true)
    }

    @Test("Random messages are read as SwiftProtobuf reads them", arguments: 0..<20)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var read = 0
        for round in 0..<2000 {
            var bytes = try Self.written(Self.messages[4 + random.below(3)].shortened)
            for _ in 0..<random.below(4) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            guard let data = try? Self.read(bytes), let oracle = try? Oracle(serializedBytes: bytes) else { continue }
            read += 1
            let isSame =
                oracle.dataHeader.elementsEqual(data.header?.readableBytesView ?? ByteBufferView())
                && oracle.appMetadata.elementsEqual(data.metadata?.readableBytesView ?? ByteBufferView())
                && oracle.dataBody.elementsEqual(data.body?.readableBytesView ?? ByteBufferView())
            if !isSame { Issue.record("round \(round): \(bytes)") }
        }
        #expect(read > 200)
    }

    @Test("A head before a body of 2 GiB is written, and for one byte more it is refused")
    func oversized() throws {
        let header = Self.buffer(3)
        // Tag and length of the header, and those of a body of that size.
        let most = Int(Int32.max) - 5 - 7
        var head = ByteBuffer()
        try FlightData(header: header).writeHead(bodyLength: most, into: &head)
        #expect(head.readableBytes == 5 + 5 + 7)
        #expect(head.getInteger(at: 1, as: UInt32.self) == UInt32(Int32.max))
        let problem = FlightError(.resourceExhausted, "a record batch of more than 2 GiB does not fit into a message")
        for length in [most + 1, Int(Int32.max), Int(Int32.max) + 1, 1 << 40, Int.max] {
            head.clear()
            #expect(throws: problem) { try FlightData(header: header).writeHead(bodyLength: length, into: &head) }
            #expect(head.readableBytes == 0)
        }
    }

    @Test(
        "Varints have as many bytes as they need",
        arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 31, 1 << 35, Int.max])
    func varints(_ value: Int) throws {
        var buffer = ByteBuffer()
        buffer.writeVarint(value)
        #expect(buffer.readableBytes == ByteBuffer.varintSize(value))
        // Field 1 as a varint, read by the reader of fields.
        let bytes = [0x08] + Array(buffer.readableBytesView)
        let read = try bytes.withUnsafeBytes { bytes in
            var reader = ProtobufFieldReader(bytes)
            return try reader.next().flatMap { reader.varint(of: $0) }
        }
        #expect(read == UInt64(value))
    }
}

extension FlightData {
    /// The same with short fields, so that changes hit what is before them.
    fileprivate var shortened: FlightData {
        func cut(_ buffer: ByteBuffer?) -> ByteBuffer? {
            buffer?.getSlice(at: 0, length: min(3, buffer?.readableBytes ?? 0))
        }
        return FlightData(descriptor: descriptor, header: cut(header), metadata: cut(metadata), body: cut(body))
    }
}

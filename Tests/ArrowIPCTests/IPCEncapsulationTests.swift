import NIOCore
import TestSupport
import Testing

@testable import ArrowIPC

@Suite struct IPCEncapsulationTests {
    @Test(
        "A body behind an encapsulated head begins at a multiple of 8, and the head comes out again", arguments: 1..<40)
    func roundTrip(_ length: Int) throws {
        let metadata = ByteBuffer(bytes: (0..<length).map { UInt8($0 + 1) })
        var buffer = ByteBuffer(string: "before")
        IPCEncapsulation.write(metadata: metadata, into: &buffer)
        buffer.moveReaderIndex(forwardBy: 6)
        #expect(buffer.readableBytes % 8 == 0)
        #expect(Array(buffer.readableBytesView.prefix(4)) == [0xff, 0xff, 0xff, 0xff])
        var read = try IPCEncapsulation.unwrap(buffer)
        #expect(read.readableBytes == (length + 7) / 8 * 8)
        #expect(read.readSlice(length: length) == metadata)
        #expect(read.readableBytesView.allSatisfy { $0 == 0 })
    }

    @Test("What pyarrow writes is what is written here")
    func pyarrow() throws {
        let metadata = try IPCEncapsulation.unwrap(ByteBuffer(bytes: PyArrowFiles.stream))
        var buffer = ByteBuffer()
        IPCEncapsulation.write(metadata: metadata, into: &buffer)
        #expect(PyArrowFiles.stream.starts(with: buffer.readableBytesView))
        #expect(PyArrowFiles.stream.suffix(8).elementsEqual(IPCEncapsulation.endOfStream.readableBytesView))
    }

    @Test("A schema is opened with and without the continuation marker, whatever follows it")
    func forms() throws {
        let metadata = try IPCEncapsulation.unwrap(ByteBuffer(bytes: PyArrowFiles.oldStream))
        #expect(try ArrowSchema.parse(message: metadata).description == "a: int64\nb: string")
        let new: [UInt8] = [0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0] + Array("metadata".utf8)
        for bytes in [new, Array(new.dropFirst(4)), new + [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], new + [1]] {
            #expect(try IPCEncapsulation.unwrap(ByteBuffer(bytes: bytes)) == ByteBuffer(string: "metadata"))
        }
    }

    @Test(
        "What holds no message is refused",
        arguments: [
            ([], "a message's length is cut"),
            ([1, 0, 0], "a message's length is cut"),
            ([0xff, 0xff, 0xff, 0xff], "a message's length is cut"),
            ([0xff, 0xff, 0xff, 0xff, 8, 0, 0], "a message's length is cut"),
            ([0, 0, 0, 0], "there is no message, only the end of a stream"),
            ([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], "there is no message, only the end of a stream"),
            ([0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0, 1, 2, 3], "the metadata is cut: 3 of 8 bytes"),
            ([8, 0, 0, 0, 1], "the metadata is cut: 1 of 8 bytes"),
            (
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "no Arrow IPC message: its metadata would be -1 bytes long"
            ),
            ([1, 0, 0, 0x10], "no Arrow IPC message: its metadata would be 268435457 bytes long"),
        ] as [([UInt8], String)])
    func refused(_ bytes: [UInt8], _ text: String) {
        #expect(throws: IPCProblem(offset: 0, text: text)) { try IPCEncapsulation.unwrap(ByteBuffer(bytes: bytes)) }
    }
}

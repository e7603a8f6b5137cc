import NIOCore

@testable import JetwayHTTP2

/// Bytes as a peer sends them, and what the parser makes of them.
enum Wire {
    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags]
            + self.bytes(stream) + payload
    }

    static func bytes(_ number: UInt32) -> [UInt8] {
        [UInt8(number >> 24), UInt8(number >> 16 & 0xff), UInt8(number >> 8 & 0xff), UInt8(number & 0xff)]
    }

    static let settings = Wire.frame(4)

    static func parser(
        preface: Bool = false, maxFrameSize: Int = 16_384, maxHeaderBlock: Int = 4096, maxContinuations: Int = 3,
        maxSettingsEntries: Int = 8
    ) -> FrameParser {
        FrameParser(
            expectsPreface: preface, maxFrameSize: maxFrameSize, maxHeaderBlock: maxHeaderBlock,
            maxContinuations: maxContinuations, maxSettingsEntries: maxSettingsEntries)
    }

    /// Feeds the chunks one after another.
    static func parse(_ chunks: [[UInt8]], with parser: inout FrameParser) throws(ConnectionFault) -> [FrameEvent] {
        var events: [FrameEvent] = []
        for chunk in chunks {
            var input = ByteBuffer(bytes: chunk)
            while let event = try parser.next(&input) {
                events.append(event)
            }
            precondition(input.readableBytes == 0, "nil leaves nothing")
        }
        return events
    }

    /// The events of bytes that follow a first SETTINGS frame, pieces of DATA joined.
    static func events(_ bytes: [UInt8], splitAt places: [Int] = []) throws(ConnectionFault) -> [FrameEvent] {
        var parser = Wire.parser()
        _ = try Wire.parse([Wire.settings], with: &parser)
        return Wire.joined(try Wire.parse(Wire.split(bytes, at: places), with: &parser))
    }

    /// The fault that such bytes lead to, or nil.
    static func fault(_ bytes: [UInt8], splitAt places: [Int] = []) -> ConnectionFault? {
        do {
            _ = try Wire.events(bytes, splitAt: places)
            return nil
        } catch {
            return error
        }
    }

    static func split(_ bytes: [UInt8], at places: [Int]) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var start = 0
        for place in places + [bytes.count] {
            chunks.append(Array(bytes[start..<place]))
            start = place
        }
        return chunks
    }

    /// Joins neighbouring pieces of data and of padding: where a frame is cut has no meaning.
    static func joined(_ events: [FrameEvent]) -> [FrameEvent] {
        var result: [FrameEvent] = []
        for event in events {
            switch (result.last, event) {
            case (.dataPayload(var before), .dataPayload(var piece)):
                before.writeBuffer(&piece)
                result[result.count - 1] = .dataPayload(before)
            case (.dataPadding(let before), .dataPadding(let count)):
                result[result.count - 1] = .dataPadding(before + count)
            default:
                result.append(event)
            }
        }
        return result
    }
}

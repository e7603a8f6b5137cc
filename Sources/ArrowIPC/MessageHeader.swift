/// The version of the metadata format (Schema.fbs, `MetadataVersion`).
package enum MetadataVersion: Int16, Sendable {
    case v1 = 0
    case v2, v3, v4, v5
}

/// What the head of an Arrow IPC message says about it (Message.fbs, `Message`).
///
/// It is read in place from the flatbuffer, whose fields it does not copy: enough to count batches and rows without a
/// look at the body.
package struct MessageHeader: Sendable, Equatable {
    /// What the message carries (Message.fbs, union `MessageHeader`).
    package enum Kind: Sendable, Equatable {
        case schema
        /// A dictionary; a delta is appended to the one that went before under the same id.
        case dictionaryBatch(isDelta: Bool)
        case recordBatch
        case tensor
        case sparseTensor
        /// A kind that is newer than this code.
        case other
    }

    package let version: MetadataVersion
    package let kind: Kind
    /// Rows of the record batch, or entries of the dictionary batch. 0 for the other kinds; never negative.
    package let rows: Int64
    /// Bytes of the body that follows, padding included. Never negative.
    package let bodyLength: Int64

    package init(version: MetadataVersion, kind: Kind, rows: Int64, bodyLength: Int64) {
        self.version = version
        self.kind = kind
        self.rows = rows
        self.bodyLength = bodyLength
    }

    /// The head in `bytes`, which is the bare flatbuffer as FlightData carries it: without continuation and length.
    ///
    /// - Returns: nil if the bytes are not a message of a known version, whatever else they are.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> MessageHeader? {
        guard let message = FlatTable(root: bytes),
            let version = message.scalar(Slot.version, absent: Int16(0)).flatMap(MetadataVersion.init(rawValue:)),
            let type = message.scalar(Slot.headerType, absent: UInt8(0)), type != 0,
            let bodyLength = message.scalar(Slot.bodyLength, absent: Int64(0)), bodyLength >= 0,
            let header = message.table(Slot.header),
            let (kind, rows) = content(type: type, header: header)
        else { return nil }
        return MessageHeader(version: version, kind: kind, rows: rows, bodyLength: bodyLength)
    }

    private static func content(type: UInt8, header: FlatTable) -> (Kind, Int64)? {
        switch type {
        case 1:
            return (.schema, 0)
        case 2:
            guard let delta = header.scalar(Slot.dictionaryIsDelta, absent: UInt8(0)),
                let rows = header.table(Slot.dictionaryData).flatMap(rows(ofBatch:))
            else { return nil }
            return (.dictionaryBatch(isDelta: delta != 0), rows)
        case 3:
            return rows(ofBatch: header).map { (.recordBatch, $0) }
        case 4:
            return (.tensor, 0)
        case 5:
            return (.sparseTensor, 0)
        default:
            return (.other, 0)
        }
    }

    /// Which dictionary a dictionary batch is part of; nil if the bytes are not a dictionary batch.
    static func dictionaryID(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let message = FlatTable(root: bytes), message.scalar(Slot.headerType, absent: UInt8(0)) == 2 else {
            return nil
        }
        return message.table(Slot.header)?.scalar(Slot.dictionaryID, absent: Int64(0))
    }

    /// The table of a schema message; nil if the bytes are not a schema message.
    static func schemaTable(_ bytes: UnsafeRawBufferPointer) -> FlatTable? {
        guard let message = FlatTable(root: bytes), message.scalar(Slot.headerType, absent: UInt8(0)) == 1 else {
            return nil
        }
        return message.table(Slot.header)
    }

    private static func rows(ofBatch batch: FlatTable) -> Int64? {
        batch.scalar(Slot.batchLength, absent: Int64(0)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Places in the tables, in the order of Message.fbs; a union takes two.
    private enum Slot {
        static let version = 0
        static let headerType = 1
        static let header = 2
        static let bodyLength = 3
        static let batchLength = 0
        static let dictionaryID = 0
        static let dictionaryData = 1
        static let dictionaryIsDelta = 2
    }
}

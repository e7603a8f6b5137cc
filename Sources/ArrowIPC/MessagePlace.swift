/// Where an encapsulated message lies in a file or stream.
package struct MessagePlace: Sendable, Equatable {
    /// Start of the encapsulation: the continuation marker, or the length where an old writer has no marker.
    package let offset: Int64
    /// Start of the flatbuffer.
    package let metadataOffset: Int64
    /// Of the flatbuffer with its padding, as it stands.
    package let metadataLength: Int
    package let bodyLength: Int64
    package let header: MessageHeader

    package init(offset: Int64, metadataOffset: Int64, metadataLength: Int, header: MessageHeader) {
        self.offset = offset
        self.metadataOffset = metadataOffset
        self.metadataLength = metadataLength
        self.bodyLength = header.bodyLength
        self.header = header
    }

    package var bodyOffset: Int64 { metadataOffset + Int64(metadataLength) }
    /// The first byte behind the body and its padding.
    package var end: Int64 { bodyOffset + bodyLength }
}

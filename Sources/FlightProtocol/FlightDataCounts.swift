/// What one direction of a call has carried, where its messages are FlightData.
package struct FlightDataCounts: Sendable, Equatable {
    /// Messages that have ended, whatever they were.
    package var messages = 0
    /// Bytes on the wire, message prefixes and messages under way included.
    package var bytes = 0
    /// Bytes of `data_body` in messages that were read.
    package var bodyBytes = 0
    package var schemas = 0
    package var recordBatches = 0
    package var dictionaryBatches = 0
    /// Rows of all record batches, as their heads say; no more than `Int.max`.
    package var rows = 0
    /// Messages without `data_header`: metadata alone, a descriptor alone, or nothing.
    package var metadataOnly = 0
    /// Messages whose head is neither a schema nor a batch, such as a tensor.
    package var others = 0
    /// Messages that are no FlightData, or whose head is no Arrow IPC message, or is too long.
    package var unreadable = 0
    /// Compressed messages. They are not looked into.
    package var uninspected = 0

    package init() {}
}

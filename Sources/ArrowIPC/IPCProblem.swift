/// What is wrong with Arrow IPC bytes, and where.
package struct IPCProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// In bytes, from the start of what was read: a file, a stream, or a message alone.
    package let offset: Int64
    package let text: String

    package init(offset: Int64, text: String) {
        self.offset = offset
        self.text = text
    }

    package var description: String { "at offset \(offset): \(text)" }

    /// The same problem in bytes that begin `base` further on.
    func moved(by base: Int64) -> IPCProblem {
        let (sum, overflow) = offset.addingReportingOverflow(base)
        return IPCProblem(offset: overflow ? .max : sum, text: text)
    }
}

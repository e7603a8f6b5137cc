import TestSupport

/// Flight messages as pyarrow 26 serializes them.
enum PyArrowMessages {
    /// A path descriptor, two endpoints (the first with a location, expiry and metadata), 7 records, -1 bytes, ordered.
    static let flightInfo = hexBytes(
        """
        0ae001ffffffffd80000001000000000000a000e000600050008000a000000000104001000000000000a000c000000040008
        000a0000003400000004000000010000000c00000008000c0004000800080000001000000004000000010000007600000001
        0000006b000000020000004000000004000000d8ffffff000001051000000018000000040000000000000001000000620000
        000400040004000000100014000800060007000c00000010001000000000000102100000001c000000040000000000000001
        0000006100000008000c0008000700080000000000000140000000120c08011a036f6e651a0374776f1a3c0a090a07007469
        636b6574121c0a1a677270632b746c733a2f2f6578616d706c652e636f6d3a3831351a0b0880e2cfaa0610959aef3a22046d
        6574611a0a0a080a067365636f6e64200728ffffffffffffffffff0130013a03617070
        """)

    /// The command `FF 00 "cmd"`.
    static let descriptorCommand = hexBytes(
        """
        08021205ff00636d64
        """)

    /// The ticket `abc`.
    static let ticket = hexBytes(
        """
        0a03616263
        """)

    /// The action `do` with the body `body`.
    static let action = hexBytes(
        """
        0a02646f1204626f6479
        """)

    /// A result with the body `res`.
    static let result = hexBytes(
        """
        0a03726573
        """)

    /// The user `ann` with the password `pw`.
    static let basicAuth = hexBytes(
        """
        1203616e6e1a027077
        """)
}

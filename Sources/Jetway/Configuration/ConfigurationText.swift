internal import FlightProtocol
internal import Foundation
internal import StrictJSON

/// The forms of text in a configuration.
enum ConfigurationText {
    static func isWordByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "_")
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    static func hostAndPort(_ text: String) throws(JSONMismatch) -> (host: String, port: Int) {
        let hint = "write HOST:PORT or [IPv6]:PORT"
        guard !text.hasSuffix("/") else { throw JSONMismatch("has something behind the port", hint: hint) }
        do {
            if case .host(let host, let port) = try FlightLocation.hostAndPort(text[...]) { return (host, port) }
        } catch {
            throw JSONMismatch(error.text, hint: hint)
        }
        throw JSONMismatch("is no address", hint: hint)
    }

    /// A Flight server's URL. Port 0 is no port to connect to.
    static func location(_ text: String) throws(JSONMismatch) -> FlightLocation {
        let location: FlightLocation
        do {
            location = try FlightLocation(parsing: text)
        } catch {
            throw JSONMismatch(error.text)
        }
        if case .host(_, 0) = location.address { throw JSONMismatch("needs a port from 1 to 65535") }
        return location
    }

    /// A header's name as HTTP/2 has it (RFC 9113 section 8.2.1); none that HTTP/2 or gRPC itself uses.
    static func headerName(_ text: String) throws(JSONMismatch) -> String {
        guard text == text.lowercased() else { throw JSONMismatch("must be in lower case") }
        let valid = text.utf8.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        guard valid, !text.isEmpty else { throw JSONMismatch("is no name of a header") }
        let reserved = ["host", "te", "content-type", "content-length", "connection", "transfer-encoding", "trailer"]
        guard !reserved.contains(text), !text.hasPrefix("grpc-") else {
            throw JSONMismatch("is a header that HTTP/2 or gRPC itself uses")
        }
        guard !text.hasSuffix("-bin") else { throw JSONMismatch("is a header of bytes, expected one of text") }
        return text
    }

    /// The name of a host in DNS, with `*.` before it where that is allowed.
    static func hostName(_ text: String, wildcard: Bool = false) throws(JSONMismatch) -> String {
        let name = wildcard && text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let valid = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: "-") }
        }
        guard valid, text.utf8.count <= 253, IPAddress.bytes(of: text) == nil else {
            throw JSONMismatch(
                wildcard ? "is no name of a host, nor *. and one" : "is no name of a host, such as flight.example.com")
        }
        return text
    }

    /// A name that stands in logs, metrics and qualified subjects, whose parts a colon separates.
    static func label(_ text: String) throws(JSONMismatch) -> String {
        guard (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ isWordByte($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else { throw JSONMismatch("must be a name of letters, digits, _, - and ., at most 64") }
        return text
    }

    /// A URL of the web. Without TLS only this machine is trusted, unless `plaintext` is allowed.
    static func webAddress(_ text: String, query: Bool = false, plaintext: Bool = false) throws(JSONMismatch) -> URL {
        guard let parts = URLComponents(string: text), let url = parts.url, let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil, query || parts.query == nil
        else { throw JSONMismatch("is no URL", hint: "write https://HOST/PATH") }
        switch parts.scheme {
        case "https": return url
        case "http" where plaintext || IPAddress.isLoopback(host): return url
        default: throw JSONMismatch("must begin with https://")
        }
    }
}

/// Addresses as text.
enum IPAddress {
    /// The 4 or 16 bytes of an address; nil for a name.
    static func bytes(of text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// Whether only this machine can reach the address.
    static func isLoopback(_ host: String) -> Bool {
        guard let bytes = bytes(of: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host) else {
            return host == "localhost"
        }
        return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}

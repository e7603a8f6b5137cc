import FlightProtocol
import JetwayCore
import NIOCore
import NIOHPACK
import Testing

@testable import JetwayHTTP2
@testable import JetwayRelay

@Suite("Header fields of one upstream")
struct HeaderRulesTests {
    private func rules(
        _ credentials: UpstreamCredentials, identity: [String] = [], token: HPACKHeaders? = nil
    ) throws -> UpstreamHeaderRules {
        let connector = UpstreamConnector(endpoint: try FlightLocation(parsing: "grpc://server:1")) { _, loop in
            loop.makeFailedFuture(ChannelError.eof)
        }
        return UpstreamHeaderRules(
            settings: UpstreamSettings(
                name: "u", connector: connector, credentials: credentials,
                credentialFields: FieldNames(["authorization", "auth-token-bin", "x-api-key"]),
                identityFields: FieldNames(identity), limits: RelayLimits()),
            token: token)
    }

    private var request: HeaderList {
        HeaderList([
            ":method": "POST", ":authority": "front", ":path": "/x", "authorization": "Bearer client",
            "auth-token-bin": "dG9r", "x-api-key": "k", "x-user": "mallory", "x_user": "mallory", "tenant": "acme",
        ])
    }

    private func names(_ list: HeaderList) -> [String] { list.fields.map(\.name) }

    @Test("credentials of clients end at the gateway, in every spelling")
    func dropped() throws {
        let sent = try rules(.none, identity: ["x-user"]).request(.drop).rewrite(request)
        #expect(names(sent) == [":method", ":authority", ":path", "tenant", "te"])
    }

    @Test("a client's credentials pass only to an upstream that is to get them")
    func passing() throws {
        let passing = try rules(.passThrough).request(.passThrough).rewrite(request)
        #expect(passing.fields["authorization"] == ["Bearer client"])
        #expect(passing.fields["auth-token-bin"] == ["dG9r"])
        let fixed = try rules(.fixed(authorization: "Bearer ours")).request(.passThrough).rewrite(request)
        #expect(fixed.fields["authorization"] == ["Bearer ours"])
        #expect(fixed.fields["auth-token-bin"] == [])
    }

    @Test("beside a verified token that is shown further nothing of the client's goes on, authorization neither")
    func forwarding() throws {
        let sent = try rules(.passThrough).request(.forward(bearer: "verified")).rewrite(request)
        #expect(sent.fields["authorization"] == [])
        #expect(sent.fields["auth-token-bin"] == [])
        #expect(sent.fields["x-api-key"] == [])
    }

    @Test("the upstream's own credentials are there once, whatever the client sent")
    func fixed() throws {
        let sent = try rules(.fixed(authorization: "Basic ours")).request(.drop).rewrite(request)
        #expect(sent.fields["authorization"] == ["Basic ours"])
        let token = try rules(
            .login(.init(username: "u", password: "p", form: .payload, lifetime: .hours(1))),
            token: ["auth-token-bin": "b3Vycw"])
        #expect(token.request(.drop).rewrite(request).fields["auth-token-bin"] == ["b3Vycw"])
    }

    @Test(
        "what an upstream says about credentials ends at the gateway, in head and trailers, unless all passes through")
    func responses() throws {
        let response = HeaderList([
            ":status": "200", "authorization": "Bearer service-account", "auth-token-bin": "b", "x-user": "us",
            "x-a": "1",
        ])
        let clean = try rules(.none, identity: ["x-user"]).response(.drop).rewrite(response)
        #expect(names(clean) == [":status", "x-a"])
        let plain = try rules(.passThrough).response(.passThrough).rewrite(response)
        #expect(names(plain) == names(response))
    }

    @Test("rules of one token are never taken for those of the next, though a list remembers what was made of it")
    func generations() throws {
        let list = request
        for number in 0..<1000 {
            let sent = try rules(.fixed(authorization: "Bearer \(number)")).request(.drop).rewrite(list)
            #expect(sent.fields["authorization"] == ["Bearer \(number)"])
        }
    }
}

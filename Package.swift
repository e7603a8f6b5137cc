// swift-tools-version: 6.2
import PackageDescription

// Arrows between targets only point downwards in this list; `--explicit-target-dependency-import-check error` keeps it so.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "jetway",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "jetway", targets: ["JetwayCommand"]),
        .library(name: "Jetway", targets: ["Jetway", "JetwayCore"]),
        .library(name: "JetwayTesting", targets: ["JetwayTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .target(name: "JetwayHTTP2", dependencies: [nioCore, nioHPACK], swiftSettings: settings),
        .target(name: "ArrowIPC", dependencies: [nioCore], swiftSettings: settings),
        .target(name: "FlightProtocol", dependencies: ["ArrowIPC", nioCore, protobuf], swiftSettings: settings),
        .target(
            name: "JetwayCore", dependencies: [nioCore, nioHPACK, logging, "FlightProtocol"], swiftSettings: settings),
        .systemLibrary(name: "CZlib"),
        .target(
            name: "JetwayRelay",
            dependencies: [
                "CZlib", "JetwayHTTP2", "JetwayCore", "FlightProtocol", "ArrowIPC", nioCore, nioPosix, nioHPACK,
                logging,
            ],
            swiftSettings: settings),
        .systemLibrary(name: "CJansson"),
        .target(name: "StrictJSON", dependencies: ["CJansson", "JetwayCore"], swiftSettings: settings),
        .systemLibrary(name: "CCrypt"),
        .systemLibrary(name: "CArgon2"),
        .target(
            name: "JetwayAuth",
            dependencies: [
                "CCrypt", "CArgon2", "StrictJSON", "JetwayCore", "FlightProtocol", nioCore, nioPosix, nioHPACK,
                logging, x509, asn1, crypto, cryptoExtras, jwtKit,
            ],
            swiftSettings: settings),
        .target(
            name: "JetwayPolicy",
            dependencies: ["StrictJSON", "JetwayCore", "FlightProtocol", nioCore, nioHPACK, logging],
            swiftSettings: settings),
        .systemLibrary(name: "CFile"),
        .target(
            name: "Flight",
            dependencies: [
                "CFile", "JetwayHTTP2", "FlightProtocol", "ArrowIPC", nioCore, nioPosix, nioHPACK, nioTLS, nioSSL,
                protobuf,
                logging,
            ],
            swiftSettings: settings),
        .systemLibrary(name: "CMalloc"),
        .target(
            name: "Jetway",
            dependencies: [
                "CFile", "CMalloc", "Flight", "JetwayHTTP2", "JetwayCore", "JetwayRelay", "JetwayAuth",
                "StrictJSON",
                "FlightProtocol", nioCore, nioPosix, nioHPACK, nioSSL, logging, metrics, x509, asn1, crypto, httpClient,
                hummingbird, hummingbirdCore, lifecycle,
            ],
            swiftSettings: settings),
        .target(
            name: "JetwayTesting",
            dependencies: [
                "Jetway", "JetwayRelay", "JetwayCore", "JetwayHTTP2", "FlightProtocol", nioCore, nioPosix, nioHPACK,
                logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "JetwayCommand",
            dependencies: [
                "Jetway", "JetwayAuth", "JetwayCore", "JetwayRelay", "JetwayHTTP2", "Flight",
                "FlightProtocol",
                "ArrowIPC", nioCore, arguments, unixSignals, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "StagesGateway", dependencies: ["Jetway"], path: "Benchmarks/StagesGateway", swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "JetwayHTTP2Tests", dependencies: ["TestSupport", "JetwayHTTP2", nioCore, nioEmbedded, nioHPACK],
            swiftSettings: settings),
        .testTarget(
            name: "ArrowIPCTests", dependencies: ["TestSupport", "ArrowIPC", nioCore], swiftSettings: settings),
        .testTarget(
            name: "FlightProtocolTests",
            dependencies: ["TestSupport", "FlightProtocol", "ArrowIPC", nioCore, protobuf],
            swiftSettings: settings),
        .testTarget(
            name: "FlightTests",
            dependencies: [
                "TestSupport", "Flight", "JetwayHTTP2", "FlightProtocol", "ArrowIPC", nioCore, nioPosix, nioHPACK,
                protobuf, logging, .product(name: "InMemoryLogging", package: "swift-log"), x509, asn1, crypto,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "JetwayCoreTests", dependencies: ["TestSupport", "JetwayCore", nioCore], swiftSettings: settings),
        .testTarget(
            name: "JetwayRelayTests",
            dependencies: [
                "TestSupport", "JetwayRelay", "JetwayCore", "JetwayHTTP2", "FlightProtocol", nioCore, nioEmbedded,
                nioHPACK, logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "JetwayTestingTests",
            dependencies: ["JetwayTesting", "Jetway", "JetwayCore", "FlightProtocol", nioCore, nioHPACK],
            swiftSettings: settings),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON", "JetwayCore"], swiftSettings: settings),
        .testTarget(
            name: "JetwayAuthTests",
            dependencies: [
                "TestSupport", "JetwayAuth", "JetwayCore", "StrictJSON", "FlightProtocol", nioCore, nioHPACK, logging,
                x509, asn1, crypto, cryptoExtras, jwtKit,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "JetwayPolicyTests",
            dependencies: [
                "TestSupport", "JetwayPolicy", "JetwayCore", "StrictJSON", "FlightProtocol", nioCore, nioHPACK,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "JetwayTests",
            dependencies: [
                "TestSupport", "Jetway", "JetwayCore", "StrictJSON", "FlightProtocol", "Flight", nioCore, nioPosix,
                logging, metrics,
            ],
            swiftSettings: settings),
    ]
)

// What a user's middleware names comes with `import Jetway`: calls and stages, RPCs and status codes, header fields, buffers.
@_exported public import FlightProtocol
@_exported public import JetwayCore
@_exported public import NIOCore
@_exported public import NIOHPACK

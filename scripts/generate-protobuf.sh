#!/bin/sh
# Makes the Swift code of protos/*.proto in Sources/FlightProtocol/Generated.
#
# Needs protoc (Debian: protobuf-compiler). The plugin is built from the swift-protobuf that this package resolves, in
# a folder of its own, so that neither .build nor the machine is changed. To keep that folder between runs, name it in
# JETWAY_PROTOBUF_SCRATCH.
set -eu

# The committed code is made by this version, whatever a machine resolves.
plugin_version=1.39.0

root=$(cd "$(dirname "$0")/.." && pwd)
generated="$root/Sources/FlightProtocol/Generated"

command -v protoc >/dev/null || {
    echo "generate-protobuf: protoc is missing (Debian: apt-get install protobuf-compiler)" >&2
    exit 1
}

if [ -n "${JETWAY_PROTOBUF_SCRATCH:-}" ]; then
    scratch=$JETWAY_PROTOBUF_SCRATCH
    mkdir -p "$scratch"
else
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
fi

nice -n 10 swift build --package-path "$root" --scratch-path "$scratch" --product protoc-gen-swift >&2
plugin=$(swift build --package-path "$root" --scratch-path "$scratch" --show-bin-path)/protoc-gen-swift

found=$("$plugin" --version)
[ "$found" = "protoc-gen-swift $plugin_version" ] || {
    echo "generate-protobuf: expected protoc-gen-swift $plugin_version, the package resolves $found" >&2
    exit 1
}

mkdir -p "$generated"
protoc \
    --plugin="protoc-gen-swift=$plugin" \
    --proto_path="$root/protos" \
    --proto_path="$scratch/checkouts/swift-protobuf/Sources/protobuf/include" \
    --swift_opt=Visibility=Package \
    --swift_opt=UseAccessLevelOnImports=true \
    --swift_out="$generated" \
    Flight.proto FlightSql.proto

"""The configurations of the proxies and servers.

Equal for all: one worker or thread, TLS 1.3 with one P-256 certificate in front, plaintext HTTP/2 behind, no access
log, no limit of time, size or connections that a load could meet, room for 64 KiB of header fields. HTTP/2 windows,
frame sizes and buffers otherwise stay what each product chooses for a proxy, except where a comment says why not.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .credentials import AUDIENCE, ISSUER, Credentials


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path
    combined: Path


@dataclass(frozen=True)
class Front:
    """What a proxy is asked to be; a server serves the Arrow files in `flights` instead."""

    folder: Path
    listen: int
    upstream: int
    flights: Path
    credentials: Credentials
    certificate: Certificate | None
    workers: int


def _nginx_frame(front: Front, modules: str, body: str) -> list[str]:
    user = "user root;" if os.geteuid() == 0 else ""
    path = front.folder / "nginx.conf"
    path.write_text(
        f"{modules}\n{user}\nworker_processes {front.workers};\npid nginx.pid;\nerror_log stderr warn;\n"
        f"worker_rlimit_nofile 8192;\nevents {{ worker_connections 4096; }}\n{body}\n"
    )
    return ["nginx", "-p", str(front.folder), "-c", str(path), "-g", "daemon off;"]


def _nginx_tls(front: Front) -> str:
    if front.certificate is None:
        return ""
    # Flight clients offer this cipher first, and servers on BoringSSL follow them: so all use the same.
    return (
        f"ssl_certificate {front.certificate.certificate}; ssl_certificate_key {front.certificate.key};"
        " ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384;"
    )


def nginx_command(front: Front) -> list[str]:
    temporary = "".join(
        f"{kind}_temp_path {front.folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    tls = "ssl " if front.certificate else ""
    # 64 KiB for grpc_buffer_size holds response headers of that size. With its defaults for the three buffers nginx
    # uses about twice the CPU per GB in either direction, which a careful operator would not leave so.
    return _nginx_frame(
        front,
        "",
        f"""http {{
{temporary}access_log off; tcp_nodelay on; http2_chunk_size 64k; keepalive_requests 1000000000; keepalive_timeout 1h;
http2_max_concurrent_streams 256; large_client_header_buffers 4 64k;
client_max_body_size 0; client_body_buffer_size 256k; client_body_timeout 1h; send_timeout 1h;
grpc_buffer_size 64k; grpc_read_timeout 1h; grpc_send_timeout 1h; grpc_socket_keepalive on;
upstream flight {{ server 127.0.0.1:{front.upstream}; keepalive 256; keepalive_requests 1000000000; }}
server {{ listen 127.0.0.1:{front.listen} {tls}http2; {_nginx_tls(front)} location / {{ grpc_pass grpc://flight; }} }}
}}""",
    )


def nginx_stream_command(front: Front, module: str) -> list[str]:
    tls = " ssl" if front.certificate else ""
    alpn = "ssl_alpn h2;" if front.certificate else ""
    return _nginx_frame(
        front,
        module,
        f"""stream {{
tcp_nodelay on; proxy_timeout 1h;
server {{ listen 127.0.0.1:{front.listen}{tls}; {_nginx_tls(front)} {alpn} proxy_pass 127.0.0.1:{front.upstream}; }}
}}""",
    )


def haproxy_command(front: Front) -> list[str]:
    tls = ""
    if front.certificate:
        tls = f" ssl crt {front.certificate.combined} ssl-min-ver TLSv1.3 alpn h2 ciphersuites TLS_AES_256_GCM_SHA384"
    path = front.folder / "haproxy.cfg"
    # Header fields must fit into one buffer, hence 64 KiB instead of 16.
    path.write_text(
        f"""global
    nbthread {front.workers}
    maxconn 4096
    tune.bufsize 65536
    tune.h2.max-concurrent-streams 256
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    http-reuse always
frontend flight
    bind 127.0.0.1:{front.listen}{tls}{"" if tls else " proto h2"}
    default_backend flight
backend flight
    server upstream 127.0.0.1:{front.upstream} proto h2
"""
    )
    return ["haproxy", "-db", "-f", str(path)]


def envoy_command(front: Front, program: str) -> list[str]:
    def typed(kind: str, **fields) -> dict:
        return {"@type": f"type.googleapis.com/envoy.extensions.{kind}", **fields}

    address = {"socket_address": {"address": "127.0.0.1", "port_value": front.listen}}
    target = {"socket_address": {"address": "127.0.0.1", "port_value": front.upstream}}
    manager = typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="flight",
        codec_type="HTTP2",
        stream_idle_timeout="0s",
        max_request_headers_kb=64,
        http_filters=[{"name": "router", "typed_config": typed("filters.http.router.v3.Router")}],
        route_config={
            "virtual_hosts": [
                {
                    "name": "flight",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "flight", "timeout": "0s"}}],
                }
            ]
        },
    )
    chain: dict = {"filters": [{"name": "http", "typed_config": manager}]}
    if front.certificate:
        pair = {
            "certificate_chain": {"filename": str(front.certificate.certificate)},
            "private_key": {"filename": str(front.certificate.key)},
        }
        common = {
            "tls_certificates": [pair],
            "alpn_protocols": ["h2"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
        }
        context = typed("transport_sockets.tls.v3.DownstreamTlsContext", common_tls_context=common)
        chain["transport_socket"] = {"name": "tls", "typed_config": context}
    options = typed("upstreams.http.v3.HttpProtocolOptions", explicit_http_config={"http2_protocol_options": {}})
    limits = {name: 100000 for name in ("max_connections", "max_pending_requests", "max_requests")}
    cluster = {
        "name": "flight",
        "type": "STATIC",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "circuit_breakers": {"thresholds": [limits]},
        "load_assignment": {
            "cluster_name": "flight",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": target}}]}],
        },
    }
    listener = {"name": "flight", "address": address, "filter_chains": [chain]}
    path = front.folder / "envoy.json"
    path.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}}, indent=1))
    quiet = ["--disable-hot-restart", "--log-level", "error"]
    return [program, "-c", str(path), "--concurrency", str(front.workers), *quiet]


def jetway_command(front: Front, program: str) -> list[str]:
    command = [program, "serve", "--upstream", f"grpc://127.0.0.1:{front.upstream}", *_jetway_listener(front)]
    command += ["--limit", "connectionsPerAddress=4096"]
    if front.certificate:
        command += ["--tls-certificate", str(front.certificate.certificate)]
        command += ["--tls-key", str(front.certificate.key)]
    return command


# The logins of gateways by a configuration file. The keys of a JWT's issuer are in a file: nothing is fetched.
def bearer_login(credentials: Credentials) -> dict[str, Any]:
    methods = [{"type": "basic", "users": str(credentials.users)}]
    return {"methods": methods, "tokens": {"keys": str(credentials.key_ring)}}


def jwt_login(credentials: Credentials) -> dict[str, Any]:
    method = {"type": "jwt", "issuer": ISSUER, "audience": AUDIENCE, "jwks": str(credentials.key_set)}
    return {"methods": [{**method, "algorithms": ["ES256", "RS256"], "claims": {"groups": "groups"}}]}


def no_login(credentials: Credentials) -> dict[str, Any]:
    return {"methods": [{"type": "anonymous", "subject": "guest"}]}


def _jetway_file(front: Front, authentication: dict[str, Any]) -> str:
    """A configuration that changes nothing in calls and writes nothing about them."""
    servers = [f"grpc://127.0.0.1:{front.upstream}"]
    path = front.folder / "jetway.json"
    content = {
        "listeners": [{"address": f"127.0.0.1:{front.listen}"}],
        "authentication": authentication,
        "upstreams": {"flight": {"servers": servers, "locations": "keep", "tickets": "keep"}},
        "policies": "allowAll",
        "telemetry": {"accessLog": "off"},
    }
    path.write_text(json.dumps(content, indent=1))
    path.chmod(0o600)
    return str(path)


def jetway_configured_command(
    front: Front, program: str, login: Callable[[Credentials], dict[str, Any]]
) -> list[str]:
    file = _jetway_file(front, login(front.credentials))
    return [program, "serve", "--config", file, "--threads", str(front.workers), "--log-level", "warning"]


def stages_command(front: Front, program: str) -> list[str]:
    return [program, _jetway_file(front, no_login(front.credentials)), str(front.workers)]


def jetway_flights_command(front: Front, program: str) -> list[str]:
    return [program, "flights", "serve", str(front.flights), *_jetway_listener(front)]


def _jetway_listener(front: Front) -> list[str]:
    return ["--listen", f"127.0.0.1:{front.listen}", "--threads", str(front.workers), "--log-level", "warning"]


def folder_server_command(front: Front) -> list[str]:
    return [sys.executable, str(Path(__file__).parent / "folder_server.py"), str(front.flights)]


def grpc_proxy_command(front: Front, program: Path) -> list[str]:
    command = [str(program), str(front.upstream)]
    if front.certificate:
        command += [str(front.certificate.certificate), str(front.certificate.key)]
    return command

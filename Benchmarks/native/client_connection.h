// One HTTP/2 connection of the load maker, plaintext or TLS 1.3, with libnghttp2 and OpenSSL.
#ifndef JETWAY_BENCH_CLIENT_CONNECTION_H
#define JETWAY_BENCH_CLIENT_CONNECTION_H
#include "common.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { streamWindow = 1 << 22, smallWindow = 1 << 16, inputSize = 1 << 18 };

// What has come of the response to a call.
typedef struct {
    size_t received;
    int status;  // its grpc-status, -1 before it came
    int differs;
    uint32_t resetCode;
    uint64_t begun;  // in nanoseconds, where its time is measured
} Call;

typedef struct Client {
    int socket;
    SSL *tls;  // NULL for plaintext
    nghttp2_session *session;
    Bytes request;
    uint32_t goAwayCode;
    int open, answered, settled, crediting, leaves;
    uint64_t totalReceived;
    const Bytes *expected;
    void (*ended)(struct Client *, Call *);  // hears of calls that have ended; may start others
} Client;

static int onHeader(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t nameSize,
                    const uint8_t *value, size_t valueSize, uint8_t flags, void *user) {
    (void)flags;
    Client *client = user;
    Call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (fieldIs(name, nameSize, ":status") && fieldIs(value, valueSize, "200")) client->answered++;
    if (call && fieldIs(name, nameSize, "grpc-status")) call->status = atoi((const char *)value);
    return 0;
}

static int onData(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t size,
                  void *user) {
    (void)flags;
    Client *client = user;
    Call *call = nghttp2_session_get_stream_user_data(session, stream);
    const Bytes *expected = client->expected;
    if (call && expected) {
        size_t end = call->received + size;
        if (end > expected->size || memcmp(expected->data + call->received, data, size)) call->differs = 1;
    }
    if (call) call->received += size;
    client->totalReceived += size;
    nghttp2_session_consume_connection(session, size);
    if (client->crediting) nghttp2_session_consume_stream(session, stream, size);
    return 0;
}

static int onStreamClose(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    Client *client = user;
    Call *call = nghttp2_session_get_stream_user_data(session, stream);
    client->open--;
    if (call) call->resetCode = code;
    if (call && client->ended) client->ended(client, call);
    return 0;
}

static int onFrame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)session;
    Client *client = user;
    if (frame->hd.type == NGHTTP2_SETTINGS) client->settled |= frame->hd.flags & NGHTTP2_FLAG_ACK ? 2 : 1;
    if (frame->hd.type == NGHTTP2_GOAWAY) client->leaves = 1, client->goAwayCode = frame->goaway.error_code;
    return 0;
}

static ssize_t readRequest(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user) {
    (void)session, (void)stream, (void)source;
    Client *client = user;
    if (client->request.size > room) die("the request is larger than a frame");
    memcpy(buffer, client->request.data, client->request.size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)client->request.size;
}

// Fields of a call beside those that all have; NULL: without it.
typedef struct {
    const char *authorization, *traceparent;
} Fields;

// What comes of the response goes into `call`, if it is there.
static inline void startCall(Client *client, Call *call, const char *path, const char *authority, Fields fields) {
    nghttp2_nv headers[] = {FIELD(":method", "POST"), FIELD(":scheme", client->tls ? "https" : "http"),
                            FIELD(":path", path), FIELD(":authority", authority), FIELD("te", "trailers"),
                            FIELD("content-type", "application/grpc"), FIELD("user-agent", "grpc-c++/bench"),
                            FIELD("grpc-accept-encoding", "identity, deflate, gzip"),
                            {0}, {0}};
    size_t count = 8;
    if (fields.authorization) headers[count++] = (nghttp2_nv)FIELD("authorization", fields.authorization);
    if (fields.traceparent) {
        headers[count] = (nghttp2_nv)FIELD("traceparent", fields.traceparent);
        headers[count++].flags = NGHTTP2_NV_FLAG_NO_INDEX;  // as gRPC's own clients do
    }
    nghttp2_data_provider body = {.read_callback = readRequest};
    if (call) *call = (Call){.status = -1};
    client->open++;
    if (nghttp2_submit_request(client->session, NULL, headers, count, &body, call) < 0) {
        die("no more streams");
    }
}

// Ends the program unless the call has succeeded, with the reply that was expected.
static inline void checkCall(const Client *client, const Call *call) {
    if (call->status == 0 && call->received == client->expected->size && !call->differs && !call->resetCode) return;
    die("a call ended with grpc-status %d, %zu of %zu bytes, stream with %s, GOAWAY: %s", call->status, call->received,
        client->expected->size, nghttp2_http2_strerror(call->resetCode),
        client->leaves ? nghttp2_http2_strerror(client->goAwayCode) : "none");
}

static inline void writeAll(Client *client, const uint8_t *bytes, size_t size) {
    for (size_t sent = 0; sent < size;) {
        ssize_t written = client->tls ? SSL_write(client->tls, bytes + sent, (int)(size - sent))
                                      : send(client->socket, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (written <= 0) die("the connection is lost");
        sent += (size_t)written;
    }
}

static inline void flush(Client *client) {
    uint8_t output[1 << 16];
    size_t filled = 0;
    for (;;) {
        const uint8_t *piece;
        ssize_t size = nghttp2_session_mem_send(client->session, &piece);
        if (size < 0) die("cannot send: %s", nghttp2_strerror((int)size));
        if (filled > 0 && (size == 0 || filled + (size_t)size > sizeof output)) {
            writeAll(client, output, filled);
            filled = 0;
        }
        if (size == 0) return;
        if ((size_t)size > sizeof output) die("a frame is larger than the output buffer");
        memcpy(output + filled, piece, (size_t)size);
        filled += (size_t)size;
    }
}

// Reads once and takes in what came. Returns 0 when the connection has ended. A record of TLS that holds no data, such
// as a session ticket, counts as read: so this does not wait for more when the socket was readable because of it.
static inline int receive(Client *client) {
    static uint8_t input[inputSize];
    do {
        ssize_t size = client->tls ? SSL_read(client->tls, input, sizeof input)
                                   : recv(client->socket, input, sizeof input, 0);
        if (size <= 0) return client->tls && SSL_get_error(client->tls, (int)size) == SSL_ERROR_WANT_READ;
        ssize_t taken = nghttp2_session_mem_recv(client->session, input, (size_t)size);
        if (taken != size) die("not HTTP/2: %s", nghttp2_strerror((int)taken));
    } while (client->tls && SSL_pending(client->tls) > 0);
    return 1;
}

// TLS 1.3 only, ALPN h2; the server must show a certificate of `authority` for localhost. No session is used again.
static inline SSL_CTX *trust(const char *authority) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_load_verify_locations(context, authority, NULL) != 1) die("cannot use %s", authority);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\2h2", 3);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    // What Flight clients offer first on machines with AES instructions.
    SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384");
    return context;
}

static inline void handshake(Client *client, SSL_CTX *context) {
    client->tls = SSL_new(context);
    if (!client->tls) die("out of memory");
    SSL_set_fd(client->tls, client->socket);
    SSL_set_tlsext_host_name(client->tls, "localhost");
    SSL_set1_host(client->tls, "localhost");
    if (SSL_connect(client->tls) != 1) die("no TLS: %s", ERR_error_string(ERR_get_error(), NULL));
    const unsigned char *protocol;
    unsigned size;
    SSL_get0_alpn_selected(client->tls, &protocol, &size);
    if (size != 2 || memcmp(protocol, "h2", 2)) die("the server did not choose h2");
}

// Connects, with TLS if `context` is there, and puts the client's SETTINGS in line.
static inline void dial(Client *client, int port, SSL_CTX *context, uint32_t window) {
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address)) die("cannot connect to port %d", port);
    setNoDelay(client->socket);
    if (context) handshake(client, context);
    static nghttp2_session_callbacks *callbacks;
    static nghttp2_option *options;
    if (!callbacks) {
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
        nghttp2_option_new(&options);
        nghttp2_option_set_no_auto_window_update(options, 1);
    }
    nghttp2_session_client_new2(&client->session, callbacks, client, options);
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
                                         {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1 << 22}};
    nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings, 3);
    nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 1 << 30);
}

// Exchanges SETTINGS both ways, so that no side waits for an acknowledgement later.
static inline void settle(Client *client) {
    flush(client);
    while (client->settled != 3) {
        if (!receive(client)) die("the connection ended before it was set up");
        flush(client);
    }
}

static inline void hangUp(Client *client) {
    nghttp2_session_terminate_session(client->session, NGHTTP2_NO_ERROR);
    flush(client);
    nghttp2_session_del(client->session);
    if (client->tls) SSL_free(client->tls);
    close(client->socket);
}

#endif

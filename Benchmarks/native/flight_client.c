// A Flight client for measurements, on one plaintext connection, with libnghttp2.
//
//   flight_client calls PORT COUNT DESCRIPTOR REPLY   sequential GetFlightInfo calls with exact times
//   flight_client stall PORT STREAMS TICKET KIND MILLISECONDS
//                                                     DoGet streams that stop being read
//
// `calls` sends the message in DESCRIPTOR and fails unless every call ends with grpc-status 0 and the message in REPLY.
// `stall` reads all streams for MILLISECONDS (0: not at all), then stops: KIND "socket" reads no more of the socket,
// KIND "window" reads on and gives no more credit to the streams. It prints a JSON line when it has stopped and keeps
// the streams open until its standard input is closed.
#include "common.h"

#include <poll.h>

enum { streamWindow = 1 << 22, smallWindow = 1 << 16, inputSize = 1 << 18 };

typedef struct {
    int socket;
    nghttp2_session *session;
    Bytes request;
    size_t received;  // response bytes of the call at work
    int status;       // its grpc-status, -1 before it came
    uint32_t resetCode, goAwayCode;  // of the stream that ended last, and of the connection
    int open, answered, failed, settled, crediting, leaves;
    uint64_t totalReceived;
    const Bytes *expected;
    int differs;
} Client;

static int onHeader(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t nameSize,
                    const uint8_t *value, size_t valueSize, uint8_t flags, void *user) {
    (void)session, (void)flags, (void)frame;
    Client *client = user;
    if (fieldIs(name, nameSize, ":status") && fieldIs(value, valueSize, "200")) client->answered++;
    if (fieldIs(name, nameSize, "grpc-status")) client->status = atoi((const char *)value);
    return 0;
}

static int onData(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t size,
                  void *user) {
    (void)flags;
    Client *client = user;
    const Bytes *expected = client->expected;
    if (expected) {
        size_t end = client->received + size;
        if (end > expected->size || memcmp(expected->data + client->received, data, size)) client->differs = 1;
    }
    client->received += size;
    client->totalReceived += size;
    nghttp2_session_consume_connection(session, size);
    if (client->crediting) nghttp2_session_consume_stream(session, stream, size);
    return 0;
}

static int onStreamClose(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    (void)session, (void)stream;
    Client *client = user;
    client->open--;
    client->resetCode = code;
    if (code != NGHTTP2_NO_ERROR) client->failed++;
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

static void start(Client *client, const char *path, const char *authority) {
    nghttp2_nv headers[] = {FIELD(":method", "POST"), FIELD(":scheme", "http"), FIELD(":path", path),
                            FIELD(":authority", authority), FIELD("te", "trailers"),
                            FIELD("content-type", "application/grpc"), FIELD("user-agent", "grpc-c++/bench"),
                            FIELD("grpc-accept-encoding", "identity, deflate, gzip")};
    nghttp2_data_provider body = {.read_callback = readRequest};
    client->received = 0, client->status = -1;
    client->open++;
    if (nghttp2_submit_request(client->session, NULL, headers, 8, &body, NULL) < 0) die("no more streams");
}

static void flush(Client *client) {
    uint8_t output[1 << 16];
    size_t filled = 0;
    for (;;) {
        const uint8_t *piece;
        ssize_t size = nghttp2_session_mem_send(client->session, &piece);
        if (size < 0) die("cannot send: %s", nghttp2_strerror((int)size));
        if (filled > 0 && (size == 0 || filled + (size_t)size > sizeof output)) {
            for (size_t sent = 0; sent < filled;) {
                ssize_t written = send(client->socket, output + sent, filled - sent, MSG_NOSIGNAL);
                if (written <= 0) die("the connection is lost");
                sent += (size_t)written;
            }
            filled = 0;
        }
        if (size == 0) return;
        if ((size_t)size > sizeof output) die("a frame is larger than the output buffer");
        memcpy(output + filled, piece, (size_t)size);
        filled += (size_t)size;
    }
}

static void receive(Client *client) {
    static uint8_t input[inputSize];
    ssize_t size = recv(client->socket, input, sizeof input, 0);
    if (size <= 0) die("the connection ended");
    ssize_t taken = nghttp2_session_mem_recv(client->session, input, (size_t)size);
    if (taken != size) die("not HTTP/2: %s", nghttp2_strerror((int)taken));
}

// Connects and exchanges SETTINGS both ways, so that no side waits for an acknowledgement later.
static void openConnection(Client *client, int port, uint32_t window) {
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address)) die("cannot connect to port %d", port);
    setNoDelay(client->socket);
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
    nghttp2_option *options;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_client_new2(&client->session, callbacks, client, options);
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
                                         {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1 << 22}};
    nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings, 3);
    nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 1 << 30);
    flush(client);
    while (client->settled != 3) {
        receive(client);
        flush(client);
    }
}

static int compareTimes(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int runCalls(int port, size_t count, const char *descriptorPath, const char *replyPath) {
    Bytes descriptor = readFile(descriptorPath), reply = readFile(replyPath);
    Bytes expected = gRPCMessage(reply.data, reply.size, reply.size);
    Client client = {.request = gRPCMessage(descriptor.data, descriptor.size, descriptor.size),
                     .expected = &expected, .crediting = 1};
    char authority[32];
    snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
    openConnection(&client, port, streamWindow);
    uint64_t *times = allocate(count * sizeof *times);
    uint64_t begin = nowNanoseconds();
    for (size_t i = 0; i < count; i++) {
        uint64_t sent = nowNanoseconds();
        start(&client, SERVICE "GetFlightInfo", authority);
        flush(&client);
        while (client.open > 0) {
            receive(&client);
            if (client.open > 0) flush(&client);
        }
        times[i] = nowNanoseconds() - sent;
        if (client.status != 0 || client.received != expected.size || client.differs || client.failed) {
            die("call %zu: grpc-status %d, %zu of %zu bytes, stream ended with %s, GOAWAY: %s", i, client.status,
                client.received, expected.size, nghttp2_http2_strerror(client.resetCode),
                client.leaves ? nghttp2_http2_strerror(client.goAwayCode) : "none");
        }
    }
    double seconds = (double)(nowNanoseconds() - begin) / 1e9;
    qsort(times, count, sizeof *times, compareTimes);
    printf("{\"calls\": %zu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f}\n", count,
           seconds,
           (double)times[count / 2] / 1e3, (double)times[count * 99 / 100] / 1e3, (double)times[count - 1] / 1e3);
    return 0;
}

static int waitReadable(int socket, int withInput, int milliseconds, int *inputReady) {
    struct pollfd files[2] = {{.fd = socket, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    poll(socket < 0 ? files + 1 : files, socket < 0 ? 1 : (withInput ? 2 : 1), milliseconds);
    if (inputReady) *inputReady = files[1].revents != 0;
    return files[0].revents != 0;
}

static int runStall(int port, int streams, const char *ticket, const char *kind, int milliseconds) {
    int bySocket = strcmp(kind, "socket") == 0;
    if (!bySocket && strcmp(kind, "window") != 0) die("not a kind of stall: %s", kind);
    uint8_t body[64] = {0x0a, (uint8_t)strlen(ticket)};
    if (strlen(ticket) > 60) die("the ticket is too long");
    memcpy(body + 2, ticket, strlen(ticket));
    Client client = {.request = gRPCMessage(body, strlen(ticket) + 2, strlen(ticket) + 2),
                     .crediting = milliseconds > 0};
    char authority[32];
    snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
    openConnection(&client, port, !bySocket && milliseconds == 0 ? smallWindow : streamWindow);
    for (int i = 0; i < streams; i++) start(&client, SERVICE "DoGet", authority);
    flush(&client);

    uint64_t begin = nowNanoseconds(), end = begin + (uint64_t)milliseconds * 1000000u;
    for (uint64_t now = begin; now < end; now = nowNanoseconds()) {
        if (!waitReadable(client.socket, 0, (int)((end - now) / 1000000u) + 1, NULL)) continue;
        receive(&client);
        flush(&client);
    }
    client.crediting = 0;
    printf("{\"answered\": %d, \"received\": %llu, \"ended\": %d}\n", client.answered,
           (unsigned long long)client.totalReceived, streams - client.open);
    fflush(stdout);
    for (int closed = 0; !closed;) {
        if (!waitReadable(bySocket ? -1 : client.socket, 1, -1, &closed)) continue;
        receive(&client);
        flush(&client);
    }
    printf("{\"answered\": %d, \"received\": %llu, \"ended\": %d}\n", client.answered,
           (unsigned long long)client.totalReceived, streams - client.open);
    return 0;
}

int main(int count, char **arguments) {
    if (count == 6 && strcmp(arguments[1], "calls") == 0) {
        return runCalls(atoi(arguments[2]), strtoul(arguments[3], NULL, 10), arguments[4], arguments[5]);
    }
    if (count == 7 && strcmp(arguments[1], "stall") == 0) {
        return runStall(atoi(arguments[2]), atoi(arguments[3]), arguments[4], arguments[5], atoi(arguments[6]));
    }
    die("usage: flight_client calls PORT COUNT DESCRIPTOR REPLY | "
        "flight_client stall PORT STREAMS TICKET socket|window MILLISECONDS");
}

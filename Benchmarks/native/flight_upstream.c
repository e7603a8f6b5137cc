// An upstream that is not the limit of a measurement: one thread, libnghttp2, canned Flight replies.
//
//   flight_upstream INFO SCHEMA [SIZE:BATCH]...
//
// GetFlightInfo answers with the message in INFO. DoGet takes a ticket "SIZE COUNT" and answers with the message in
// SCHEMA and COUNT messages that begin with BATCH and end with SIZE zero bytes (a record batch of zeros, so a Flight
// client can read it). Any other method is UNIMPLEMENTED. The port is printed as "listening PORT".
// A line "stats" on standard input prints one JSON line; the program ends when standard input is closed.
#include "common.h"

#include <errno.h>
#include <sys/epoll.h>

enum { outputLimit = 1 << 18, inputSize = 1 << 18, ticketLimit = 64, batchKinds = 16 };

typedef struct {
    uint64_t size;
    Bytes head;
} Batch;

typedef enum { methodUnknown, methodGetFlightInfo, methodDoGet } Method;

typedef struct {
    Method method;
    uint8_t request[ticketLimit];
    size_t requestSize;
    const Batch *batch;
    uint64_t batchesLeft;
    const Bytes *head;  // the message part that is being sent
    size_t headSent;
    uint64_t zerosLeft;
} Call;

typedef struct {
    int socket;
    nghttp2_session *session;
    uint8_t output[outputLimit];
    size_t outputStart, outputEnd;
    int waitsForWriting;
} Connection;

static Bytes infoMessage, schemaMessage;
static Batch batches[batchKinds];
static int batchCount, poller;
static uint64_t callsStarted, callsEnded, dataBytesSent, connectionsAccepted;

static int onHeader(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t nameSize,
                    const uint8_t *value, size_t valueSize, uint8_t flags, void *user) {
    (void)flags, (void)user;
    Call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!call || !fieldIs(name, nameSize, ":path")) return 0;
    if (fieldIs(value, valueSize, SERVICE "GetFlightInfo")) call->method = methodGetFlightInfo;
    if (fieldIs(value, valueSize, SERVICE "DoGet")) call->method = methodDoGet;
    return 0;
}

static int onBeginHeaders(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, allocate(sizeof(Call)));
    callsStarted++;
    return 0;
}

static int onData(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t size,
                  void *user) {
    (void)flags, (void)user;
    Call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (!call) return 0;
    size_t room = sizeof call->request - 1 - call->requestSize;
    size_t taken = size < room ? size : room;
    memcpy(call->request + call->requestSize, data, taken);
    call->requestSize += taken;
    return 0;
}

static int onStreamClose(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    (void)code, (void)user;
    free(nghttp2_session_get_stream_user_data(session, stream));
    callsEnded++;
    return 0;
}

static ssize_t frameSize(nghttp2_session *session, uint8_t type, int32_t stream, int32_t connectionWindow,
                         int32_t streamWindow, uint32_t peerFrameSize, void *user) {
    (void)session, (void)type, (void)stream, (void)user;
    int64_t size = outputLimit / 2 - 64;
    if (connectionWindow < size) size = connectionWindow;
    if (streamWindow < size) size = streamWindow;
    if (peerFrameSize < size) size = peerFrameSize;
    return (ssize_t)size;
}

static ssize_t readBody(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room, uint32_t *flags,
                        nghttp2_data_source *source, void *user) {
    (void)user;
    Call *call = source->ptr;
    size_t filled = 0;
    while (filled < room) {
        if (call->headSent < call->head->size) {
            size_t size = call->head->size - call->headSent;
            if (size > room - filled) size = room - filled;
            memcpy(buffer + filled, call->head->data + call->headSent, size);
            call->headSent += size, filled += size;
        } else if (call->zerosLeft > 0) {
            size_t size = room - filled;
            if (call->zerosLeft < size) size = (size_t)call->zerosLeft;
            memset(buffer + filled, 0, size);
            call->zerosLeft -= size, filled += size;
        } else if (call->batchesLeft > 0) {
            call->batchesLeft--;
            call->head = &call->batch->head, call->headSent = 0, call->zerosLeft = call->batch->size;
        } else {
            nghttp2_nv trailers[] = {FIELD("grpc-status", "0")};
            *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_trailer(session, stream, trailers, 1);
            break;
        }
    }
    dataBytesSent += filled;
    return (ssize_t)filled;
}

// The request of a DoGet is a gRPC message with Ticket {1: "SIZE COUNT"}: five bytes, tag, length, text.
static int readTicket(Call *call) {
    unsigned long long size, count;
    if (call->requestSize < 8 || call->request[5] != 0x0a) return 0;
    if (sscanf((const char *)call->request + 7, "%llu %llu", &size, &count) != 2) return 0;
    for (int i = 0; i < batchCount; i++) {
        if (batches[i].size == size) call->batch = &batches[i];
    }
    call->batchesLeft = count;
    call->head = &schemaMessage;
    return call->batch != NULL;
}

static void answer(nghttp2_session *session, int32_t stream, Call *call) {
    nghttp2_nv headers[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                            FIELD("grpc-accept-encoding", "identity, deflate, gzip")};
    nghttp2_nv refusal[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                            FIELD("grpc-status", "12")};
    call->head = &infoMessage;
    if (call->method == methodUnknown || (call->method == methodDoGet && !readTicket(call))) {
        nghttp2_submit_response(session, stream, refusal, 3, NULL);
        return;
    }
    nghttp2_data_provider body = {.source.ptr = call, .read_callback = readBody};
    nghttp2_submit_response(session, stream, headers, 3, &body);
}

static int onFrame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)user;
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    Call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (call) answer(session, frame->hd.stream_id, call);
    return 0;
}

static void closeConnection(Connection *connection) {
    nghttp2_session_del(connection->session);
    close(connection->socket);
    free(connection);
}

static void watch(Connection *connection, int writing) {
    if (writing == connection->waitsForWriting) return;
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->socket, &event);
    connection->waitsForWriting = writing;
}

// Fills the output buffer from the session and writes it: a frame is a little less than half of the buffer.
static int flush(Connection *connection) {
    const uint8_t *pending;
    for (;;) {
        while (connection->outputEnd < outputLimit / 2) {
            ssize_t size = nghttp2_session_mem_send(connection->session, &pending);
            if (size < 0) return 0;
            if (size == 0) break;
            if ((size_t)size > outputLimit - connection->outputEnd) die("a frame is larger than the output buffer");
            memcpy(connection->output + connection->outputEnd, pending, (size_t)size);
            connection->outputEnd += (size_t)size;
        }
        if (connection->outputStart == connection->outputEnd) break;
        ssize_t written = send(connection->socket, connection->output + connection->outputStart,
                               connection->outputEnd - connection->outputStart, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) {
            watch(connection, 1);
            return 1;
        }
        if (written <= 0) return 0;
        connection->outputStart += (size_t)written;
        if (connection->outputStart == connection->outputEnd) connection->outputStart = connection->outputEnd = 0;
    }
    watch(connection, 0);
    return nghttp2_session_want_read(connection->session) || nghttp2_session_want_write(connection->session);
}

static int receive(Connection *connection) {
    static uint8_t input[inputSize];
    ssize_t size = recv(connection->socket, input, sizeof input, 0);
    if (size < 0 && errno == EAGAIN) return 1;
    if (size <= 0) return 0;
    return nghttp2_session_mem_recv(connection->session, input, (size_t)size) == size;
}

static void acceptConnection(int listener, const nghttp2_session_callbacks *callbacks) {
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    setNoDelay(socket);
    connectionsAccepted++;
    Connection *connection = allocate(sizeof *connection);
    connection->socket = socket;
    nghttp2_session_server_new(&connection->session, callbacks, connection);
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 22},
                                         {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1 << 22}};
    nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 3);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event);
    if (!flush(connection)) closeConnection(connection);
}

static nghttp2_session_callbacks *makeCallbacks(void) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frameSize);
    return callbacks;
}

static int openListener(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)) die("cannot listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void readMessages(int count, char **arguments) {
    if (count < 3) die("usage: flight_upstream INFO SCHEMA [SIZE:BATCH]...");
    Bytes info = readFile(arguments[1]), schema = readFile(arguments[2]);
    infoMessage = gRPCMessage(info.data, info.size, info.size);
    schemaMessage = gRPCMessage(schema.data, schema.size, schema.size);
    for (int i = 3; i < count && batchCount < batchKinds; i++) {
        char *path;
        uint64_t size = strtoull(arguments[i], &path, 10);
        if (*path != ':') die("not SIZE:BATCH: %s", arguments[i]);
        Bytes head = readFile(path + 1);
        batches[batchCount++] = (Batch){size, gRPCMessage(head.data, head.size, head.size + (size_t)size)};
    }
}

// Answers "stats" lines. Returns 0 when standard input is closed.
static int readCommand(void) {
    char line[64];
    if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
    printf("{\"calls_started\": %llu, \"calls_ended\": %llu, \"data_bytes\": %llu, \"connections\": %llu}\n",
           (unsigned long long)callsStarted, (unsigned long long)callsEnded, (unsigned long long)dataBytesSent,
           (unsigned long long)connectionsAccepted);
    fflush(stdout);
    return 1;
}

int main(int count, char **arguments) {
    static int listenerMark, inputMark;
    readMessages(count, arguments);
    raiseFileLimit(4096);
    nghttp2_session_callbacks *callbacks = makeCallbacks();
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = openListener();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listenerMark};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &inputMark;
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == &listenerMark) {
                acceptConnection(listener, callbacks);
            } else if (events[i].data.ptr == &inputMark) {
                if (!readCommand()) return 0;
            } else {
                Connection *connection = events[i].data.ptr;
                int alive = !(events[i].events & ~(EPOLLIN | EPOLLOUT)) || (events[i].events & EPOLLIN);
                if (alive && (events[i].events & EPOLLIN)) alive = receive(connection);
                if (!alive || !flush(connection)) closeConnection(connection);
            }
        }
    }
}

// A Flight client for measurements, with libnghttp2 and OpenSSL.
//
//   flight_client calls PORT COUNT DESCRIPTOR REPLY [CA]    GetFlightInfo calls one by one on one connection
//   flight_client connect PORT COUNT DESCRIPTOR REPLY [CA]  connections one by one: connect, set up, one call, close
//   flight_client idle PORT COUNT DESCRIPTOR REPLY [CA]     connections that stay open after one call each
//   flight_client stall PORT STREAMS TICKET KIND MILLISECONDS
//                                                           DoGet streams that stop being read
//
// The first three send the message in DESCRIPTOR and fail unless every call ends with grpc-status 0 and the message in
// REPLY. With CA they speak TLS 1.3. Times are exact, in microseconds.
// `stall` reads all streams for MILLISECONDS (0: not at all), then stops: KIND "socket" reads no more of the socket,
// KIND "window" reads on and gives no more credit to the streams.
// `idle` and `stall` print a JSON line when they rest, keep everything open until standard input is closed, and print
// another one.
#include "client_connection.h"

#include <errno.h>
#include <poll.h>

typedef struct {
    int port;
    size_t count;
    Bytes request, reply;
    SSL_CTX *tls;
    char authority[32];
} Calls;

static Client newClient(const Calls *calls) {
    return (Client){.socket = -1, .request = calls->request, .expected = &calls->reply, .crediting = 1};
}

static void oneCall(Client *client, const Calls *calls) {
    Call call;
    startCall(client, &call, SERVICE "GetFlightInfo", calls->authority, (Fields){0});
    flush(client);
    while (client->open > 0) {
        if (!receive(client)) die("the connection ended within a call");
        if (client->open > 0) flush(client);
    }
    checkCall(client, &call);
}

static int runCalls(const Calls *calls) {
    Client client = newClient(calls);
    dial(&client, calls->port, calls->tls, streamWindow);
    settle(&client);
    uint64_t *times = allocate(calls->count * sizeof *times);
    uint64_t begin = nowNanoseconds();
    for (size_t i = 0; i < calls->count; i++) {
        uint64_t sent = nowNanoseconds();
        oneCall(&client, calls);
        times[i] = nowNanoseconds() - sent;
    }
    printTimes(times, calls->count, (double)(nowNanoseconds() - begin) / 1e9);
    return 0;
}

// The call goes out with the client's SETTINGS, as real clients do: nothing is waited for but the handshake.
static int runConnections(const Calls *calls) {
    uint64_t *times = allocate(calls->count * sizeof *times);
    uint64_t begin = nowNanoseconds();
    for (size_t i = 0; i < calls->count; i++) {
        Client client = newClient(calls);
        uint64_t dialled = nowNanoseconds();
        dial(&client, calls->port, calls->tls, streamWindow);
        oneCall(&client, calls);
        times[i] = nowNanoseconds() - dialled;
        hangUp(&client);
    }
    printTimes(times, calls->count, (double)(nowNanoseconds() - begin) / 1e9);
    return 0;
}

static void printOpen(size_t open, size_t closed) {
    printf("{\"open\": %zu, \"closed\": %zu}\n", open, closed);
    fflush(stdout);
}

// Answers what comes, such as PING and SETTINGS, on connections that otherwise rest.
static int runIdle(const Calls *calls) {
    raiseFileLimit(calls->count + 64);
    Client *clients = allocate(calls->count * sizeof *clients);
    struct pollfd *files = allocate((calls->count + 1) * sizeof *files);
    for (size_t i = 0; i < calls->count; i++) {
        clients[i] = newClient(calls);
        dial(&clients[i], calls->port, calls->tls, streamWindow);
        settle(&clients[i]);
        oneCall(&clients[i], calls);
        flush(&clients[i]);
        files[i] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
    }
    files[calls->count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    printOpen(calls->count, 0);
    size_t closed = 0;
    while (!files[calls->count].revents) {
        if (poll(files, calls->count + 1, -1) < 0 && errno != EINTR) die("cannot wait");
        for (size_t i = 0; i < calls->count; i++) {
            if (!files[i].revents) continue;
            if (receive(&clients[i]) && !clients[i].leaves) {
                flush(&clients[i]);
            } else {
                files[i].fd = -1;
                closed++;
            }
        }
    }
    printOpen(calls->count - closed, closed);
    return 0;
}

static int waitReadable(int socket, int withInput, int milliseconds, int *inputReady) {
    struct pollfd files[2] = {{.fd = socket, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    poll(socket < 0 ? files + 1 : files, socket < 0 ? 1 : (withInput ? 2 : 1), milliseconds);
    if (inputReady) *inputReady = files[1].revents != 0;
    return files[0].revents != 0;
}

static void receiveAndFlush(Client *client) {
    if (!receive(client)) die("the connection ended");
    flush(client);
}

static void printStalled(const Client *client, int streams) {
    printf("{\"answered\": %d, \"received\": %llu, \"ended\": %d}\n", client->answered,
           (unsigned long long)client->totalReceived, streams - client->open);
    fflush(stdout);
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
    dial(&client, port, NULL, !bySocket && milliseconds == 0 ? smallWindow : streamWindow);
    settle(&client);
    for (int i = 0; i < streams; i++) startCall(&client, NULL, SERVICE "DoGet", authority, (Fields){0});
    flush(&client);

    uint64_t begin = nowNanoseconds(), end = begin + (uint64_t)milliseconds * 1000000u;
    for (uint64_t now = begin; now < end; now = nowNanoseconds()) {
        if (waitReadable(client.socket, 0, (int)((end - now) / 1000000u) + 1, NULL)) receiveAndFlush(&client);
    }
    client.crediting = 0;
    printStalled(&client, streams);
    for (int closed = 0; !closed;) {
        if (waitReadable(bySocket ? -1 : client.socket, 1, -1, &closed)) receiveAndFlush(&client);
    }
    printStalled(&client, streams);
    return 0;
}

static Calls readCalls(int count, char **arguments) {
    Bytes descriptor = readFile(arguments[4]), reply = readFile(arguments[5]);
    Calls calls = {.port = atoi(arguments[2]),
                   .count = strtoul(arguments[3], NULL, 10),
                   .request = gRPCMessage(descriptor.data, descriptor.size, descriptor.size),
                   .reply = gRPCMessage(reply.data, reply.size, reply.size),
                   .tls = count == 7 ? trust(arguments[6]) : NULL};
    if (calls.count == 0) die("not a count: %s", arguments[3]);
    snprintf(calls.authority, sizeof calls.authority, "%s:%d", calls.tls ? "localhost" : "127.0.0.1", calls.port);
    return calls;
}

int main(int count, char **arguments) {
    if (count == 7 && strcmp(arguments[1], "stall") == 0) {
        return runStall(atoi(arguments[2]), atoi(arguments[3]), arguments[4], arguments[5], atoi(arguments[6]));
    }
    int (*run)(const Calls *) = NULL;
    if (count == 6 || count == 7) {
        if (strcmp(arguments[1], "calls") == 0) run = runCalls;
        if (strcmp(arguments[1], "connect") == 0) run = runConnections;
        if (strcmp(arguments[1], "idle") == 0) run = runIdle;
    }
    if (!run) {
        die("usage: flight_client calls|connect|idle PORT COUNT DESCRIPTOR REPLY [CA] | "
            "flight_client stall PORT STREAMS TICKET socket|window MILLISECONDS");
    }
    Calls calls = readCalls(count, arguments);
    return run(&calls);
}

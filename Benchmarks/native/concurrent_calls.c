// GetFlightInfo calls over 4 connections with 32 in flight on each, where each call may carry a credential of its own:
// what h2load cannot do.
//
//   concurrent_calls PORT COUNT DESCRIPTOR REPLY repeated|varied [CREDENTIALS FIRST]
//
// The calls' other fields are the same each time, or each call has another `traceparent`, as where calls are traced.
// CREDENTIALS has a value of `authorization` on each line. Calls take them in turn, beginning with line FIRST (from 0),
// and after the last with the first again. The message in DESCRIPTOR is sent; the program fails unless every call ends
// with grpc-status 0 and the message in REPLY. Prints a line of JSON; times are exact, in microseconds.
#include "client_connection.h"

#include <errno.h>
#include <poll.h>

enum { connectionCount = 4, callsPerConnection = 32 };

static struct {
    size_t count, started, ended;
    uint64_t *times;
    char **credentials;
    size_t credentialCount, next;
    char authority[32];
    int varied;
} load;

static void startNext(Client *client, Call *call) {
    Fields fields = {0};
    char trace[64];
    if (load.varied) {
        snprintf(trace, sizeof trace, "00-%032zx-%016zx-01", load.started + 1, load.started + 1);
        fields.traceparent = trace;
    }
    if (load.credentialCount > 0) {
        fields.authorization = load.credentials[load.next];
        load.next = (load.next + 1) % load.credentialCount;
    }
    load.started++;
    startCall(client, call, SERVICE "GetFlightInfo", load.authority, fields);
    call->begun = nowNanoseconds();
}

static void onCallEnded(Client *client, Call *call) {
    load.times[load.ended++] = nowNanoseconds() - call->begun;
    checkCall(client, call);
    if (load.started < load.count) startNext(client, call);
}

static void readCredentials(const char *path, const char *first) {
    Bytes text = readFile(path);
    for (size_t i = 0; i < text.size; i++) load.credentialCount += text.data[i] == '\n';
    if (load.credentialCount == 0) die("%s has no line", path);
    load.credentials = allocate(load.credentialCount * sizeof *load.credentials);
    char *line = (char *)text.data;
    for (size_t i = 0; i < load.credentialCount; i++) load.credentials[i] = strsep(&line, "\n");
    load.next = strtoul(first, NULL, 10) % load.credentialCount;
}

int main(int count, char **arguments) {
    if (count != 6 && count != 8) {
        die("usage: concurrent_calls PORT COUNT DESCRIPTOR REPLY repeated|varied [CREDENTIALS FIRST]");
    }
    int port = atoi(arguments[1]);
    load.count = strtoul(arguments[2], NULL, 10);
    if (load.count == 0) die("not a count: %s", arguments[2]);
    Bytes descriptor = readFile(arguments[3]), reply = readFile(arguments[4]);
    Bytes request = gRPCMessage(descriptor.data, descriptor.size, descriptor.size);
    Bytes expected = gRPCMessage(reply.data, reply.size, reply.size);
    load.varied = strcmp(arguments[5], "varied") == 0;
    if (count == 8) readCredentials(arguments[6], arguments[7]);
    load.times = allocate(load.count * sizeof *load.times);
    snprintf(load.authority, sizeof load.authority, "127.0.0.1:%d", port);

    static Client clients[connectionCount];
    static Call calls[connectionCount][callsPerConnection];
    struct pollfd files[connectionCount];
    for (int i = 0; i < connectionCount; i++) {
        clients[i] = (Client){.request = request, .expected = &expected, .crediting = 1, .ended = onCallEnded};
        dial(&clients[i], port, NULL, streamWindow);
        settle(&clients[i]);
        files[i] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
    }
    uint64_t begin = nowNanoseconds();
    for (int i = 0; i < connectionCount; i++) {
        for (int j = 0; j < callsPerConnection && load.started < load.count; j++) startNext(&clients[i], &calls[i][j]);
        flush(&clients[i]);
    }
    while (load.ended < load.count) {
        if (poll(files, connectionCount, -1) < 0 && errno != EINTR) die("cannot wait");
        for (int i = 0; i < connectionCount; i++) {
            if (!files[i].revents) continue;
            if (!receive(&clients[i])) die("a connection ended within calls");
            flush(&clients[i]);
        }
    }
    printTimes(load.times, load.count, (double)(nowNanoseconds() - begin) / 1e9);
    return 0;
}

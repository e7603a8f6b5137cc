// What the C programs share: sockets, files, the clock and header fields.
#ifndef JETWAY_BENCH_COMMON_H
#define JETWAY_BENCH_COMMON_H
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVICE "/arrow.flight.protocol.FlightService/"
#define FIELD(name, value) \
    {(uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE}

/// Bytes that a program keeps in memory: a file's content.
typedef struct {
    uint8_t *data;
    size_t size;
} Bytes;

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline uint64_t nowNanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int compareTimes(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/// Prints what a load of calls took, each in nanoseconds, as a line of JSON.
static inline void printTimes(uint64_t *times, size_t count, double seconds) {
    qsort(times, count, sizeof *times, compareTimes);
    printf("{\"calls\": %zu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f}\n", count,
           seconds, (double)times[count / 2] / 1e3, (double)times[count * 99 / 100] / 1e3,
           (double)times[count - 1] / 1e3);
}

static inline void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) die("out of memory");
    return memory;
}

static inline Bytes readFile(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    Bytes bytes = {allocate((size_t)size + 1), (size_t)size};
    if (fread(bytes.data, 1, bytes.size, file) != bytes.size) die("cannot read %s", path);
    fclose(file);
    return bytes;
}

/// A gRPC message: flag 0, length in four bytes, payload.
static inline Bytes gRPCMessage(const uint8_t *payload, size_t size, size_t announced) {
    Bytes message = {allocate(size + 5), size + 5};
    for (int i = 0; i < 4; i++) message.data[1 + i] = (uint8_t)(announced >> (24 - 8 * i));
    memcpy(message.data + 5, payload, size);
    return message;
}

static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static inline void setNoDelay(int socket) {
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Allows that many open files, or ends: with fewer a measurement would count refusals.
static inline void raiseFileLimit(size_t files) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) die("cannot read the limit of open files");
    if (limit.rlim_cur >= files) return;
    if (limit.rlim_max < files) die("%zu open files are needed, %zu allowed", files, (size_t)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) die("cannot raise the limit of open files");
}

static inline int fieldIs(const uint8_t *bytes, size_t size, const char *text) {
    return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/* The load generator: epoll, one thread, no allocation after the connections are made. */
#include "slices_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 16384
#define EVENTS_MAX 64
#define PATIENCE_MS 5000

/* Length of the first whole response in `bytes`; 0: not whole yet; -EPROTO: not a response. */
typedef int (*answer_length_fn)(const char *bytes, size_t length);

struct protocol {
    const char *name;
    const char *request;
    answer_length_fn answer_length;
};

struct connection {
    int fd;
    size_t length; /* bytes of the response so far */
    char answer[ANSWER_BYTES_MAX];
};

struct load {
    const struct protocol *protocol;
    size_t request_bytes;
    int epoll;
    size_t count;
    size_t outstanding;
    struct connection connections[];
};

uint64_t load_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Head and Content-Length; a chunked body is refused, for its end cannot be found so simply. */
static int http_length(const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end)
        return length >= ANSWER_BYTES_MAX ? -EPROTO : 0;
    if (length < 12 || memcmp(bytes, "HTTP/1.1 200", 12) != 0)
        return -EPROTO;
    size_t head = (size_t)(end - bytes) + 4;
    for (const char *line = bytes; line < end; line++) {
        if (strncasecmp(line, "\nContent-Length:", 16) != 0)
            continue;
        long body = strtol(line + 16, NULL, 10);
        if (body < 0 || (size_t)body > ANSWER_BYTES_MAX - head)
            return -EPROTO;
        return length >= head + (size_t)body ? (int)head + (int)body : 0;
    }
    return -EPROTO;
}

/* A simple string, or a bulk string of a known length. */
static int redis_length(const char *bytes, size_t length)
{
    if (length == 0)
        return 0;
    if (bytes[0] != '+' && bytes[0] != '$')
        return -EPROTO;
    const char *end = memmem(bytes, length, "\r\n", 2);
    if (!end)
        return length >= ANSWER_BYTES_MAX ? -EPROTO : 0;
    size_t head = (size_t)(end - bytes) + 2;
    long body = bytes[0] == '$' ? strtol(bytes + 1, NULL, 10) : -2;
    if (body == -1)
        body = -2; /* a null bulk string has no body, as the simple string has none */
    if (body < -2 || body > ANSWER_BYTES_MAX / 2)
        return -EPROTO;
    size_t whole = head + (size_t)(body + 2);
    return length >= whole ? (int)whole : 0;
}

#define ECHO_TEXT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* As many bytes as were sent. */
static int echo_length(const char *bytes, size_t length)
{
    if (length > strlen(ECHO_TEXT) || memcmp(bytes, ECHO_TEXT, length) != 0)
        return -EPROTO;
    return length == strlen(ECHO_TEXT) ? (int)length : 0;
}

static const struct protocol protocols[] = {
    {"http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", http_length},
    {"redis-ping", "*1\r\n$4\r\nPING\r\n", redis_length},
    {"redis-set", "*3\r\n$3\r\nSET\r\n$9\r\nloopscope\r\n$16\r\n0123456789abcdef\r\n",
     redis_length},
    {"echo", ECHO_TEXT, echo_length},
    {"redis-get", "*2\r\n$3\r\nGET\r\n$9\r\nloopscope\r\n", redis_length},
};

const struct protocol *protocol_find(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (strcmp(protocols[i].name, name) == 0)
            return &protocols[i];
    }
    return NULL;
}

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static int add_connection(struct load *load, int port)
{
    int fd = connect_to(port);
    if (fd < 0)
        return fd;
    struct connection *connection = &load->connections[load->count++];
    connection->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    return epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

struct load *load_open(const struct protocol *protocol, int port, size_t connections)
{
    struct load *load = calloc(1, sizeof *load + connections * sizeof(struct connection));
    if (!load)
        return NULL;
    load->protocol = protocol;
    load->request_bytes = strlen(protocol->request);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    int error = load->epoll < 0 ? -errno : 0;
    for (size_t i = 0; i < connections && error == 0; i++)
        error = add_connection(load, port);
    if (error) {
        load_close(load);
        errno = -error;
        return NULL;
    }
    return load;
}

void load_close(struct load *load)
{
    if (!load)
        return;
    for (size_t i = 0; i < load->count; i++)
        close(load->connections[i].fd);
    if (load->epoll >= 0)
        close(load->epoll);
    free(load);
}

static int ask(struct load *load, struct connection *connection)
{
    ssize_t sent = send(connection->fd, load->protocol->request, load->request_bytes, MSG_NOSIGNAL);
    if (sent < 0)
        return -errno;
    if ((size_t)sent != load->request_bytes)
        return -EIO; /* some sixty bytes always fit into an empty socket buffer */
    load->outstanding++;
    return 0;
}

/* Takes what has arrived. 1: the response is whole; 0: not yet; or -errno. */
static int take(struct load *load, struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->answer + connection->length,
                       sizeof connection->answer - connection->length, MSG_DONTWAIT);
    if (got == 0)
        return -ECONNRESET;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    connection->length += (size_t)got;
    int whole = load->protocol->answer_length(connection->answer, connection->length);
    if (whole <= 0)
        return whole;
    if ((size_t)whole != connection->length)
        return -EPROTO; /* one request outstanding, so nothing may follow */
    connection->length = 0;
    load->outstanding--;
    return 1;
}

int load_slice(struct load *load, uint64_t duration_ns, struct slice *out)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t start = load_clock_ns(), now = start;
    int error = 0;
    *out = (struct slice){0};
    for (size_t i = 0; i < load->count && error == 0; i++)
        error = ask(load, &load->connections[i]);
    while (error == 0 && load->outstanding > 0) {
        int ready = epoll_wait(load->epoll, events, EVENTS_MAX, PATIENCE_MS);
        if (ready == 0)
            return -ETIMEDOUT;
        if (ready < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < ready && error == 0; i++) {
            int done = take(load, events[i].data.ptr);
            error = done < 0 ? done : 0;
            if (done <= 0)
                continue;
            out->requests++;
            now = load_clock_ns();
            if (now - start < duration_ns)
                error = ask(load, events[i].data.ptr);
        }
    }
    out->wall_ns = now - start;
    return error;
}

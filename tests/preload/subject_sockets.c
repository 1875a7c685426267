/* SPDX-License-Identifier: MIT */
/* Loops whose sockets have queues that fill: what the probe must see, while the program sees
 * nothing of the probe. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "subject.h"

#define BACKLOG 8

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Bound to a free port of loopback; *address tells which. */
static int bound(int type, struct sockaddr_in *address)
{
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *address = loopback();
    EXPECT(fd >= 0);
    EXPECT(bind(fd, (struct sockaddr *)address, length) == 0);
    EXPECT(getsockname(fd, (struct sockaddr *)address, &length) == 0);
    return fd;
}

static int listener(struct sockaddr_in *address)
{
    int fd = bound(SOCK_STREAM, address);
    EXPECT(listen(fd, BACKLOG) == 0);
    return fd;
}

static void connect_many(const struct sockaddr *address, socklen_t length, int clients)
{
    for (int i = 0; i < clients; i++) {
        int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        EXPECT(fd >= 0);
        connect(fd, address,
                length); /* one too many is refused or waits: either way, it is queued for */
    }
}

static void turn_for(double s)
{
    int epfd = quiet_epoll();
    for (double end = seconds() + s; seconds() < end;)
        EXPECT(wait_ms(epfd, 10) == 0);
    close(epfd);
}

static int run_backlog(void)
{
    struct sockaddr_in address;
    int fd = listener(&address);
    connect_many((struct sockaddr *)&address, sizeof(address), BACKLOG + 4);
    turn_for(1.5);
    return fd < 0;
}

static int run_backlog_of_parent(void)
{
    struct sockaddr_in address;
    int status, fd = listener(&address);
    connect_many((struct sockaddr *)&address, sizeof(address), BACKLOG + 4);
    pid_t child = fork();
    if (child == 0) {
        turn_for(1.5);
        _exit(0);
    }
    EXPECT(fd >= 0 && waitpid(child, &status, 0) == child && status == 0);
    return 0;
}

static int run_backlog_local(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "loopscope-test-%d", getpid());
    socklen_t length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0);
    connect_many((struct sockaddr *)&address, length, BACKLOG + 4);
    turn_for(1.5);
    return 0;
}

static int run_datagrams_dropped(void)
{
    static const char datagram[1000];
    struct sockaddr_in address;
    int small = 4096, fd = bound(SOCK_DGRAM, &address);
    EXPECT(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    turn_for(0.8); /* seen empty first: what was dropped before does not count */
    for (int i = 0; i < 64; i++)
        EXPECT(sendto(sender, datagram, sizeof(datagram), 0, (struct sockaddr *)&address,
                      sizeof(address)) == sizeof(datagram));
    turn_for(1.5);
    return 0;
}

/* As a resolver does: a port for each question. A listener that comes later has its place. */
static int run_short_lived_ports(void)
{
    struct sockaddr_in address;
    int fds[40], listening = -1;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 40; i++)
            fds[i] = bound(SOCK_DGRAM, &address);
        if (round == 20)
            listening = listener(&address);
        turn_for(0.02);
        for (int i = 0; i < 40; i++)
            close(fds[i]);
    }
    turn_for(0.8);
    return listening < 0;
}

static int run_listener_closed(void)
{
    struct sockaddr_in address;
    int fd = listener(&address);
    turn_for(1.0);
    close(fd);
    turn_for(1.2);
    /* The same address at once: nobody else holds the socket. */
    int again = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(bind(again, (struct sockaddr *)&address, sizeof(address)) == 0);
    return 0;
}

/* A descriptor of the watchdog's would be one of the program's. */
static int run_socket_descriptors(void)
{
    struct sockaddr_in address;
    int fd = listener(&address), count = 0;
    turn_for(0.8);
    DIR *dir = opendir("/proc/self/fd");
    EXPECT(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    printf("%d descriptors, the next is %d\n", count, dup(fd));
    return 0;
}

static int run_listen_fails(void)
{
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = 0;
    EXPECT(listen(file, 1) == -1 && errno == ENOTSOCK);
    EXPECT(listen(-1, 1) == -1 && errno == EBADF);
    EXPECT(bind(file, NULL, 0) == -1 && errno == ENOTSOCK);
    turn_for(0.1);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct subject_case cases[] = {
        {"backlog", run_backlog},
        {"backlog-of-parent", run_backlog_of_parent},
        {"backlog-local", run_backlog_local},
        {"datagrams-dropped", run_datagrams_dropped},
        {"short-lived-ports", run_short_lived_ports},
        {"listener-closed", run_listener_closed},
        {"socket-descriptors", run_socket_descriptors},
        {"listen-fails", run_listen_fails},
        {0},
    };
    return run_case(cases, argc, argv);
}

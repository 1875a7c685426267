/* SPDX-License-Identifier: MIT */
/* Calls on sockets, and name look-ups. */
#include "trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* glibc declares these only to fortified programs. */
ssize_t __recv_chk(int fd, void *bytes, size_t count, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *bytes, size_t count, size_t room, int flags,
                       struct sockaddr *address, socklen_t *length);

static char buffer[256];
static struct iovec whole = {buffer, sizeof buffer};
static struct msghdr message = {.msg_iov = &whole, .msg_iovlen = 1};

/* A wait for input of a socket. */
#define TRY_INPUT(symbol, expression)                                                              \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        struct delayed_input input;                                                                \
        int error = delayed_socket(&input);                                                        \
        int fd = input.ends[0];                                                                    \
        if (error)                                                                                 \
            return error;                                                                          \
        (void)(expression);                                                                        \
        delayed_end(&input);                                                                       \
        return 0;                                                                                  \
    }

/* A few sends into a socket that has room for them. */
#define TRY_OUTPUT(symbol, expression)                                                             \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        int ends[2];                                                                               \
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)                                        \
            return -errno;                                                                         \
        int fd = ends[0];                                                                          \
        for (int i = 0; i < 8; i++)                                                                \
            (void)(expression);                                                                    \
        close(ends[0]);                                                                            \
        close(ends[1]);                                                                            \
        return 0;                                                                                  \
    }

static struct mmsghdr *one_message(void)
{
    static struct mmsghdr messages[1];
    messages[0].msg_hdr = message;
    return messages;
}

TRY_INPUT(recv, recv(fd, buffer, sizeof buffer, 0))
TRY_INPUT(__recv_chk, __recv_chk(fd, buffer, 64, sizeof buffer, 0))
TRY_INPUT(recvfrom, recvfrom(fd, buffer, sizeof buffer, 0, NULL, NULL))
TRY_INPUT(__recvfrom_chk, __recvfrom_chk(fd, buffer, 64, sizeof buffer, 0, NULL, NULL))
TRY_INPUT(recvmsg, recvmsg(fd, &message, 0))
TRY_INPUT(recvmmsg, recvmmsg(fd, one_message(), 1, 0, NULL))
TRY_OUTPUT(send, send(fd, buffer, sizeof buffer, 0))
TRY_OUTPUT(sendto, sendto(fd, buffer, sizeof buffer, 0, NULL, 0))
TRY_OUTPUT(sendmsg, sendmsg(fd, &message, 0))
TRY_OUTPUT(sendmmsg, sendmmsg(fd, one_message(), 1, 0))

static struct sockaddr_un socket_address(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, scratch_path("socket"), sizeof address.sun_path - 1);
    return address;
}

/* A listening socket in the scratch directory. A descriptor, or -errno. */
static int listen_in_scratch(void)
{
    struct sockaddr_un address = socket_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0)
        return fd;
    int error = -errno;
    if (fd >= 0)
        close(fd);
    return error;
}

static void connect_once(void *data)
{
    struct sockaddr_un address = socket_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        *(int *)data = 1;
    if (fd >= 0)
        close(fd);
}

int try_connect(void)
{
    int is_connected = 0;
    int fd = listen_in_scratch();
    if (fd < 0)
        return fd;
    connect_once(&is_connected);
    close(fd);
    return is_connected ? 0 : -ECONNREFUSED;
}

static int accept_late(int (*accept_by)(int fd))
{
    struct helper helper;
    int is_connected = 0;
    int fd = listen_in_scratch();
    if (fd < 0)
        return fd;
    int error = helper_begin(&helper, connect_once, &is_connected, false);
    if (!error) {
        close(accept_by(fd));
        helper_end(&helper);
    }
    close(fd);
    return error;
}

static int plain_accept(int fd)
{
    return accept(fd, NULL, NULL);
}

static int plain_accept4(int fd)
{
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

int try_accept(void)
{
    return accept_late(plain_accept);
}

int try_accept4(void)
{
    return accept_late(plain_accept4);
}

int try_getaddrinfo(void)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *result;
    if (getaddrinfo("127.0.0.1", NULL, &hints, &result) == 0)
        freeaddrinfo(result);
    return 0;
}

int try_getnameinfo(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    getnameinfo((struct sockaddr *)&address, sizeof address, buffer, sizeof buffer, NULL, 0,
                NI_NUMERICHOST);
    return 0;
}

/* A look-up that leaves its answer in static memory, or in ours. The loopback address is in every
 * hosts file, so no name server is asked. */
#define TRY_NAME(symbol, expression)                                                               \
    int try_##symbol(void)                                                                         \
    {                                                                                              \
        (void)(expression);                                                                        \
        return 0;                                                                                  \
    }

static struct in_addr loopback = {0x0100007f};
static struct hostent host, *host_result;
static struct passwd user, *user_result;
static char room[4096];
static int host_error;

TRY_NAME(gethostbyname, gethostbyname("127.0.0.1"))
TRY_NAME(gethostbyname2, gethostbyname2("127.0.0.1", AF_INET))
TRY_NAME(gethostbyname_r,
         gethostbyname_r("127.0.0.1", &host, room, sizeof room, &host_result, &host_error))
TRY_NAME(gethostbyname2_r, gethostbyname2_r("127.0.0.1", AF_INET, &host, room, sizeof room,
                                            &host_result, &host_error))
TRY_NAME(gethostbyaddr, gethostbyaddr(&loopback, sizeof loopback, AF_INET))
TRY_NAME(gethostbyaddr_r, gethostbyaddr_r(&loopback, sizeof loopback, AF_INET, &host, room,
                                          sizeof room, &host_result, &host_error))
TRY_NAME(getpwnam, getpwnam("root"))
TRY_NAME(getpwuid, getpwuid(0))
TRY_NAME(getpwnam_r, getpwnam_r("root", &user, room, sizeof room, &user_result))
TRY_NAME(getpwuid_r, getpwuid_r(0, &user, room, sizeof room, &user_result))

/* SPDX-License-Identifier: MIT */
/* Addresses of sockets, from and to text. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "loopscope/net.h"

int lsc_address_ip(struct lsc_address *address, const char *host, uint16_t port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        address->bytes = sizeof(*four);
        return 0;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        address->bytes = sizeof(*six);
        return 0;
    }
    return -EINVAL;
}

int lsc_address_unix(struct lsc_address *address, const char *path)
{
    struct sockaddr_un *local = (struct sockaddr_un *)&address->storage;
    size_t bytes = strlen(path);
    memset(address, 0, sizeof(*address));
    if (bytes == 0)
        return -EINVAL;
    if (bytes >= sizeof(local->sun_path))
        return -ENAMETOOLONG;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, bytes + 1);
    address->bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + 1);
    return 0;
}

/* A path that the kernel gives may lack its zero, and an abstract one begins with a zero. */
static void unix_text(const struct lsc_address *address, char *text, size_t bytes)
{
    const struct sockaddr_un *local = (const struct sockaddr_un *)&address->storage;
    size_t start = offsetof(struct sockaddr_un, sun_path);
    size_t length = address->bytes > start ? address->bytes - start : 0;
    if (length > sizeof(local->sun_path))
        length = sizeof(local->sun_path);
    if (length == 0)
        snprintf(text, bytes, "unnamed");
    else if (local->sun_path[0] == 0)
        snprintf(text, bytes, "@%.*s", (int)length - 1, local->sun_path + 1);
    else
        snprintf(text, bytes, "%.*s", (int)length, local->sun_path);
}

void lsc_address_text(const struct lsc_address *address, char *text, size_t bytes)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
    char number[INET6_ADDRSTRLEN] = "?";
    switch (address->storage.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &four->sin_addr, number, sizeof(number));
        snprintf(text, bytes, "%s:%u", number, ntohs(four->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &six->sin6_addr, number, sizeof(number));
        snprintf(text, bytes, "[%s]:%u", number, ntohs(six->sin6_port));
        break;
    case AF_UNIX:
        unix_text(address, text, bytes);
        break;
    default:
        snprintf(text, bytes, "unnamed");
    }
}

uint16_t lsc_address_port(const struct lsc_address *address)
{
    switch (address->storage.ss_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    default:
        return 0;
    }
}

/* SPDX-License-Identifier: MIT */
/* Addresses of the internet as names. */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>

size_t address_text(const struct sockaddr *address, char out[ADDRESS_TEXT_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "?";
    int n;
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        n = snprintf(out, ADDRESS_TEXT_BYTES, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const void *)address;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        n = snprintf(out, ADDRESS_TEXT_BYTES, "%s:%u", host, ntohs(in->sin_port));
    }
    return (size_t)n;
}

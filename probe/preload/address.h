/* SPDX-License-Identifier: MIT */
/* Addresses of the internet as names: "127.0.0.1:8080", "[::1]:80". */
#ifndef LSC_ADDRESS_H
#define LSC_ADDRESS_H

#include <netinet/in.h>
#include <stddef.h>

#define ADDRESS_TEXT_BYTES (INET6_ADDRSTRLEN + 8)

/* Writes the name of an AF_INET or AF_INET6 address; its length. May change errno; no allocation.
 */
size_t address_text(const struct sockaddr *address, char out[ADDRESS_TEXT_BYTES]);

#endif

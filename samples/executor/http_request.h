/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.1 request (RFC 9112), read out of a buffer. */
#ifndef LSC_SAMPLE_HTTP_REQUEST_H
#define LSC_SAMPLE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct http_request {
    char method[16];
    char path[256];
    size_t head_bytes; /* up to and with the empty line */
    size_t body_bytes; /* by Content-Length */
    bool keeps_alive;
};

/* 0: the head is not complete. 200: `request` is filled in. Else the status to answer with, after
 * which the connection must be closed. */
int http_request_parse(struct http_request *request, const char *data, size_t bytes);

#endif

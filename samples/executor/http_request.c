/* SPDX-License-Identifier: MIT */
/* Reading the head of a request. What could mean two things to two readers is refused. */
#include "http_request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct line {
    const char *text;
    size_t bytes;
};

static bool is_name(const struct line *name, const char *expected)
{
    return name->bytes == strlen(expected) && strncasecmp(name->text, expected, name->bytes) == 0;
}

/* The word up to the separator, cut off the line; false: it does not fit, or there is none. */
static bool take_word(struct line *line, char separator, char *word, size_t room)
{
    const char *end = memchr(line->text, separator, line->bytes);
    size_t bytes = end ? (size_t)(end - line->text) : 0;
    if (bytes == 0 || bytes >= room)
        return false;
    memcpy(word, line->text, bytes);
    word[bytes] = 0;
    line->text += bytes + 1;
    line->bytes -= bytes + 1;
    return true;
}

static int parse_request_line(struct http_request *request, struct line line)
{
    if (!take_word(&line, ' ', request->method, sizeof(request->method)))
        return 400;
    if (!take_word(&line, ' ', request->path, sizeof(request->path)))
        return memchr(line.text, ' ', line.bytes) ? 414 : 400;
    if (line.bytes != 8 || memcmp(line.text, "HTTP/1.", 7) != 0 ||
        !isdigit((unsigned char)line.text[7]))
        return memchr(line.text, '/', line.bytes) ? 505 : 400;
    request->keeps_alive = line.text[7] != '0';
    return 200;
}

static int parse_length(struct http_request *request, struct line value, bool *is_known)
{
    size_t bytes = 0;
    if (value.bytes == 0 || *is_known)
        return 400;
    for (size_t i = 0; i < value.bytes; i++) {
        if (!isdigit((unsigned char)value.text[i]))
            return 400;
        if (bytes > (size_t)1 << 40)
            return 413;
        bytes = bytes * 10 + (size_t)(value.text[i] - '0');
    }
    *is_known = true;
    request->body_bytes = bytes;
    return 200;
}

static struct line trimmed(struct line value)
{
    while (value.bytes > 0 && (*value.text == ' ' || *value.text == '\t')) {
        value.text++;
        value.bytes--;
    }
    while (value.bytes > 0 &&
           (value.text[value.bytes - 1] == ' ' || value.text[value.bytes - 1] == '\t'))
        value.bytes--;
    return value;
}

static int parse_field(struct http_request *request, struct line line, bool *is_length_known)
{
    const char *colon = memchr(line.text, ':', line.bytes);
    if (!colon || colon == line.text || isspace((unsigned char)*line.text) ||
        isspace((unsigned char)colon[-1]))
        return 400;
    struct line name = {line.text, (size_t)(colon - line.text)};
    struct line value = trimmed((struct line){colon + 1, line.bytes - name.bytes - 1});
    if (is_name(&name, "content-length"))
        return parse_length(request, value, is_length_known);
    if (is_name(&name, "transfer-encoding"))
        return 501;
    if (is_name(&name, "connection") && is_name(&value, "close"))
        request->keeps_alive = false;
    if (is_name(&name, "connection") && is_name(&value, "keep-alive"))
        request->keeps_alive = true;
    return 200;
}

int http_request_parse(struct http_request *request, const char *data, size_t bytes)
{
    const char *end = memmem(data, bytes, "\r\n\r\n", 4);
    bool is_length_known = false;
    int status = 0;
    if (!end)
        return 0;
    *request = (struct http_request){.head_bytes = (size_t)(end - data) + 4};
    for (const char *at = data; at <= end && (status == 0 || status == 200);) {
        const char *stop = memmem(at, (size_t)(end + 2 - at), "\r\n", 2);
        struct line line = {at, (size_t)(stop - at)};
        status = status == 0 ? parse_request_line(request, line)
                             : parse_field(request, line, &is_length_known);
        at = stop + 2;
    }
    return status;
}

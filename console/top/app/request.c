/* SPDX-License-Identifier: MIT */
/* The table of requests and keys, and what it is asked for. */
#include "request.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "console/top/screen/keys.h"

const struct request_row requests[REQUEST_COUNT] = {[REQUEST_NONE] = {.name = "NONE", .text = ""},
#define X(name_, group_, label_, text_, ...)                                                       \
    [REQUEST_##name_] = {.name = #name_,                                                           \
                         .group = GROUP_##group_,                                                  \
                         .label = (label_),                                                        \
                         .text = (text_),                                                          \
                         .keys = {__VA_ARGS__}},
                                                    REQUESTS(X)
#undef X
};

const char *const request_groups[GROUP_COUNT] = {
    [GROUP_MOVE] = "Move", [GROUP_VIEW] = "Views", [GROUP_LIST] = "Lists",
    [GROUP_GO] = "Go to",  [GROUP_TIME] = "Time",  [GROUP_FILE] = "Files and the program",
};

enum request request_of_key(uint32_t key)
{
    for (unsigned i = 1; key && i < REQUEST_COUNT; i++)
        for (unsigned k = 0; k < REQUEST_KEYS_MAX && requests[i].keys[k]; k++)
            if (requests[i].keys[k] == key)
                return (enum request)i;
    return REQUEST_NONE;
}

/* Without the brackets that keys have in scripts. */
static void bare_name(char out[REQUEST_KEY_BYTES], uint32_t key)
{
    char name[KEY_NAME_BYTES];
    size_t length = strlen(key_name(name, key));
    bool is_bracketed = length > 2 && name[0] == '<' && name[length - 1] == '>';
    if (key == '<')
        snprintf(out, REQUEST_KEY_BYTES, "<");
    else if (is_bracketed)
        snprintf(out, REQUEST_KEY_BYTES, "%.*s", (int)length - 2, name + 1);
    else
        snprintf(out, REQUEST_KEY_BYTES, "%.15s", name);
}

char *request_key_text(char out[REQUEST_KEY_BYTES], enum request request)
{
    bare_name(out, requests[request].keys[0]);
    return out;
}

char *request_keys_text(char out[REQUEST_KEYS_BYTES], enum request request)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned k = 0; k < REQUEST_KEYS_MAX && requests[request].keys[k]; k++) {
        char name[REQUEST_KEY_BYTES];
        bare_name(name, requests[request].keys[k]);
        int length = snprintf(out + used, REQUEST_KEYS_BYTES - used, "%s%s", k ? " " : "", name);
        used += length > 0 ? (size_t)length : 0;
    }
    return out;
}

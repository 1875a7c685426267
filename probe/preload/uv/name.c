/* SPDX-License-Identifier: MIT */
/* Text of names, written without the C library's formatted output. */
#include "name.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/un.h>

#include "../address.h"

#define NAME_MAX_BYTES 160
#define RENAMES_MAX 8

struct text {
    char bytes[NAME_MAX_BYTES];
    size_t n;
};

static void add(struct text *t, const char *more)
{
    for (; *more && t->n < sizeof(t->bytes); more++)
        t->bytes[t->n++] = *more;
}

static void add_number(struct text *t, uint64_t number)
{
    char digits[21];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    add(t, digits + at);
}

uint32_t name_of_bytes(const char *bytes, size_t n)
{
    if (!note_writer() || n == 0 || !bytes)
        return 0;
    uint32_t used = atomic_load_explicit(&lsc__segment->string_bytes, memory_order_relaxed);
    if (used >= lsc__segment->parts[LSC_PART_STRINGS].capacity / 2)
        return 0;
    return lsc__string_intern(bytes, n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES);
}

uint32_t name_of_text(const char *text)
{
    return text ? name_of_bytes(text, strnlen(text, NAME_MAX_BYTES)) : 0;
}

static void rename_task(struct side *side, struct entry *entry, uint32_t name)
{
    struct lsc_writer *w = name && entry->renames < RENAMES_MAX ? note_writer() : NULL;
    if (!w)
        return;
    entry->renames++;
    lsc__task_rename(note_task(side, entry, w), name);
}

void name_stream(struct side *side, struct entry *entry, uint32_t name)
{
    if (entry->has_address)
        return;
    entry->has_address = true;
    rename_task(side, entry, name);
}

void name_timer(struct side *side, struct entry *entry, uint64_t timeout_ms, uint64_t repeat_ms)
{
    if (entry->renames >= RENAMES_MAX || !note_writer())
        return;
    struct text t = {.n = 0};
    add_number(&t, repeat_ms ? repeat_ms : timeout_ms);
    add(&t, repeat_ms ? " ms repeat" : " ms once");
    rename_task(side, entry, name_of_bytes(t.bytes, t.n));
}

void name_signal(struct side *side, struct entry *entry, int signum)
{
    const char *known = sigabbrev_np(signum);
    struct text t = {.n = 0};
    add(&t, "SIG");
    if (known)
        add(&t, known);
    else
        add_number(&t, (uint64_t)signum);
    rename_task(side, entry, name_of_bytes(t.bytes, t.n));
}

uint32_t name_of_task(const struct entry *entry)
{
    const struct lsc_part *part = &lsc__segment->parts[LSC_PART_TASKS];
    uint32_t slot = LSC_HANDLE_SLOT(entry->task);
    if (entry->task == 0 || slot >= part->capacity)
        return 0;
    const struct lsc_task *task =
        (const void *)((const char *)lsc__segment + part->offset + (uint64_t)slot * part->stride);
    return task->name;
}

uint32_t name_of_descriptor(int fd)
{
    struct text t = {.n = 0};
    add(&t, "fd ");
    add_number(&t, (uint64_t)(unsigned)fd);
    return name_of_bytes(t.bytes, t.n);
}

void name_path(struct side *side, struct entry *entry, const char *path)
{
    rename_task(side, entry, name_of_text(path));
}

void name_descriptor(const uv_loop_t *loop, struct entry *entry, int fd)
{
    struct side *side = entry ? side_find(loop) : NULL;
    if (side)
        rename_task(side, entry, name_of_descriptor(fd));
}

/* ---- addresses ---- */

uint32_t name_of_address(const struct sockaddr *a)
{
    char text[ADDRESS_TEXT_BYTES];
    if (!a || (a->sa_family != AF_INET && a->sa_family != AF_INET6) || !note_writer())
        return 0;
    int saved = errno;
    size_t n = address_text(a, text);
    errno = saved;
    return name_of_bytes(text, n);
}

static bool has_port(const struct sockaddr *a)
{
    return a->sa_family == AF_INET ? ((const struct sockaddr_in *)(const void *)a)->sin_port != 0
                                   : ((const struct sockaddr_in6 *)(const void *)a)->sin6_port != 0;
}

void name_address(struct side *side, struct entry *entry, const struct sockaddr *a,
                  enum name_when when)
{
    if (!a || (a->sa_family != AF_INET && a->sa_family != AF_INET6))
        return;
    if (when == NAME_IS_FINAL || has_port(a))
        name_stream(side, entry, name_of_address(a));
}

static bool may_ask(const struct entry *entry)
{
    return !entry->has_address && !process_is_sandboxed() && note_writer();
}

void name_own_end(struct side *side, struct entry *entry, const uv_stream_t *h)
{
    struct sockaddr_storage a;
    int n = sizeof(a), saved = errno;
    if (h->type == UV_TCP && may_ask(entry) &&
        real_uv.uv_tcp_getsockname((const uv_tcp_t *)h, (struct sockaddr *)&a, &n) == 0)
        name_address(side, entry, (struct sockaddr *)&a, NAME_IS_FINAL);
    errno = saved;
}

void name_other_end(struct side *side, struct entry *entry, const uv_stream_t *h)
{
    struct sockaddr_storage a;
    int n = sizeof(a), saved = errno;
    if (h->type == UV_TCP && may_ask(entry) &&
        real_uv.uv_tcp_getpeername((const uv_tcp_t *)h, (struct sockaddr *)&a, &n) == 0)
        name_address(side, entry, (struct sockaddr *)&a, NAME_IS_FINAL);
    errno = saved;
}

void name_bound(struct side *side, struct entry *entry, const uv_udp_t *h)
{
    struct sockaddr_storage a;
    int n = sizeof(a), saved = errno;
    if (may_ask(entry) && real_uv.uv_udp_getsockname(h, (struct sockaddr *)&a, &n) == 0)
        name_address(side, entry, (struct sockaddr *)&a, NAME_IS_FINAL);
    errno = saved;
}

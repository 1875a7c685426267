/* SPDX-License-Identifier: MIT */
/* Accept backlogs and receive queues of UDP: the registry, and the watchdog's rounds over it. */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "process.h"
#include "self.h"
#include "sock_diag.h"

#define SOCKETS_MAX 256
#define NAME_BYTES 80

/* How often the kernel is asked: while all is quiet, and while something waits or a loop is late. A
 * dump takes 10 to 20 us with a few sockets; where it takes long it is made so rarely that it costs
 * no more than one part in COST_PART of a CPU. */
#define QUIET_NS 500000000u
#define BUSY_NS 50000000u
#define COST_PART 200

enum place { PLACE_FREE, PLACE_FILLING, PLACE_IN_USE };

/* Ordinary memory: a forked worker goes on with the sockets its master made. */
struct watched {
    _Atomic uint32_t place; /* enum place; IN_USE is stored last */
    uint32_t table;         /* enum sock_diag_table */
    uint64_t inode;
    char name[NAME_BYTES];
    /* The watchdog's. */
    uint32_t resource;
    bool was_there; /* before the dump in progress began */
    bool is_seen;   /* in it */
    uint64_t depth, drops;
};
static struct watched registry[SOCKETS_MAX];
static _Atomic uint32_t registered; /* places ever used are below it */
static _Atomic bool has_new;        /* since the latest round */

static void name_local(const struct sockaddr_un *address, socklen_t length, char *out)
{
    size_t bytes = length > offsetof(struct sockaddr_un, sun_path)
                       ? length - offsetof(struct sockaddr_un, sun_path)
                       : 0;
    bool is_abstract = bytes > 0 && address->sun_path[0] == '\0';
    const char *path = address->sun_path + is_abstract;
    size_t n = strnlen(path, bytes - is_abstract);
    if (bytes == 0)
        snprintf(out, NAME_BYTES, "unix socket without a name");
    else
        snprintf(out, NAME_BYTES, "%s%.*s", is_abstract ? "@" : "",
                 (int)(n < NAME_BYTES - 2 ? n : NAME_BYTES - 2), path);
}

static void name_socket(const struct sockaddr_storage *address, socklen_t length, char *out)
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(out, NAME_BYTES, "%s:%u", host, ntohs(in->sin_port));
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)address;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        snprintf(out, NAME_BYTES, "[%s]:%u", host, ntohs(in->sin6_port));
    } else {
        name_local((const void *)address, length, out);
    }
}

/* -1: a family or type that is not watched. */
static int table_of(int family, int type)
{
    static const struct {
        int family, type, table;
    } known[] = {
        {AF_INET, SOCK_STREAM, SOCK_DIAG_TCP4}, {AF_INET6, SOCK_STREAM, SOCK_DIAG_TCP6},
        {AF_UNIX, SOCK_STREAM, SOCK_DIAG_UNIX}, {AF_UNIX, SOCK_SEQPACKET, SOCK_DIAG_UNIX},
        {AF_INET, SOCK_DGRAM, SOCK_DIAG_UDP4},  {AF_INET6, SOCK_DGRAM, SOCK_DIAG_UDP6},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].family == family && known[i].type == type)
            return known[i].table;
    return -1;
}

static bool is_registered(uint64_t inode)
{
    uint32_t count = atomic_load_explicit(&registered, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++)
        if (atomic_load_explicit(&registry[i].place, memory_order_acquire) == PLACE_IN_USE &&
            registry[i].inode == inode)
            return true;
    return false;
}

static struct watched *take_place(void)
{
    for (uint32_t i = 0; i < SOCKETS_MAX; i++) {
        uint32_t free_place = PLACE_FREE;
        if (!atomic_compare_exchange_strong(&registry[i].place, &free_place, PLACE_FILLING))
            continue;
        uint32_t seen = atomic_load(&registered);
        while (seen < i + 1 && !atomic_compare_exchange_weak(&registered, &seen, i + 1)) {
        }
        return &registry[i];
    }
    return NULL;
}

static void note(int fd, bool is_listening)
{
    struct sockaddr_storage address;
    struct stat st;
    int type = 0;
    socklen_t length = sizeof(address), type_length = sizeof(type);
    if (self_is_vforked() || process_is_off() || process_is_sandboxed() || self.is_ours)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) != 0 ||
        (type == SOCK_DGRAM) == is_listening ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0 || fstat(fd, &st) != 0)
        return;
    int table = table_of(address.ss_family, type);
    if (table < 0 || is_registered(st.st_ino))
        return;
    struct watched *w = take_place();
    if (!w)
        return;
    w->table = (uint32_t)table;
    w->inode = st.st_ino;
    w->resource = 0;
    w->was_there = false;
    w->depth = w->drops = 0;
    name_socket(&address, length < sizeof(address) ? length : sizeof(address), w->name);
    atomic_store_explicit(&w->place, PLACE_IN_USE, memory_order_release);
    atomic_store_explicit(&has_new, true, memory_order_release);
}

void sockets_note_listen(int fd)
{
    int saved = errno;
    note(fd, true);
    errno = saved;
}

void sockets_note_bind(int fd)
{
    int saved = errno;
    note(fd, false);
    errno = saved;
}

static struct {
    struct lsc_writer *writer;
    uint64_t since_ns; /* the latest round */
    uint64_t every_ns;
    bool is_waiting; /* something stood in a queue in the latest round */
    bool is_refused; /* sock_diag is not to be had */
} rounds;

void sockets_begin(bool has_own_descriptors)
{
    sock_diag_forget();
    rounds.since_ns = 0;
    rounds.every_ns = 0;
    rounds.is_waiting = false;
    rounds.is_refused = !has_own_descriptors;
    for (uint32_t i = 0; i < SOCKETS_MAX; i++)
        registry[i].resource = 0;
}

static uint32_t intern(const char *text)
{
    return lsc__string_intern(text, strlen(text));
}

static void record(struct watched *w, const struct sock_diag_row *row)
{
    uint64_t now = lsc__now();
    bool is_udp = w->table == SOCK_DIAG_UDP4 || w->table == SOCK_DIAG_UDP6;
    bool is_new = w->resource == 0;
    if (is_new) {
        w->resource = lsc__resource_new(intern(is_udp ? "udp receive queue" : "accept backlog"),
                                        intern(w->name), row->limit, now);
        w->drops = row->drops; /* what was dropped before is not this process' story */
        w->depth = 0;
    }
    if (is_new || row->depth != w->depth)
        lsc__resource_depth(rounds.writer, w->resource, row->depth, row->limit, now);
    if (row->drops > w->drops)
        lsc__resource_drop(rounds.writer, w->resource, row->drops - w->drops, now);
    w->depth = row->depth;
    w->drops = row->drops;
}

static void visit(const struct sock_diag_row *row, void *unused)
{
    (void)unused;
    uint32_t count = atomic_load_explicit(&registered, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        struct watched *w = &registry[i];
        if (!w->was_there || w->inode != row->inode)
            continue;
        w->is_seen = true;
        rounds.is_waiting |= row->depth != 0;
        record(w, row);
        return;
    }
}

/* The tables that have a socket of ours, as bits. */
static unsigned begin_round(void)
{
    unsigned wanted = 0;
    uint32_t count = atomic_load_explicit(&registered, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        struct watched *w = &registry[i];
        w->was_there = atomic_load_explicit(&w->place, memory_order_acquire) == PLACE_IN_USE;
        w->is_seen = false;
        if (w->was_there)
            wanted |= 1u << w->table;
    }
    return wanted;
}

/* Sockets that the whole dump of their table did not show are closed. */
static void drop_closed(unsigned whole)
{
    uint32_t count = atomic_load_explicit(&registered, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        struct watched *w = &registry[i];
        if (!w->was_there || w->is_seen || (whole >> w->table & 1) == 0)
            continue;
        lsc__resource_delete(w->resource);
        w->resource = 0;
        atomic_store_explicit(&w->place, PLACE_FREE, memory_order_release);
    }
}

static uint64_t monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void ask(unsigned wanted)
{
    unsigned whole = 0;
    rounds.is_waiting = false;
    for (unsigned table = 0; table < SOCK_DIAG_TABLES; table++)
        if ((wanted >> table & 1) && sock_diag_open() &&
            sock_diag_dump((enum sock_diag_table)table, visit, NULL))
            whole |= 1u << table;
    if (whole == 0) {
        rounds.is_refused = true;
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_SOCKET_DIAG);
    }
    drop_closed(whole);
}

void sockets_watch(struct lsc_writer *writer, uint64_t elapsed_ns, bool is_urgent)
{
    rounds.since_ns += elapsed_ns;
    bool is_busy =
        is_urgent || rounds.is_waiting || atomic_load_explicit(&has_new, memory_order_acquire);
    uint64_t every = is_busy ? BUSY_NS : QUIET_NS;
    every = every > rounds.every_ns ? every : rounds.every_ns;
    if (!writer || rounds.is_refused || rounds.since_ns < every ||
        atomic_load_explicit(&writer->shared->recording, memory_order_relaxed) != 1)
        return;
    rounds.writer = writer;
    rounds.since_ns = 0;
    atomic_store_explicit(&has_new, false, memory_order_relaxed);
    unsigned wanted = begin_round();
    if (wanted == 0)
        return;
    uint64_t begin = monotonic_ns();
    ask(wanted);
    rounds.every_ns = (monotonic_ns() - begin) * COST_PART;
}

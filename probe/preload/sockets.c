/* SPDX-License-Identifier: MIT */
/* Accept backlogs and receive queues of UDP: the registry, and the watchdog's rounds over it. */
#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "address.h"
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

/* Resolvers bind a UDP socket for each question. Such sockets get no resource, for names are never
 * given back, and no more than their part of the registry. */
#define LASTING_ROUNDS 3
#define DATAGRAM_PLACES (SOCKETS_MAX * 3 / 4)
/* A dump may skip a socket when others close while it runs. */
#define GONE_ROUNDS 2
#define FAILURES_MAX 3

enum place { PLACE_FREE, PLACE_FILLING, PLACE_IN_USE };

/* Ordinary memory: a forked worker goes on with the sockets its master made. */
struct watched {
    _Atomic uint32_t place; /* enum place; IN_USE is stored last */
    uint32_t table;         /* enum sock_diag_table */
    uint64_t inode;
    char name[NAME_BYTES];
    /* The watchdog's. */
    uint32_t resource;
    bool is_told;         /* the resource was made, or there was no room for it */
    bool was_there;       /* before the dump in progress began */
    bool is_seen;         /* in it */
    uint32_t there, gone; /* rounds that showed it; and those, in a row, that did not */
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
    if (address->ss_family == AF_UNIX)
        name_local((const void *)address, length, out);
    else
        address_text((const struct sockaddr *)address, out);
}
_Static_assert(NAME_BYTES >= ADDRESS_TEXT_BYTES, "a name may be an address");

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

static struct watched *take_place(uint32_t places)
{
    for (uint32_t i = 0; i < places; i++) {
        uint32_t free_place = PLACE_FREE;
        if (atomic_load_explicit(&registry[i].place, memory_order_relaxed) != PLACE_FREE ||
            !atomic_compare_exchange_strong(&registry[i].place, &free_place, PLACE_FILLING))
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
    struct watched *w = take_place(is_listening ? SOCKETS_MAX : DATAGRAM_PLACES);
    if (!w)
        return;
    w->table = (uint32_t)table;
    w->inode = st.st_ino;
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
    bool is_waiting; /* the latest round saw something to look at again soon */
    bool has_own_descriptors;
    uint32_t failures[SOCK_DIAG_TABLES]; /* in a row */
} rounds;

static void forget_socket(struct watched *w)
{
    w->resource = 0;
    w->is_told = w->was_there = false;
    w->there = w->gone = 0;
}

void sockets_begin(bool has_own_descriptors)
{
    sock_diag_forget();
    memset(&rounds, 0, sizeof(rounds));
    rounds.has_own_descriptors = has_own_descriptors;
    for (uint32_t i = 0; i < SOCKETS_MAX; i++)
        forget_socket(&registry[i]);
}

static uint32_t intern(const char *text)
{
    return lsc__string_intern(text, strlen(text));
}

static bool is_udp(const struct watched *w)
{
    return w->table == SOCK_DIAG_UDP4 || w->table == SOCK_DIAG_UDP6;
}

static void record(struct watched *w, const struct sock_diag_row *row)
{
    uint64_t now = lsc__now();
    bool is_new = !w->is_told;
    if (w->there == 0)
        w->drops = row->drops; /* what was dropped before is not this process' story */
    w->there += w->there < LASTING_ROUNDS;
    if (is_udp(w) && w->there < LASTING_ROUNDS && row->drops == w->drops) {
        rounds.is_waiting = true;
        return;
    }
    if (is_new) {
        w->resource = lsc__resource_new(intern(is_udp(w) ? "udp receive queue" : "accept backlog"),
                                        intern(w->name), row->limit, now);
        w->is_told = true;
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
        w->gone = 0;
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

/* Sockets that whole dumps of their table did not show are closed. */
static void drop_closed(unsigned whole)
{
    uint32_t count = atomic_load_explicit(&registered, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        struct watched *w = &registry[i];
        if (!w->was_there || w->is_seen || (whole >> w->table & 1) == 0)
            continue;
        if (++w->gone < GONE_ROUNDS) {
            rounds.is_waiting = true;
            continue;
        }
        lsc__resource_delete(w->resource);
        forget_socket(w);
        atomic_store_explicit(&w->place, PLACE_FREE, memory_order_release);
    }
}

/* Of this thread: on a busy machine a dump is long by the clock without being dear. */
static uint64_t cpu_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* False: nothing is known of the sockets that the dump did not show. */
static bool ask_for(enum sock_diag_table table)
{
    if (rounds.failures[table] >= FAILURES_MAX)
        return false;
    if (rounds.has_own_descriptors && sock_diag_open() && sock_diag_dump(table, visit, NULL)) {
        rounds.failures[table] = 0;
        return true;
    }
    rounds.is_waiting = true;
    if (++rounds.failures[table] == FAILURES_MAX)
        atomic_fetch_or(&lsc__segment->limits, LSC_LIMIT_NO_SOCKET_DIAG);
    return false;
}

static void ask(unsigned wanted)
{
    unsigned whole = 0;
    rounds.is_waiting = false;
    for (unsigned table = 0; table < SOCK_DIAG_TABLES; table++)
        if ((wanted >> table & 1) && ask_for((enum sock_diag_table)table))
            whole |= 1u << table;
    drop_closed(whole);
}

void sockets_watch(struct lsc_writer *writer, uint64_t elapsed_ns, bool is_urgent)
{
    rounds.since_ns += elapsed_ns;
    bool is_busy =
        is_urgent || rounds.is_waiting || atomic_load_explicit(&has_new, memory_order_acquire);
    uint64_t every = is_busy ? BUSY_NS : QUIET_NS;
    every = every > rounds.every_ns ? every : rounds.every_ns;
    if (!writer || rounds.since_ns < every ||
        atomic_load_explicit(&writer->shared->recording, memory_order_relaxed) != 1)
        return;
    rounds.writer = writer;
    rounds.since_ns = 0;
    atomic_store_explicit(&has_new, false, memory_order_relaxed);
    unsigned wanted = begin_round();
    if (wanted == 0)
        return;
    uint64_t begin = cpu_ns();
    ask(wanted);
    rounds.every_ns = (cpu_ns() - begin) * COST_PART;
}

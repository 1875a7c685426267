/* SPDX-License-Identifier: MIT */
/* Write queues, made when first something waits in one. */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../real.h"
#include "name.h"

/* Asking the kernel takes two system calls: not for every write of a busy stream. */
#define ASK_EVERY_NS 1000000u

static uint32_t new_queue(struct entry *entry, int fd, const char *kind, uint64_t capacity)
{
    uint32_t name = name_of_task(entry);
    uint32_t kind_id = lsc__string_intern(kind, strlen(kind));
    return lsc__resource_new(kind_id, name ? name : name_of_descriptor(fd), capacity, lsc__now());
}

/* Bytes in the kernel's own queue and how many it takes; false: not to be known. */
static bool ask_kernel(struct entry *entry, int fd, uint64_t *depth, uint64_t *capacity)
{
    int bytes = 0, room = 0;
    socklen_t n = sizeof(room);
    entry->is_pipe = false;
    if (ioctl(fd, SIOCOUTQ, &bytes) == 0 && getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &n) == 0) {
        *depth = (uint64_t)bytes;
        *capacity = (uint64_t)room;
        return true;
    }
    entry->is_pipe = true;
    if (ioctl(fd, FIONREAD, &bytes) != 0 || (room = real.fcntl(fd, F_GETPIPE_SZ, NULL)) <= 0)
        return false;
    *depth = (uint64_t)bytes;
    *capacity = (uint64_t)room;
    return true;
}

static void note_kernel(struct entry *entry, struct lsc_writer *w, int fd, uint64_t now)
{
    uint64_t depth, capacity;
    bool is_early = entry->asked != 0 && now - entry->asked < lsc__ticks_from_ns(ASK_EVERY_NS);
    if (is_early || process_is_sandboxed() || !ask_kernel(entry, fd, &depth, &capacity))
        return;
    entry->asked = now;
    if (entry->socket_queue == 0)
        entry->socket_queue =
            new_queue(entry, fd, entry->is_pipe ? "pipe" : "socket send queue", capacity);
    lsc__resource_depth(w, entry->socket_queue, depth, capacity, now);
}

/* Sizes in steps of an eighth of their power of two: fine enough that a queue that grows evenly is
 * seen to do so. */
static uint16_t level_of(size_t size)
{
    if (size < 16)
        return (uint16_t)size;
    unsigned bits = 64u - (unsigned)__builtin_clzll(size);
    return (uint16_t)(bits * 8 + (size >> (bits - 4) & 7));
}

static void note_size(struct side *side, struct entry *entry, const uv_handle_t *h, size_t size,
                      struct uv_place place)
{
    uint16_t level = level_of(size);
    struct lsc_writer *w = level != entry->queue_level ? note_writer() : NULL;
    uv_os_fd_t fd;
    if (!w || real_uv.uv_fileno(h, &fd) != 0)
        return;
    int saved = errno;
    note_task(side, entry, w);
    entry->queue_level = level;
    uint64_t now = lsc__now();
    if (entry->queue == 0) {
        entry->queue = new_queue(entry, fd, "write queue", 0);
        lsc__resource_hold(entry->queue, entry->task);
    }
    lsc__resource_filled(w, entry->queue, size, place.caller ? note_origin(side, place) : 0, now);
    note_kernel(entry, w, fd, now);
    errno = saved;
}

void queue_note_stream(struct side *side, struct entry *entry, const uv_stream_t *h,
                       struct uv_place place)
{
    note_size(side, entry, (const uv_handle_t *)h, h->write_queue_size, place);
}

void queue_note_udp(struct side *side, struct entry *entry, const uv_udp_t *h,
                    struct uv_place place)
{
    note_size(side, entry, (const uv_handle_t *)h, h->send_queue_size, place);
}

void queue_delete(struct entry *entry)
{
    if (entry->queue && note_is_current(entry))
        lsc__resource_delete(entry->queue);
    if (entry->socket_queue && note_is_current(entry))
        lsc__resource_delete(entry->socket_queue);
    entry->queue = entry->socket_queue = 0;
}

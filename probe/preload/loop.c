/* SPDX-License-Identifier: MIT */
/* Slots of loop threads, and the table that tells which thread waits on which epoll descriptor. */
#include "loop.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "remote.h"
#include "self.h"

#define LOOPS_MAX 256
#define DESCRIPTORS_MAX 4096
#define DESCRIPTOR_SHARED UINT32_MAX
#define OWNER_UNKNOWN 0x40000000u /* beyond every thread id */

/* Who waits on an epoll descriptor: 0 nobody, the tid, or DESCRIPTOR_SHARED. Part of the same
 * wiped-on-fork memory as the slots. */
struct loop_memory {
    _Atomic uint32_t waiter[DESCRIPTORS_MAX];
    struct loop loops[LOOPS_MAX];
};

static struct loop_memory *_Atomic memory;
static _Atomic uint32_t limit;

static struct loop_memory *map_memory(void)
{
    struct loop_memory *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        return NULL;
    if (madvise(m, sizeof(*m), MADV_WIPEONFORK) != 0) {
        munmap(m, sizeof(*m));
        return NULL;
    }
    madvise(m, sizeof(*m), MADV_NOHUGEPAGE);
    return m;
}

static struct loop_memory *get_memory(void)
{
    struct loop_memory *m = atomic_load_explicit(&memory, memory_order_acquire);
    if (m)
        return m;
    struct loop_memory *mine = map_memory();
    if (!mine)
        return NULL;
    if (atomic_compare_exchange_strong(&memory, &m, mine))
        return mine;
    munmap(mine, sizeof(*mine));
    return m;
}

void loop_prepare(void)
{
    get_memory();
}

static struct loop *take_slot(struct loop_memory *m)
{
    for (uint32_t i = 0; i < LOOPS_MAX; i++) {
        uint32_t nobody = 0;
        if (!atomic_compare_exchange_strong(&m->loops[i].owner, &nobody, UINT32_MAX))
            continue;
        struct loop *loop = &m->loops[i];
        memset(loop, 0, offsetof(struct loop, is_in_call));
        memset(&loop->watch, 0, sizeof(loop->watch));
        atomic_store(&loop->is_in_call, 0);
        atomic_store(&loop->request, SAMPLE_NONE);
        atomic_store(&loop->is_read, 0);
        atomic_store(&loop->stalled_turn, 0);
        loop->is_capturing = false;
        uint32_t seen = atomic_load(&limit);
        while (seen < i + 1 && !atomic_compare_exchange_weak(&limit, &seen, i + 1)) {
        }
        return loop;
    }
    return NULL;
}

struct loop *loop_become(enum loop_kind kind, uint64_t key)
{
    struct loop_memory *m = get_memory();
    struct lsc_writer *writer = lsc__attach();
    if (!m || !writer)
        return NULL;
    /* A thread that came after a sandbox closed has not asked for its number. */
    uint32_t tid = writer->shared->tid ? writer->shared->tid : OWNER_UNKNOWN | writer->slot;
    struct loop *loop = take_slot(m);
    if (!loop)
        return NULL;
    loop->writer = writer;
    loop->shared = writer->shared;
    loop->kind = (uint8_t)kind;
    loop->key = key;
    loop->shared->loop_key = key;
    loop->shared->start_routine = self.start_routine;
    atomic_store_explicit(&loop->shared->busy_since, 0, memory_order_relaxed);
    atomic_fetch_or(&loop->shared->roles, LSC_ROLE_LOOP);
    /* From here on the watchdog may look at it. */
    atomic_store_explicit(&loop->owner, tid, memory_order_release);
    return loop;
}

void loop_release(struct loop *loop)
{
    remote_settle(loop);
    if (loop->kind == LOOP_EPOLL && loop->key < DESCRIPTORS_MAX) {
        struct loop_memory *m = atomic_load(&memory);
        uint32_t me = atomic_load(&loop->owner);
        atomic_compare_exchange_strong(&m->waiter[loop->key], &me, 0);
    }
    atomic_store_explicit(&loop->owner, 0, memory_order_release);
}

uint32_t loop_limit(void)
{
    return atomic_load_explicit(&memory, memory_order_acquire) ? atomic_load(&limit) : 0;
}

struct loop *loop_at(uint32_t index)
{
    return &atomic_load_explicit(&memory, memory_order_acquire)->loops[index];
}

void loop_forget_all(void)
{
    /* The slots themselves are zero already. */
    atomic_store(&limit, 0);
}

void loop_claim(struct loop *loop)
{
    if (loop->kind != LOOP_EPOLL || loop->key >= DESCRIPTORS_MAX)
        return;
    struct loop_memory *m = atomic_load_explicit(&memory, memory_order_relaxed);
    _Atomic uint32_t *waiter = &m->waiter[loop->key];
    uint32_t me = atomic_load_explicit(&loop->owner, memory_order_relaxed);
    uint32_t seen = atomic_load_explicit(waiter, memory_order_relaxed);
    if (__builtin_expect(seen == me || seen == DESCRIPTOR_SHARED, 1))
        return;
    if (seen == 0 && atomic_compare_exchange_strong(waiter, &seen, me))
        return;
    if (seen != me)
        atomic_store(waiter, DESCRIPTOR_SHARED);
}

bool loop_is_shared(const struct loop *loop)
{
    if (loop->kind != LOOP_EPOLL || loop->key >= DESCRIPTORS_MAX)
        return false;
    struct loop_memory *m = atomic_load_explicit(&memory, memory_order_relaxed);
    return atomic_load_explicit(&m->waiter[loop->key], memory_order_relaxed) == DESCRIPTOR_SHARED;
}

void loop_forget_descriptor(int fd)
{
    struct loop_memory *m = atomic_load_explicit(&memory, memory_order_acquire);
    if (m && fd >= 0 && fd < DESCRIPTORS_MAX)
        atomic_store(&m->waiter[fd], 0);
}

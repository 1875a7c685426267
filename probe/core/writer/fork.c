/* SPDX-License-Identifier: MIT */
/* Forked children never write to their parent's segment. pthread_atfork tells most of them; a page
 * that the kernel wipes in every child (MADV_WIPEONFORK) tells the rest, and the writers, which lie
 * in such pages too, are then all zero and write nothing. */
#include <sys/mman.h>

#include <pthread.h>

#include "state.h"
#include "sys.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define CANARY_BYTES 4096

int core_pid;
uint32_t core_first_generation = 1;

static uint32_t always_one = 1;
static uint32_t *canary = &always_one;
const volatile uint32_t *lsc__fork_canary = &always_one;

static uint32_t clip(uint32_t used, enum lsc_segment_part part)
{
    uint64_t memory = reserve_inherited(part) / segment_map.parts[part].stride;
    return used < memory ? used : (uint32_t)memory;
}

/* Remembers how far the append-only tables are filled, for tables_adopt. */
static void note_inheritance(const struct lsc_segment_header *header)
{
    struct segment_inheritance *mine = &segment_inheritance;
    reserve_inherit();
    mine->map = segment_map;
    mine->used[LSC_PART_STRINGS] = clip(atomic_load(&header->string_bytes), LSC_PART_STRINGS);
    mine->used[LSC_PART_SITES] = clip(atomic_load(&header->site_count), LSC_PART_SITES);
    mine->used[LSC_PART_STACKS] = clip(atomic_load(&header->stack_count), LSC_PART_STACKS);
    mine->used[LSC_PART_FRAMES] = clip(atomic_load(&header->frame_count), LSC_PART_FRAMES);
    mine->used[LSC_PART_MODULES] = clip(atomic_load(&header->module_count), LSC_PART_MODULES);
    mine->is_valid = true;
}

/* Private memory in place of header, threads and rings: whatever an interrupted emit of this thread
 * still writes when the fork returns lands here. */
static void cover_writable_parts(void)
{
    uint64_t bytes = segment_map.parts[LSC_PART_STRINGS].offset;
    sys_mmap(segment_map.base, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1);
}

static void forget_segment(void)
{
    struct lsc_segment_header *header = core_header();
    bool is_sealed = atomic_load(&core_is_sealed);
    segment_forget(lsc__config()->follow);
    if (!lsc__config()->follow)
        __atomic_store_n(&lsc_probe_on, 0, __ATOMIC_RELAXED);
    if (header == NULL || is_sealed)
        return;
    note_inheritance(header);
    cover_writable_parts();
    segment_map = (struct segment_map){0};
    core_first_generation = (core_first_generation + 64) % 1024 + 1;
}

static void become_child(void)
{
    if (!atomic_load(&core_is_sealed))
        core_pid = sys_getpid();
    thread_forget();
    modules_forget();
    forget_segment();
}

void lsc__after_fork(void)
{
    uint32_t expected = 0;
    if (__atomic_compare_exchange_n(canary, &expected, 1, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
        become_child();
}

/* Also where the kernel wipes nothing. */
static void atfork_child(void)
{
    __atomic_store_n(canary, 1, __ATOMIC_RELEASE);
    become_child();
}

void fork_init(void)
{
    core_pid = sys_getpid();
    long page =
        sys_mmap(NULL, CANARY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!sys_is_error(page)) {
        *(uint32_t *)page = 1;
        if (sys_madvise((void *)page, CANARY_BYTES, MADV_WIPEONFORK) == 0) {
            canary = (uint32_t *)page;
            lsc__fork_canary = canary;
        }
    }
    pthread_atfork(NULL, NULL, atfork_child);
}

/* SPDX-License-Identifier: MIT */
/* Makes the segment: finds it a place, lays it out, fills its header, and maps it for good. The
 * descriptor is closed at once, because programs close all descriptors and reuse the numbers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "directory.h"
#include "identity.h"
#include "layout.h"
#include "line.h"
#include "state.h"
#include "sys.h"

#define MEMFD_CLOEXEC 1u

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* Kernels before 5.14 cannot back single pages on request: there a small segment is backed whole.
 */
#define BACKED_WHOLE_BYTES (UINT64_C(6) << 20)

struct segment_map segment_map;
struct core_private *core_private;
struct lsc_segment_header *lsc__segment;
struct segment_inheritance segment_inheritance;

enum stage { STAGE_NONE, STAGE_MAKING, STAGE_READY, STAGE_FAILED };
static _Atomic int stage;

/* A segment being made. */
struct making {
    struct segment_map map;
    uint32_t ring_records;
    int directory; /* -1 with memfd */
    int fd;
    char name[64];
    struct lsc_segment_header *header;
    struct core_private *private;
    struct line reason;
};

static int fail(struct making *m, int error, const char *what)
{
    if (m->reason.length == 0) {
        line_add(&m->reason, what);
        line_add(&m->reason, " (error ");
        line_add_number(&m->reason, (uint64_t)-error);
        line_add(&m->reason, "); not observed");
    }
    return error;
}

static void write_name(struct making *m)
{
    struct line name = {.length = 0};
    char digit[2] = {0};
    uint64_t ticks = lsc__now();
    line_add_number(&name, (uint64_t)sys_getpid());
    line_add(&name, "-");
    for (int shift = 60; shift >= 0; shift -= 4) {
        digit[0] = "0123456789abcdef"[ticks >> shift & 15];
        line_add(&name, digit);
    }
    line_add(&name, LSC_SEGMENT_SUFFIX);
    memcpy(m->name, name.text, name.length + 1);
}

static int create_in_directory(struct making *m)
{
    const struct lsc_config *config = lsc__config();
    m->directory = directory_open(config->directory);
    if (m->directory < 0) {
        if (m->directory != -ENOENT) {
            line_add(&m->reason, config->directory);
            line_add(&m->reason, " ");
            line_add(&m->reason, directory_problem(m->directory));
            line_add(&m->reason, "; not observed");
        }
        return m->directory;
    }
    write_name(m);
    m->fd = (int)sys_openat(m->directory, m->name,
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return m->fd < 0 ? fail(m, m->fd, "cannot create the segment") : 0;
}

/* Without a memory file system (chroot) the segment has no name; it is found through procfs. */
static int create(struct making *m)
{
    int error = create_in_directory(m);
    if (error != -ENOENT)
        return error;
    m->fd = (int)sys_memfd_create("loopscope", MEMFD_CLOEXEC);
    return m->fd < 0 ? fail(m, m->fd, "no memory file system") : 0;
}

static void *map_private(size_t bytes)
{
    long at = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (sys_is_error(at))
        return NULL;
    sys_madvise((void *)at, bytes, MADV_WIPEONFORK);
    return (void *)at;
}

static int map_file(struct making *m)
{
    long error = sys_ftruncate(m->fd, m->map.bytes);
    if (error < 0)
        return (int)error;
    long at = sys_mmap(NULL, m->map.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd);
    if (sys_is_error(at))
        return (int)at;
    m->map.base = (uint8_t *)at;
    /* A huge page would spend 2 MiB on every part that is touched. */
    sys_madvise(m->map.base, m->map.bytes, MADV_NOHUGEPAGE);
    return 0;
}

/* Gives the header memory and learns whether single pages can be backed. */
static int back_header(struct making *m)
{
    segment_map = m->map;
    int error = lsc__reserve(m->map.base, sizeof(struct lsc_segment_header));
    if (error != -EINVAL)
        return error;
    sys_munmap(m->map.base, m->map.bytes);
    m->map.base = NULL;
    uint64_t budget = layout_budget();
    m->ring_records = layout_fit(&m->map, m->ring_records,
                                 budget < BACKED_WHOLE_BYTES ? budget : BACKED_WHOLE_BYTES);
    if (m->ring_records == 0)
        return -EFBIG;
    error = map_file(m);
    if (error == 0)
        error = (int)sys_fallocate(m->fd, m->map.bytes);
    m->map.is_reserved = error == 0;
    return error;
}

static int map_all(struct making *m)
{
    m->ring_records = layout_fit(&m->map, lsc__config()->ring_records, layout_budget());
    if (m->ring_records == 0)
        return fail(m, -EFBIG, "the limits on file size or address space leave no room");
    int error = map_file(m);
    if (error < 0)
        return fail(m, error, "cannot map the segment");
    error = back_header(m);
    if (error < 0)
        return fail(m, error, "shared memory is full");
    m->private = map_private(sizeof *m->private);
    return m->private == NULL ? fail(m, -ENOMEM, "no memory") : 0;
}

static void fill_header(struct making *m)
{
    struct lsc_segment_header *header = (struct lsc_segment_header *)(void *)m->map.base;
    const struct lsc_config *config = lsc__config();
    struct clock_reading now;
    m->header = header;
    header->version = LSC_SEGMENT_VERSION;
    header->header_bytes = sizeof *header;
    header->segment_bytes = m->map.bytes;
    header->run_id = config->run_id;
    header->ring_records = m->ring_records;
    header->stall_ns = config->stall_ns;
    header->block_ns = config->block_ns;
    header->clock_kind = lsc__clock_kind;
    header->ticks_per_second = clock_calibrate(&now);
    clock_pair_store(&header->clock_start, &now);
    clock_pair_store(&header->clock_latest, &now);
    memcpy(header->parts, m->map.parts, sizeof header->parts);
    identity_fill(header);
    /* 0 is no string. */
    atomic_store_explicit(&header->string_bytes, 8, memory_order_relaxed);
    memcpy(header->magic, LSC_SEGMENT_MAGIC, sizeof header->magic);
}

/* Puts the new segment where the forked parent's was, so that mappings do not pile up over
 * generations and a pointer left over in an interrupted emit stays one into memory. */
static void take_inherited_place(struct making *m)
{
    struct segment_map *old = &segment_inheritance.map;
    segment_inheritance.is_valid = false;
    if (old->bytes != m->map.bytes)
        return;
    long at = sys_mremap(m->map.base, m->map.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, old->base);
    if (sys_is_error(at))
        return;
    m->map.base = (uint8_t *)at;
    m->header = (struct lsc_segment_header *)(void *)m->map.base;
    segment_map.base = m->map.base;
}

static void publish(struct making *m)
{
    segment_map = m->map;
    reserve_reset(m->map.is_reserved);
    core_private = m->private;
    if (segment_inheritance.is_valid) {
        tables_adopt(m->header);
        take_inherited_place(m);
        sites_reindex(m->header);
    }
    atomic_store_explicit(&m->header->control, 1, memory_order_relaxed);
    atomic_store_explicit(&m->header->state, LSC_SEGMENT_LIVE, memory_order_release);
    __atomic_store_n(&lsc__segment, m->header, __ATOMIC_RELEASE);
}

static void undo(struct making *m)
{
    if (m->map.base != NULL)
        sys_munmap(m->map.base, m->map.bytes);
    if (m->directory >= 0 && m->fd >= 0)
        sys_unlinkat(m->directory, m->name);
    segment_map = (struct segment_map){0};
}

static int make(struct line *reason)
{
    struct making m = {.directory = -1, .fd = -1};
    int error = create(&m);
    if (error == 0)
        error = map_all(&m);
    if (error == 0) {
        fill_header(&m);
        publish(&m);
    } else {
        fail(&m, error, "no segment");
        undo(&m);
    }
    if (m.fd >= 0)
        sys_close(m.fd);
    if (m.directory >= 0)
        sys_close(m.directory);
    *reason = m.reason;
    return error;
}

/* A worker that gave up its rights cannot have a segment where its parent has one: not worth a
 * word. */
static bool parent_was_observed;

/* A process that shares its parent's memory (vfork) must not act for it. */
static int check_process(void)
{
    if (*lsc__fork_canary == 0)
        lsc__after_fork();
    if (atomic_load_explicit(&core_is_sealed, memory_order_relaxed))
        return -EPERM;
    return sys_getpid() == core_pid ? 0 : -EBUSY;
}

static int make_once(void)
{
    struct line reason;
    int expected = STAGE_NONE;
    int error = check_process();
    if (error < 0)
        return error;
    if (!atomic_compare_exchange_strong(&stage, &expected, STAGE_MAKING))
        return expected == STAGE_READY ? 0 : -EAGAIN;
    config_complain();
    error = make(&reason);
    if (error < 0) {
        if (!parent_was_observed)
            line_print_once(&reason);
        __atomic_store_n(&lsc_probe_on, 0, __ATOMIC_RELAXED);
    }
    atomic_store(&stage, error < 0 ? STAGE_FAILED : STAGE_READY);
    return error;
}

int lsc__segment_ensure(uint32_t depths)
{
    core_init();
    if (lsc__config()->is_off)
        return -ECANCELED;
    if (*lsc__fork_canary == 0)
        lsc__after_fork();
    int now = atomic_load_explicit(&stage, memory_order_acquire);
    if (now == STAGE_FAILED)
        return -ENODEV;
    if (now != STAGE_READY) {
        int error = make_once();
        if (error < 0)
            return error;
    }
    struct lsc_segment_header *header = core_header();
    if ((atomic_load_explicit(&header->depths, memory_order_relaxed) & depths) != depths)
        atomic_fetch_or_explicit(&header->depths, depths, memory_order_relaxed);
    return 0;
}

void segment_forget(bool may_make_another)
{
    parent_was_observed |= atomic_load(&stage) == STAGE_READY;
    __atomic_store_n(&lsc__segment, NULL, __ATOMIC_RELEASE);
    core_private = NULL;
    atomic_store(&stage, may_make_another ? STAGE_NONE : STAGE_FAILED);
}

void segment_refuse(void)
{
    atomic_store(&stage, STAGE_FAILED);
}

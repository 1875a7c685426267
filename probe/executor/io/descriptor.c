/* SPDX-License-Identifier: MIT */
/* Waiting for descriptors. */
#include "descriptor.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor/executor.h"

/* So many events in a row without a taker, and the loop stops watching. More than one: a busy
 * worker looks at its loop again before those it told have run. */
#define IDLE_EVENTS_MAX 4u

static const int event_of[DIRECTIONS] = {UV_READABLE, UV_WRITABLE};

static void reference(struct descriptor *descriptor)
{
    atomic_fetch_add_explicit(&descriptor->references, 1, memory_order_relaxed);
}

static void release(struct descriptor *descriptor)
{
    /* Release and acquire: all use comes before the memory is given back. */
    if (atomic_fetch_sub_explicit(&descriptor->references, 1, memory_order_acq_rel) != 1)
        return;
    int saved = errno;
    close(descriptor->fd);
    errno = saved;
    lsc_resource_delete(descriptor->resource);
    executor_release(descriptor->executor, descriptor);
}

/* ---- made ---- */

static void run_note(struct worker *worker, struct worker_note *note);

static void close_handle(struct handle *handle)
{
    descriptor_close((struct descriptor *)(void *)handle);
}

static lsc_resource announce(int fd, const char *kind)
{
    struct lsc_address address = {.bytes = sizeof(address.storage)};
    char name[128];
    if (!lsc_probe_is_on())
        return 0;
    struct sockaddr *raw = (struct sockaddr *)&address.storage;
    if (getpeername(fd, raw, &address.bytes) != 0) {
        address.bytes = sizeof(address.storage);
        if (getsockname(fd, raw, &address.bytes) != 0)
            address.bytes = 0;
    }
    if (address.bytes > sizeof(sa_family_t))
        lsc_address_text(&address, name, sizeof(name));
    else
        snprintf(name, sizeof(name), "fd %d", fd);
    return lsc_resource_new(kind, name, 0, 0);
}

struct descriptor *descriptor_new(struct lsc_executor *executor, int fd, const char *kind)
{
    struct stat status;
    struct descriptor *descriptor = executor_allocate(executor, sizeof(*descriptor));
    if (!descriptor)
        return NULL;
    memset(descriptor, 0, sizeof(*descriptor));
    descriptor->note.run = run_note;
    atomic_init(&descriptor->references, 1);
    descriptor->executor = executor;
    descriptor->fd = fd;
    descriptor->is_socket = fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
    atomic_init(&descriptor->is_ready[READING], true);
    atomic_init(&descriptor->is_ready[WRITING], true);
    int saved = errno;
    descriptor->resource = announce(fd, kind);
    handle_add(executor, &descriptor->handle, kind, close_handle);
    errno = saved;
    return descriptor;
}

/* ---- on the owner's thread ---- */

/* With the lock. */
static void grant(struct descriptor *descriptor, enum direction direction, lsc_result result,
                  struct wake_list *wakes)
{
    struct wait_list *list = &descriptor->waiters[direction];
    wait_grant(list, list->first, result, wakes);
}

static void on_event(uv_poll_t *poll, int status, int events);

/* With the lock: watches what is wanted. */
static void arm(struct descriptor *descriptor)
{
    if (descriptor->is_poll_closed || descriptor->armed == descriptor->wanted)
        return;
    descriptor->armed = descriptor->wanted;
    if (descriptor->wanted)
        uv_poll_start(&descriptor->poll, descriptor->wanted, on_event);
    else
        uv_poll_stop(&descriptor->poll);
}

/* With the lock. Whether somebody waited for it. */
static bool tell_ready(struct descriptor *descriptor, enum direction direction,
                       struct wake_list *wakes)
{
    atomic_store_explicit(&descriptor->is_ready[direction], true, memory_order_relaxed);
    if (!descriptor->waiters[direction].first)
        return false;
    grant(descriptor, direction, 0, wakes);
    return true;
}

/* With the lock. libuv has stopped watching: the waiting tasks get the error from the kernel. */
static void tell_error(struct descriptor *descriptor, struct wake_list *wakes)
{
    descriptor->wanted = descriptor->armed = 0;
    for (enum direction direction = READING; direction < DIRECTIONS; direction++)
        while (tell_ready(descriptor, direction, wakes))
            ;
}

static void tell_events(struct descriptor *descriptor, int events, struct wake_list *wakes)
{
    int ignored = 0;
    for (enum direction direction = READING; direction < DIRECTIONS; direction++)
        if ((events & event_of[direction]) && !tell_ready(descriptor, direction, wakes))
            ignored |= event_of[direction];
    if (!ignored) {
        descriptor->idle_events = 0;
    } else if (++descriptor->idle_events >= IDLE_EVENTS_MAX) {
        descriptor->idle_events = 0;
        descriptor->wanted &= ~ignored;
        arm(descriptor);
    }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct descriptor *descriptor = poll->data;
    struct wake_list wakes = WAKE_LIST_EMPTY;
    lock_take(&descriptor->lock);
    if (status < 0)
        tell_error(descriptor, &wakes);
    else
        tell_events(descriptor, events, &wakes);
    lock_drop(&descriptor->lock);
    wake_list_run(&wakes);
}

static void on_poll_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void close_on_owner(struct descriptor *descriptor)
{
    if (descriptor->is_poll_closed)
        return;
    descriptor->is_poll_closed = true;
    uv_close((uv_handle_t *)&descriptor->poll, on_poll_closed);
}

static void run_note(struct worker *worker, struct worker_note *note)
{
    struct descriptor *descriptor =
        (struct descriptor *)(void *)((char *)note - offsetof(struct descriptor, note));
    (void)worker;
    lock_take(&descriptor->lock);
    descriptor->is_posted = false;
    bool is_closed = descriptor->is_closed;
    if (!is_closed)
        arm(descriptor);
    lock_drop(&descriptor->lock);
    if (is_closed)
        close_on_owner(descriptor);
    release(descriptor);
}

/* ---- on any thread ---- */

/* With the lock: whether the note must be sent, after the lock was dropped. */
static bool prepare_note(struct descriptor *descriptor)
{
    if (descriptor->is_posted)
        return false;
    descriptor->is_posted = true;
    reference(descriptor);
    return true;
}

/* The thread may touch the owner's loop: it is the owner, or the last one there is. */
static bool is_on_owner(const struct descriptor *descriptor)
{
    return worker_self == descriptor->owner ||
           atomic_load_explicit(&descriptor->executor->is_dead, memory_order_acquire);
}

/* Once closed, nobody begins to wait any more, so that the owner is settled. */
static void leave_loop(struct descriptor *descriptor)
{
    if (!descriptor->owner)
        return;
    if (is_on_owner(descriptor)) {
        close_on_owner(descriptor);
    } else {
        lock_take(&descriptor->lock);
        bool must_post = prepare_note(descriptor);
        lock_drop(&descriptor->lock);
        if (must_post)
            worker_post(descriptor->owner, &descriptor->note);
    }
}

void descriptor_close(struct descriptor *descriptor)
{
    struct wake_list wakes = WAKE_LIST_EMPTY;
    if (!descriptor)
        return;
    handle_remove(descriptor->executor, &descriptor->handle);
    lock_take(&descriptor->lock);
    descriptor->is_closed = true;
    for (enum direction direction = READING; direction < DIRECTIONS; direction++)
        while (descriptor->waiters[direction].first)
            grant(descriptor, direction, -EBADF, &wakes);
    lock_drop(&descriptor->lock);
    leave_loop(descriptor);
    wake_list_run(&wakes);
    release(descriptor);
}

/* ---- waiting ---- */

bool descriptor_withdraw(struct wait *wait)
{
    struct descriptor *descriptor = wait->object;
    lock_take(&descriptor->lock);
    bool was_waiting = wait_remove(&descriptor->waiters[wait->flags], wait);
    lock_drop(&descriptor->lock);
    if (was_waiting)
        release(descriptor);
    return was_waiting;
}

void descriptor_discard(struct wait *wait)
{
    release(wait->object);
}

/* With the lock. The first to wait makes its worker the owner. */
static int ensure_owner(struct descriptor *descriptor, struct worker *worker)
{
    if (descriptor->is_closed)
        return -EBADF;
    if (descriptor->owner)
        return 0;
    int error = uv_poll_init(&worker->loop, &descriptor->poll, descriptor->fd);
    if (error < 0)
        return error;
    descriptor->poll.data = descriptor;
    descriptor->owner = worker;
    reference(descriptor);
    return 0;
}

/* With the lock. Whether the note must be sent. */
static bool watch(struct descriptor *descriptor, enum direction direction)
{
    descriptor->idle_events = 0;
    descriptor->wanted |= event_of[direction];
    if (descriptor->armed & event_of[direction])
        return false;
    if (worker_self != descriptor->owner)
        return prepare_note(descriptor);
    arm(descriptor);
    return false;
}

lsc_result descriptor_wait(struct lsc_context *cx, const struct operation *operation, size_t done)
{
    struct descriptor *descriptor = operation->descriptor;
    lsc_result result;
    bool must_post = false;
    if (wait_is_interrupted(context_running(cx), &result))
        return result;
    lock_take(&descriptor->lock);
    result = ensure_owner(descriptor, worker_of(cx));
    if (result == 0) {
        reference(descriptor);
        result =
            wait_begin(cx, &(struct wait_plan){.kind = operation->kind,
                                               .object = descriptor,
                                               .list = &descriptor->waiters[operation->direction],
                                               .item = (void *)done,
                                               .flags = (uint32_t)operation->direction,
                                               .resource = descriptor->resource});
        must_post = watch(descriptor, operation->direction);
    }
    lock_drop(&descriptor->lock);
    if (must_post)
        worker_post(descriptor->owner, &descriptor->note);
    return result;
}

/* True: the operation may be tried. Being told of readiness is a reason to try, not a result; the
 * bytes that are through already are kept in the wait's item. The reference of the wait that is
 * over is left to the caller if it `was_told`: the handle may have been closed meanwhile. */
static bool may_try(struct lsc_context *cx, const struct operation *operation, size_t *done,
                    bool *was_told, lsc_result *result)
{
    const struct wait *wait = &context_running(cx)->wait;
    bool was_waiting = wait->kind == operation->kind && wait->object == operation->descriptor;
    *done = was_waiting ? (size_t)wait->item : 0;
    bool is_new = wait_is_new(cx, operation->kind, operation->descriptor, result);
    *was_told = !is_new && was_waiting && (*result == 0 || *result == -EBADF);
    return is_new || (*was_told && *result == 0);
}

static lsc_result try_it(struct lsc_context *cx, const struct operation *operation, size_t done)
{
    _Atomic bool *is_ready = &operation->descriptor->is_ready[operation->direction];
    while (atomic_load_explicit(is_ready, memory_order_relaxed)) {
        size_t asked = operation->bytes - done;
        int64_t got = operation->attempt(operation, done);
        if (got == -EINTR)
            continue;
        if (got == -EAGAIN || (operation->is_byte_wise && got > 0 && (size_t)got < asked))
            atomic_store_explicit(is_ready, false, memory_order_relaxed);
        if (got == -EAGAIN)
            break;
        if (got < 0)
            return got;
        done += (size_t)got;
        if (!operation->is_whole || got == 0 || done == operation->bytes)
            return (lsc_result)done;
    }
    return descriptor_wait(cx, operation, done);
}

lsc_result descriptor_await(struct lsc_context *cx, const struct operation *operation)
{
    struct descriptor *descriptor = operation->descriptor;
    size_t done;
    bool was_told;
    lsc_result result;
    if (may_try(cx, operation, &done, &was_told, &result))
        result = descriptor ? try_it(cx, operation, done) : -EBADF;
    if (was_told)
        release(descriptor);
    return result;
}

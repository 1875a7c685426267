/* SPDX-License-Identifier: MIT */
/* Watchers with one callback of their own: idle, check, prepare, poll, signal, file system. What
 * they have in common is in two macros: a beginning, and a callback behind its wrapper. */
#include "name.h"
#include "note.h"

#define INIT(function, type, parameters, arguments, kind)                                          \
    LSC_UV_EXPORT int function parameters                                                          \
    {                                                                                              \
        if (uv_passes(UV_CALLER))                                                                  \
            return real_uv.function arguments;                                                     \
        int error = UV_REAL(function arguments);                                                   \
        if (error == 0)                                                                            \
            note_handle(loop, h, kind, UV_PLACE);                                                  \
        return error;                                                                              \
    }

INIT(uv_idle_init, uv_idle_t, (uv_loop_t * loop, uv_idle_t *h), (loop, h), UV_KIND_IDLE)
INIT(uv_check_init, uv_check_t, (uv_loop_t * loop, uv_check_t *h), (loop, h), UV_KIND_CHECK)
INIT(uv_prepare_init, uv_prepare_t, (uv_loop_t * loop, uv_prepare_t *h), (loop, h), UV_KIND_PREPARE)
INIT(uv_signal_init, uv_signal_t, (uv_loop_t * loop, uv_signal_t *h), (loop, h), UV_KIND_SIGNAL)
INIT(uv_fs_event_init, uv_fs_event_t, (uv_loop_t * loop, uv_fs_event_t *h), (loop, h),
     UV_KIND_FS_EVENT)
INIT(uv_fs_poll_init, uv_fs_poll_t, (uv_loop_t * loop, uv_fs_poll_t *h), (loop, h), UV_KIND_FS_POLL)

/* Runs the program's callback of `h`, which is in no table only if it was never wrapped. */
#define WRAPPER(wrapper, callback_type, parameters, arguments)                                     \
    static void wrapper parameters                                                                 \
    {                                                                                              \
        struct side *side;                                                                         \
        struct entry *entry = note_find(h->loop, h, &side);                                        \
        if (!entry || !entry->callback)                                                            \
            return;                                                                                \
        callback_type callback = (callback_type)entry->callback;                                   \
        struct note note;                                                                          \
        note_begin(&note, side, entry);                                                            \
        callback arguments;                                                                        \
        note_end(&note, &(struct note_poll){.function = (uintptr_t)callback});                     \
    }

WRAPPER(on_idle, uv_idle_cb, (uv_idle_t * h), (h))
WRAPPER(on_check, uv_check_cb, (uv_check_t * h), (h))
WRAPPER(on_prepare, uv_prepare_cb, (uv_prepare_t * h), (h))
WRAPPER(on_poll, uv_poll_cb, (uv_poll_t * h, int status, int events), (h, status, events))
WRAPPER(on_signal, uv_signal_cb, (uv_signal_t * h, int signum), (h, signum))
WRAPPER(on_fs_event, uv_fs_event_cb,
        (uv_fs_event_t * h, const char *filename, int events, int status),
        (h, filename, events, status))
WRAPPER(on_fs_poll, uv_fs_poll_cb,
        (uv_fs_poll_t * h, int status, const uv_stat_t *before, const uv_stat_t *now),
        (h, status, before, now))

/* Started while active, these return 0 and go on with the callback they had. */
#define START_ONCE(function, type, callback_type, wrapper)                                         \
    LSC_UV_EXPORT int function(type *h, callback_type cb)                                          \
    {                                                                                              \
        if (uv_passes(UV_CALLER))                                                                  \
            return real_uv.function(h, cb);                                                        \
        struct side *side;                                                                         \
        struct entry *entry = note_find(h->loop, h, &side);                                        \
        bool is_ours = entry && UV_IS_USERS(cb);                                                   \
        bool was_active = real_uv.uv_is_active((uv_handle_t *)h);                                  \
        int error = UV_REAL(function(h, is_ours ? wrapper : cb));                                  \
        if (error == 0 && is_ours && !was_active && cb != wrapper)                                 \
            entry->callback = (callback_function *)cb;                                             \
        return error;                                                                              \
    }

START_ONCE(uv_idle_start, uv_idle_t, uv_idle_cb, on_idle)
START_ONCE(uv_check_start, uv_check_t, uv_check_cb, on_check)
START_ONCE(uv_prepare_start, uv_prepare_t, uv_prepare_cb, on_prepare)

LSC_UV_EXPORT int uv_poll_init(uv_loop_t *loop, uv_poll_t *h, int fd)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_poll_init(loop, h, fd);
    int error = UV_REAL(uv_poll_init(loop, h, fd));
    if (error == 0)
        name_descriptor(loop, note_handle(loop, h, UV_KIND_POLL, UV_PLACE), fd);
    return error;
}

LSC_UV_EXPORT int uv_poll_init_socket(uv_loop_t *loop, uv_poll_t *h, uv_os_sock_t fd)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_poll_init_socket(loop, h, fd);
    int error = UV_REAL(uv_poll_init_socket(loop, h, fd));
    if (error == 0)
        name_descriptor(loop, note_handle(loop, h, UV_KIND_POLL, UV_PLACE), fd);
    return error;
}

LSC_UV_EXPORT int uv_poll_start(uv_poll_t *h, int events, uv_poll_cb cb)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_poll_start(h, events, cb);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb);
    int error = UV_REAL(uv_poll_start(h, events, is_ours ? on_poll : cb));
    if (error == 0 && is_ours && cb != on_poll)
        entry->callback = (callback_function *)cb;
    return error;
}

#define START_SIGNAL(function)                                                                     \
    LSC_UV_EXPORT int function(uv_signal_t *h, uv_signal_cb cb, int signum)                        \
    {                                                                                              \
        if (uv_passes(UV_CALLER))                                                                  \
            return real_uv.function(h, cb, signum);                                                \
        struct side *side;                                                                         \
        struct entry *entry = note_find(h->loop, h, &side);                                        \
        bool is_ours = entry && UV_IS_USERS(cb);                                                   \
        int error = UV_REAL(function(h, is_ours ? on_signal : cb, signum));                        \
        if (error == 0 && is_ours && cb != on_signal)                                              \
            entry->callback = (callback_function *)cb;                                             \
        if (error == 0 && is_ours)                                                                 \
            name_signal(side, entry, signum);                                                      \
        return error;                                                                              \
    }

START_SIGNAL(uv_signal_start)
START_SIGNAL(uv_signal_start_oneshot)

LSC_UV_EXPORT int uv_fs_event_start(uv_fs_event_t *h, uv_fs_event_cb cb, const char *path,
                                    unsigned flags)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_fs_event_start(h, cb, path, flags);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb);
    int error = UV_REAL(uv_fs_event_start(h, is_ours ? on_fs_event : cb, path, flags));
    if (error != 0 || !is_ours)
        return error;
    if (cb != on_fs_event)
        entry->callback = (callback_function *)cb;
    name_path(side, entry, path);
    return 0;
}

/* A stat that is under way when it is stopped and started anew still ends in the callback of its
 * time, so the first callback stays and another one goes unwrapped. */
LSC_UV_EXPORT int uv_fs_poll_start(uv_fs_poll_t *h, uv_fs_poll_cb cb, const char *path,
                                   unsigned interval)
{
    if (uv_passes(UV_CALLER))
        return real_uv.uv_fs_poll_start(h, cb, path, interval);
    struct side *side;
    struct entry *entry = note_find(h->loop, h, &side);
    bool is_ours = entry && UV_IS_USERS(cb) && cb != on_fs_poll &&
                   (!entry->callback || entry->callback == (callback_function *)cb);
    int error = UV_REAL(uv_fs_poll_start(h, is_ours ? on_fs_poll : cb, path, interval));
    if (error != 0 || !is_ours)
        return error;
    entry->callback = (callback_function *)cb;
    name_path(side, entry, path);
    return 0;
}

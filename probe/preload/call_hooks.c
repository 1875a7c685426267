/* SPDX-License-Identifier: MIT */
/* The interposers of all calls that are only timed, generated from hooks_table.h, and the variadic
 * ones among them. */
#include "real.h"

#include "call.h"

/* The descriptor of a stream, without its lock: only looked at for a report. */
static inline int stream_fd(FILE *f)
{
    return f ? fileno_unlocked(f) : -1;
}

/* The result is kept in a variable of its own type, or there is none. */
#define TIMED_RESULT(ret, name, params, args, id, fd)                                              \
    LSC_EXPORT ret name params                                                                     \
    {                                                                                              \
        if (!self_is_timed())                                                                      \
            return real.name args;                                                                 \
        struct call call;                                                                          \
        call_begin(&call, LSC_CALL_##id, CALL_FRAME);                                              \
        ret value = real.name args;                                                                \
        call_end(&call, LSC_CALL_##id, fd, CALL_HERE);                                             \
        return value;                                                                              \
    }

LSC_TIMED_FILE_HOOKS(TIMED_RESULT)
LSC_TIMED_STREAM_HOOKS(TIMED_RESULT)
LSC_TIMED_SOCKET_HOOKS(TIMED_RESULT)
LSC_TIMED_PATH_HOOKS(TIMED_RESULT)
LSC_TIMED_OTHER_HOOKS(TIMED_RESULT)

LSC_EXPORT void sync(void)
{
    struct call call;
    bool is_timed = self_is_timed();
    if (is_timed)
        call_begin(&call, LSC_CALL_sync, CALL_FRAME);
    real.sync();
    if (is_timed)
        call_end(&call, LSC_CALL_sync, -1, CALL_HERE);
}

/* open's mode, fcntl's and ioctl's argument: read whether given or not, as the real ones do. */
#define TIMED_VARIADIC(ret, name, params, args, variadic, last, type, id, fd)                      \
    LSC_EXPORT ret name variadic                                                                   \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        type extra = va_arg(list, type);                                                           \
        va_end(list);                                                                              \
        if (!self_is_timed())                                                                      \
            return real.name args;                                                                 \
        struct call call;                                                                          \
        call_begin(&call, LSC_CALL_##id, CALL_FRAME);                                              \
        ret value = real.name args;                                                                \
        call_end(&call, LSC_CALL_##id, fd, CALL_HERE);                                             \
        return value;                                                                              \
    }

LSC_VARIADIC_HOOKS(TIMED_VARIADIC)

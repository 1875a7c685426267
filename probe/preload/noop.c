/* SPDX-License-Identifier: MIT */
/* libloopscope-noop.so: exports what the preload library exports and only forwards. The overhead of
 * the preload library is measured against it. Not installed. */
#include "real.h"

#include <alloca.h>

#define FORWARD_TIMED(ret, name, params, args, call, fd) FORWARD(ret, name, params, args)
#define FORWARD(ret, name, params, args)                                                           \
    LSC_EXPORT ret name params                                                                     \
    {                                                                                              \
        return real.name args;                                                                     \
    }
#define FORWARD_EXIT(name)                                                                         \
    LSC_EXPORT void name(int status)                                                               \
    {                                                                                              \
        real.name(status);                                                                         \
        __builtin_unreachable();                                                                   \
    }
#define FORWARD_VARIADIC(ret, name, params, args, variadic, last, type, call, fd)                  \
    LSC_EXPORT ret name variadic                                                                   \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        type extra = va_arg(list, type);                                                           \
        va_end(list);                                                                              \
        return real.name args;                                                                     \
    }

LSC_TIMED_FILE_HOOKS(FORWARD_TIMED)
LSC_TIMED_STREAM_HOOKS(FORWARD_TIMED)
LSC_TIMED_SOCKET_HOOKS(FORWARD_TIMED)
LSC_TIMED_PATH_HOOKS(FORWARD_TIMED)
LSC_TIMED_OTHER_HOOKS(FORWARD_TIMED)
LSC_WAIT_HOOKS(FORWARD)
LSC_LOCK_HOOKS(FORWARD)
LSC_PROCESS_HOOKS(FORWARD)
LSC_EXIT_HOOKS(FORWARD_EXIT)
LSC_VARIADIC_HOOKS(FORWARD_VARIADIC)

LSC_EXPORT int prctl(int option, ...)
{
    va_list list;
    unsigned long a[4];
    va_start(list, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(list, unsigned long);
    va_end(list);
    return real.prctl(option, a[0], a[1], a[2], a[3]);
}

LSC_EXPORT long syscall(long number, ...)
{
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int count_arguments(const char *first, va_list list)
{
    int n = first ? 1 : 0;
    while (n > 0 && va_arg(list, const char *))
        n++;
    return n;
}

#define FORWARD_EXECL(name, has_environment, call)                                                 \
    LSC_EXPORT int name(const char *path, const char *first, ...)                                  \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, first);                                                                     \
        int n = count_arguments(first, list);                                                      \
        va_end(list);                                                                              \
        char **argv = alloca(((size_t)n + 1) * sizeof(*argv));                                     \
        va_start(list, first);                                                                     \
        argv[0] = (char *)(uintptr_t)first;                                                        \
        for (int i = 0; argv[i]; i++)                                                              \
            argv[i + 1] = va_arg(list, char *);                                                    \
        char *const *envp = has_environment ? va_arg(list, char *const *) : environ;               \
        va_end(list);                                                                              \
        return call;                                                                               \
    }
FORWARD_EXECL(execl, false, real.execve(path, argv, envp))
FORWARD_EXECL(execlp, false, real.execvpe(path, argv, envp))
FORWARD_EXECL(execle, true, real.execve(path, argv, envp))

static __attribute__((constructor(101))) void begin(void)
{
    real_resolve();
}

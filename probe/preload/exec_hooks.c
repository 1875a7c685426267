/* SPDX-License-Identifier: MIT */
/* exec: the image is replaced, or the call fails and everything goes on. The segment is marked
 * before, since there is no after, and the mark is taken back on failure. */
#include "real.h"

#include <alloca.h>

#include "call.h"
#include "process.h"

struct replacement {
    bool is_marked;
    struct loop *loop; /* held so that no sampling signal comes */
};

static void replace_begin(struct replacement *r)
{
    *r = (struct replacement){0};
    if (self_is_vforked() || process_is_off() || !lsc__segment || *lsc__fork_canary == 0)
        return;
    int saved = errno;
    if (self.loop && self.loop->shared) {
        r->loop = self.loop;
        call_enter(r->loop);
    }
    r->is_marked = true;
    lsc__segment_end(LSC_SEGMENT_REPLACED);
    errno = saved;
}

static void replace_failed(const struct replacement *r)
{
    int saved = errno;
    if (r->is_marked)
        lsc__segment_end(LSC_SEGMENT_LIVE);
    if (r->loop)
        call_leave(r->loop);
    errno = saved;
}

#define EXEC_HOOK(name, params, args)                                                              \
    LSC_EXPORT int name params                                                                     \
    {                                                                                              \
        struct replacement replacement;                                                            \
        replace_begin(&replacement);                                                               \
        int result = real.name args;                                                               \
        replace_failed(&replacement);                                                              \
        return result;                                                                             \
    }

EXEC_HOOK(execve, (const char *path, char *const argv[], char *const envp[]), (path, argv, envp))
EXEC_HOOK(execv, (const char *path, char *const argv[]), (path, argv))
EXEC_HOOK(execvp, (const char *file, char *const argv[]), (file, argv))
EXEC_HOOK(execvpe, (const char *file, char *const argv[], char *const envp[]), (file, argv, envp))
EXEC_HOOK(fexecve, (int fd, char *const argv[], char *const envp[]), (fd, argv, envp))
EXEC_HOOK(execveat, (int dir, const char *path, char *const argv[], char *const envp[], int flags),
          (dir, path, argv, envp, flags))

/* The variadic ones build the vector on the stack, as libc does. */
static int count_arguments(const char *first, va_list list)
{
    int n = first ? 1 : 0;
    while (n > 0 && va_arg(list, const char *))
        n++;
    return n;
}

/* Copies up to and including the terminating NULL. */
static void copy_arguments(char **argv, const char *first, va_list *list)
{
    argv[0] = (char *)(uintptr_t)first;
    for (int i = 0; argv[i]; i++)
        argv[i + 1] = va_arg(*list, char *);
}

/* Only execle is given an environment, behind the NULL. */
static char *const *take_environment(bool is_given, va_list *list)
{
    return is_given ? va_arg(*list, char *const *) : environ;
}

#define EXECL_HOOK(name, has_environment, call)                                                    \
    LSC_EXPORT int name(const char *path, const char *first, ...)                                  \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, first);                                                                     \
        int n = count_arguments(first, list);                                                      \
        va_end(list);                                                                              \
        char **argv = alloca(((size_t)n + 1) * sizeof(*argv));                                     \
        va_start(list, first);                                                                     \
        copy_arguments(argv, first, &list);                                                        \
        char *const *envp = take_environment(has_environment, &list);                              \
        va_end(list);                                                                              \
        return call;                                                                               \
    }

EXECL_HOOK(execl, false, execve(path, argv, envp))
EXECL_HOOK(execlp, false, execvpe(path, argv, envp))
EXECL_HOOK(execle, true, execve(path, argv, envp))

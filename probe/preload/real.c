/* SPDX-License-Identifier: MIT */
/* Resolution of the real functions: all at once with dlsym(RTLD_NEXT), in the constructor or at the
 * first call of any interposer, whichever comes first. */
#include "real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* glibc older than 2.36 gives the oldest version of a symbol for RTLD_NEXT: the condition variables
 * of before 2003, with another layout. These must be asked for by version. */
static const char *version_of(const char *name)
{
#if defined(__x86_64__)
    if (strncmp(name, "pthread_cond_", 13) == 0 && strcmp(name, "pthread_cond_clockwait") != 0)
        return "GLIBC_2.3.2";
#endif
    (void)name;
    return NULL;
}

static void *find(const char *name)
{
    const char *version = version_of(name);
    void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
    return found ? found : dlsym(RTLD_NEXT, name);
}

/* What stands for a symbol that this libc does not have. All results of the tables fit a register.
 */
static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

/* The stand-ins of the time before resolution. */
#define LAZY_TIMED(ret, name, params, args, call, fd) LAZY(ret, name, params, args)
#define LAZY(ret, name, params, args)                                                              \
    static ret lazy_##name params                                                                  \
    {                                                                                              \
        real_resolve();                                                                            \
        return real.name args;                                                                     \
    }
#define LAZY_VARIADIC(ret, name, params, args, variadic, last, type, call, fd)                     \
    LAZY(ret, name, params, args)
#define LAZY_EXIT(name)                                                                            \
    static void lazy_##name(int status)                                                            \
    {                                                                                              \
        real_resolve();                                                                            \
        real.name(status);                                                                         \
    }
LSC_TIMED_HOOKS(LAZY_TIMED)
LSC_WAIT_HOOKS(LAZY)
LSC_LOCK_HOOKS(LAZY)
LSC_REAL_ONLY(LAZY)
LSC_PROCESS_HOOKS(LAZY)
LSC_VARIADIC_HOOKS(LAZY_VARIADIC)
LSC_EXIT_HOOKS(LAZY_EXIT)
LAZY(int, prctl, (int o, unsigned long a, unsigned long b, unsigned long c, unsigned long d),
     (o, a, b, c, d))
LAZY(long, syscall, (long n, long a, long b, long c, long d, long e, long f), (n, a, b, c, d, e, f))

#define INITIAL_TIMED(ret, name, params, args, call, fd) .name = lazy_##name,
#define INITIAL(ret, name, params, args) .name = lazy_##name,
#define INITIAL_VARIADIC(ret, name, params, args, variadic, last, type, call, fd)                  \
    .name = lazy_##name,
#define INITIAL_EXIT(name) .name = lazy_##name,
struct real real = {
    LSC_TIMED_HOOKS(INITIAL_TIMED) LSC_WAIT_HOOKS(INITIAL) LSC_LOCK_HOOKS(INITIAL)
        LSC_REAL_ONLY(INITIAL) LSC_PROCESS_HOOKS(INITIAL) LSC_VARIADIC_HOOKS(INITIAL_VARIADIC)
            LSC_EXIT_HOOKS(INITIAL_EXIT)
                .prctl = lazy_prctl,
    .syscall = lazy_syscall,
};

/* A table of (where, name) rather than 200 calls in a row: this runs in every process at its start.
 */
struct symbol {
    size_t offset;
    const char *name;
};
#define SYMBOL_TIMED(ret, name, params, args, call, fd) {offsetof(struct real, name), #name},
#define SYMBOL(ret, name, params, args) {offsetof(struct real, name), #name},
#define SYMBOL_VARIADIC(ret, name, params, args, variadic, last, type, call, fd)                   \
    {offsetof(struct real, name), #name},
#define SYMBOL_EXIT(name) {offsetof(struct real, name), #name},
static const struct symbol symbols[] = {
    LSC_TIMED_HOOKS(SYMBOL_TIMED) LSC_WAIT_HOOKS(SYMBOL) LSC_LOCK_HOOKS(SYMBOL)
        LSC_REAL_ONLY(SYMBOL) LSC_PROCESS_HOOKS(SYMBOL) LSC_VARIADIC_HOOKS(SYMBOL_VARIADIC)
            LSC_EXIT_HOOKS(SYMBOL_EXIT){offsetof(struct real, prctl), "prctl"},
    {offsetof(struct real, syscall), "syscall"},
};

void real_resolve(void)
{
    static _Atomic int is_resolved;
    if (atomic_load_explicit(&is_resolved, memory_order_acquire))
        return;
    int saved = errno;
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *function = find(symbols[i].name);
        if (!function)
            function = (void *)missing;
        /* Two threads may be here at once: both store the same values. */
        void **at = (void **)(void *)((char *)&real + symbols[i].offset);
        __atomic_store_n(at, function, __ATOMIC_RELAXED);
    }
    atomic_store_explicit(&is_resolved, 1, memory_order_release);
    errno = saved;
}

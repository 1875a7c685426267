/* SPDX-License-Identifier: MIT */
/* The real functions behind the interposers. Every pointer is usable at any moment: until it is
 * resolved it leads to a small function that resolves all of them and forwards. A symbol that this
 * libc lacks leads to one that fails with ENOSYS. Async-signal-safe once resolved. */
#ifndef LSC_REAL_H
#define LSC_REAL_H

#include "libc_headers.h"

struct real {
#define POINTER_TIMED(ret, name, params, args, call, fd) ret(*name) params;
#define POINTER(ret, name, params, args) ret(*name) params;
#define POINTER_VARIADIC(ret, name, params, args, variadic, last, type, call, fd) ret(*name) params;
#define POINTER_EXIT(name) void (*name)(int status);
    LSC_TIMED_HOOKS(POINTER_TIMED)
    LSC_WAIT_HOOKS(POINTER)
    LSC_LOCK_HOOKS(POINTER)
    LSC_REAL_ONLY(POINTER)
    LSC_PROCESS_HOOKS(POINTER)
    LSC_VARIADIC_HOOKS(POINTER_VARIADIC)
    LSC_EXIT_HOOKS(POINTER_EXIT)
#undef POINTER_TIMED
#undef POINTER
#undef POINTER_VARIADIC
#undef POINTER_EXIT
    /* The two that have no fixed number of arguments at all. */
    int (*prctl)(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
    long (*syscall)(long number, long a, long b, long c, long d, long e, long f);
};

extern struct real real __attribute__((visibility("hidden")));

/* Resolves every pointer; idempotent, any thread. Called by the constructor. */
void real_resolve(void);

#endif

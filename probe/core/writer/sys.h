/* SPDX-License-Identifier: MIT */
/* System calls without libc: the preload library interposes libc's wrappers, and the core must
 * neither pass through its own hooks nor change errno. Every function returns the kernel's value:
 * negative is -errno. Thread-safe and async-signal-safe. */
#ifndef LSC_SYS_H
#define LSC_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

static inline long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#else
#error "loopscope supports x86-64 and aarch64"
#endif
}

static inline long sys_openat(int directory, const char *path, int flags, unsigned mode)
{
    return sys_call(SYS_openat, directory, (long)path, flags, (long)mode, 0, 0);
}

static inline long sys_close(int fd)
{
    return sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline long sys_read(int fd, void *buffer, size_t bytes)
{
    return sys_call(SYS_read, fd, (long)buffer, (long)bytes, 0, 0, 0);
}

static inline long sys_write(int fd, const void *buffer, size_t bytes)
{
    return sys_call(SYS_write, fd, (long)buffer, (long)bytes, 0, 0, 0);
}

static inline long sys_readlinkat(int directory, const char *path, char *out, size_t bytes)
{
    return sys_call(SYS_readlinkat, directory, (long)path, (long)out, (long)bytes, 0, 0);
}

static inline long sys_mkdirat(int directory, const char *path, unsigned mode)
{
    return sys_call(SYS_mkdirat, directory, (long)path, (long)mode, 0, 0, 0);
}

static inline long sys_unlinkat(int directory, const char *path)
{
    return sys_call(SYS_unlinkat, directory, (long)path, 0, 0, 0, 0);
}

static inline long sys_ftruncate(int fd, uint64_t bytes)
{
    return sys_call(SYS_ftruncate, fd, (long)bytes, 0, 0, 0, 0);
}

static inline long sys_fallocate(int fd, uint64_t bytes)
{
    return sys_call(SYS_fallocate, fd, 0, 0, (long)bytes, 0, 0);
}

static inline long sys_memfd_create(const char *name, unsigned flags)
{
    return sys_call(SYS_memfd_create, (long)name, (long)flags, 0, 0, 0, 0);
}

static inline long sys_mmap(void *at, size_t bytes, int protection, int flags, int fd)
{
    return sys_call(SYS_mmap, (long)at, (long)bytes, protection, flags, fd, 0);
}

static inline long sys_munmap(void *at, size_t bytes)
{
    return sys_call(SYS_munmap, (long)at, (long)bytes, 0, 0, 0, 0);
}

static inline long sys_mremap(void *from, size_t bytes, int flags, void *to)
{
    return sys_call(SYS_mremap, (long)from, (long)bytes, (long)bytes, flags, (long)to, 0);
}

static inline long sys_madvise(void *at, size_t bytes, int advice)
{
    return sys_call(SYS_madvise, (long)at, (long)bytes, advice, 0, 0, 0);
}

static inline long sys_sleep_ms(unsigned ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    return sys_call(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

static inline int sys_getpid(void)
{
    return (int)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline int sys_getppid(void)
{
    return (int)sys_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static inline int sys_gettid(void)
{
    return (int)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static inline unsigned sys_geteuid(void)
{
    return (unsigned)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

static inline long sys_prctl(int option, void *argument)
{
    return sys_call(SYS_prctl, option, (long)argument, 0, 0, 0, 0);
}

/* True when `value`, returned by a call that yields an address, is an error. */
static inline int sys_is_error(long value)
{
    return value < 0 && value > -4096;
}

#endif

/* SPDX-License-Identifier: MIT */
/* The headers that declare what hooks_table.h interposes, and prototypes for the symbols that no
 * header declares (fortified and version-old aliases). Must come before any use of the tables. */
#ifndef LSC_LIBC_HEADERS_H
#define LSC_LIBC_HEADERS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "hooks_table.h"

#define LSC_EXPORT __attribute__((visibility("default")))

/* One declaration per interposed symbol: repeats the header's, or is the only one. */
#define DECLARE_TIMED(ret, name, params, args, call, fd) LSC_EXPORT ret name params;
#define DECLARE(ret, name, params, args) LSC_EXPORT ret name params;
#define DECLARE_VARIADIC(ret, name, params, args, variadic, last, type, call, fd)                  \
    LSC_EXPORT ret name variadic;
#define DECLARE_EXIT(name) LSC_EXPORT _Noreturn void name(int status);
LSC_TIMED_HOOKS(DECLARE_TIMED)
LSC_WAIT_HOOKS(DECLARE)
LSC_LOCK_HOOKS(DECLARE)
LSC_PROCESS_HOOKS(DECLARE)
LSC_VARIADIC_HOOKS(DECLARE_VARIADIC)
LSC_EXIT_HOOKS(DECLARE_EXIT)
#undef DECLARE_TIMED
#undef DECLARE
#undef DECLARE_VARIADIC
#undef DECLARE_EXIT

#endif

/* SPDX-License-Identifier: MIT */
/* A console that crashes must not leave the terminal in its alternate screen without echo. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "term_signals.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
#define FATAL (sizeof fatal / sizeof *fatal)

static struct {
    volatile sig_atomic_t is_armed;
    int fd;
    char bytes[CRASH_BYTES_MAX];
    size_t length;
    struct termios modes;
    struct sigaction before[FATAL];
} crash;
static char handler_stack[1 << 16]; /* the crash may be an overflow of the stack */

static void give_back(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (crash.is_armed) {
        crash.is_armed = 0;
        ssize_t written = write(crash.fd, crash.bytes, crash.length);
        (void)written;
        tcsetattr(crash.fd, TCSANOW, &crash.modes);
    }
    for (size_t i = 0; i < FATAL; i++) {
        if (fatal[i] == signal)
            sigaction(signal, &crash.before[i], NULL);
    }
    /* A fault comes again by itself when the instruction does, with all that belongs to it. */
    if (info->si_code <= 0 || signal == SIGABRT)
        raise(signal);
}

void term_crash_arm(int fd, const char *bytes, size_t length, const struct termios *modes)
{
    crash.fd = fd;
    crash.length = length < CRASH_BYTES_MAX ? length : CRASH_BYTES_MAX;
    memcpy(crash.bytes, bytes, crash.length);
    crash.modes = *modes;
    stack_t own = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack}, present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE))
        sigaltstack(&own, NULL);
    struct sigaction action = {.sa_sigaction = give_back, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL; i++)
        sigaction(fatal[i], &action, &crash.before[i]);
    crash.is_armed = 1;
}

void term_crash_disarm(void)
{
    if (!crash.is_armed)
        return;
    crash.is_armed = 0;
    for (size_t i = 0; i < FATAL; i++)
        sigaction(fatal[i], &crash.before[i], NULL);
}

/* SPDX-License-Identifier: MIT */
/* Signals as something to poll for, and the terminal given back when the process dies by one.
 * One user at a time in a process; only the handlers themselves are signal-safe. */
#ifndef LSC_TOP_TERM_SIGNALS_H
#define LSC_TOP_TERM_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct signals_seen {
    bool resize, quit, stop, carry_on;
};
/* Takes SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP and SIGCONT. A descriptor that is readable when
 * one has come, or -errno. */
int term_signals_open(void);
struct signals_seen term_signals_take(void);
/* Stops the job as Ctrl-Z does outside; comes back when it goes on. */
void term_signals_stop(void);
/* Gives the signals back to whom they belonged. */
void term_signals_close(void);

/* From now on a fatal signal first writes `bytes` to the terminal `fd` and sets `modes`, then goes
 * where it would have gone. The bytes are copied. */
#define CRASH_BYTES_MAX 512
void term_crash_arm(int fd, const char *bytes, size_t length, const struct termios *modes);
void term_crash_disarm(void);

#endif

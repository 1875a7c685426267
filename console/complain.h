/* SPDX-License-Identifier: MIT */
/* How the command says that something is wrong: one line `loopscope: what: why` on stderr. */
#ifndef LSC_COMPLAIN_H
#define LSC_COMPLAIN_H

/* Exit statuses of loopscope's own; `run` and `record` otherwise give the program's. */
enum exit_status {
    STATUS_FINE = 0,
    STATUS_LIMIT_BROKEN = 1,
    STATUS_WRONG = 2,            /* usage or input */
    STATUS_CANNOT_EXECUTE = 126, /* the program is there but cannot be run, as env(1) has it */
    STATUS_NOT_FOUND = 127,
};

/* Prints "loopscope: " and the text, made safe for a terminal, as one line with one write. Returns
 * STATUS_WRONG so that a caller can say `return complain(...)`. Keeps errno. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

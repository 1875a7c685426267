/* SPDX-License-Identifier: MIT */
/* What `loopscope doctor PROG` says: whether a program can be observed, how deep, and what to do.
 */
#ifndef LSC_DOCTOR_PROGRAM_H
#define LSC_DOCTOR_PROGRAM_H

#include <stdio.h>

/* Prints it to `out`. STATUS_FINE when the program can be observed, STATUS_LIMIT_BROKEN when not,
 * STATUS_WRONG after a line on stderr. */
int doctor_program(FILE *out, const char *name);

#endif

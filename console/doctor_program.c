/* SPDX-License-Identifier: MIT */
/* What `loopscope doctor PROG` says: whether a program can be observed, how deep, and what to do.
 */
#include "doctor_program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/inspect/inspect.h"
#include "analyzers/source/text.h"
#include "complain.h"
#include "probe/format/segment.h"

/* The depths that can be told from a file, in the words of the reports. */
static const struct depth {
    unsigned bit;
    const char *name;
    const char *shows;
} depths[] = {
    {LSC_DEPTH_LOOP, "loop", "turns, lag, utilization, stalls and their stacks"},
    {LSC_DEPTH_BLOCKING, "blocking", "calls that block inside a turn, with their stacks"},
    {LSC_DEPTH_POOLS, "pools", "pools of threads, and when all of one are busy"},
    {LSC_DEPTH_LIBUV, "libuv",
     "libuv's handles and requests, callback by callback, and its queues"},
};

static const char *const level_names[] = {[INSPECT_OK] = "ok",
                                          [INSPECT_NOTE] = "note",
                                          [INSPECT_WARNING] = "less",
                                          [INSPECT_BLOCKER] = "NO"};

static void print_clean(FILE *out, const char *text)
{
    char clean[2048];
    fputs(text_clean(clean, sizeof clean, text, strlen(text)), out);
}

static void print_depths(FILE *out, const struct inspection *inspection)
{
    fprintf(out, "\nDepths of observation:\n");
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        fprintf(out, "  %-3s  %-9s  %s\n", inspection->depths & depths[i].bit ? "yes" : "no",
                depths[i].name, depths[i].shows);
}

/* True when nothing forbids it. */
static bool print_findings(FILE *out, const struct inspection *inspection)
{
    bool is_possible = true;
    fprintf(out, "\n");
    for (unsigned i = 0; i < inspection->finding_count; i++) {
        const struct inspect_finding *finding = &inspection->findings[i];
        is_possible = is_possible && finding->level != INSPECT_BLOCKER;
        fprintf(out, "  %-4s  ", level_names[finding->level]);
        print_clean(out, finding->what);
        if (*finding->advice) {
            fprintf(out, "\n        ");
            print_clean(out, finding->advice);
        }
        fprintf(out, "\n");
    }
    return is_possible;
}

static int print_inspection(FILE *out, const struct inspection *inspection)
{
    if (*inspection->script) {
        print_clean(out, inspection->script);
        fprintf(out, " is a script, run by ");
    }
    print_clean(out, inspection->program);
    fprintf(out, " (%s, %u bits)\n", inspection->architecture, inspection->bits);
    print_depths(out, inspection);
    bool is_possible = print_findings(out, inspection) && inspection->depths != 0;
    fprintf(out, "\n%s\n",
            is_possible ? "It can be observed: loopscope run -- PROG" : "It cannot be observed.");
    return is_possible ? STATUS_FINE : STATUS_LIMIT_BROKEN;
}

int doctor_program(FILE *out, const char *name)
{
    struct inspection *inspection = malloc(sizeof *inspection);
    if (!inspection)
        return complain("cannot inspect '%s': %s", name, strerror(ENOMEM));
    int error = inspect_program(name, inspection);
    int status = STATUS_WRONG;
    if (error == -ENOEXEC)
        complain("cannot inspect '%s': neither an ELF program nor a script", name);
    else if (error < 0)
        complain("cannot inspect '%s': %s", name, strerror(-error));
    else
        status = print_inspection(out, inspection);
    free(inspection);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* Runs the self-test's helper under the probe and prints what was proved. */
#include "selftest_run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "program_run.h"
#include "selftest_judge.h"

#define HELPER "loopscope-selftest"
#define RUNS_MOST 4

/* Thresholds so low that every call the helper makes is recorded. */
static const struct program_options helper_options = {
    .launch = {.stall_ns = 20000000, .block_ns = 10000},
};

static const char *const verdict_names[] = {
    [VERDICT_PASS] = "pass", [VERDICT_FAIL] = "FAIL", [VERDICT_UNTESTED] = "untested"};

static void print_table(FILE *out, const struct selftest_table *table, bool verbose)
{
    unsigned counts[3] = {0};
    for (size_t i = 0; i < table->count; i++) {
        const struct selftest_row *row = &table->rows[i];
        counts[row->verdict]++;
        if (verbose || row->verdict != VERDICT_PASS)
            fprintf(out, "  %-8s  %-5s  %s%s%s\n", verdict_names[row->verdict], row->kind,
                    row->symbol, *row->why ? ": " : "", row->why);
    }
    fprintf(out, "%zu hooks: %u pass, %u fail, %u untested\n", table->count, counts[VERDICT_PASS],
            counts[VERDICT_FAIL], counts[VERDICT_UNTESTED]);
}

static bool has_failed(const struct selftest_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].verdict == VERDICT_FAIL)
            return true;
    return false;
}

/* What fired once has fired: a pass of either run counts. */
static void merge_tables(struct selftest_table *table, const struct selftest_table *again)
{
    for (size_t i = 0; i < table->count; i++)
        if (again->rows[i].verdict == VERDICT_PASS)
            table->rows[i].verdict = VERDICT_PASS;
    table->is_complete |= again->is_complete;
}

/* Adds the trace's verdicts to `table`, which is empty at first. */
static int judge_trace(const char *path, struct selftest_table *table)
{
    struct source *source;
    struct selftest_table judged;
    char why[256] = "";
    int error = trace_reader_open(path, &source, why, sizeof why);
    if (error < 0)
        return complain("cannot read the self-test's trace: %s", why[0] ? why : strerror(-error));
    bool is_judged = selftest_judge(source, &judged);
    source->ops->close(source);
    if (!is_judged)
        return complain("cannot judge the self-test: its trace cannot be read");
    if (table->rows) {
        merge_tables(table, &judged);
        selftest_table_free(&judged);
    } else {
        *table = judged;
    }
    return STATUS_FINE;
}

static int run_helper(char *helper, const char *trace)
{
    struct observation observation;
    struct watch watch;
    char *argv[] = {helper, NULL};
    if (!observation_init(&observation, false, trace))
        return STATUS_WRONG;
    int status = program_run(&helper_options, argv, &observation, &watch);
    bool is_whole = observation_close_trace(&observation, NULL);
    if (status == STATUS_FINE && !is_whole)
        status = STATUS_WRONG;
    if (status == STATUS_FINE && watch.was_signaled)
        status = complain("the self-test died: %s", strsignal(watch.status));
    else if (status == STATUS_FINE && watch.status != 0)
        status = complain("the self-test gave up: exit status %d", watch.status);
    observation_free(&observation);
    return status;
}

/* On a busy machine a lock may be free again before the helper's thread runs, so what failed is
 * tried again. */
static int run_until_proved(char *helper, const char *trace, struct selftest_table *table)
{
    int status = STATUS_FINE;
    for (int i = 0; i < RUNS_MOST && status == STATUS_FINE; i++) {
        status = run_helper(helper, trace);
        if (status == STATUS_FINE)
            status = judge_trace(trace, table);
        if (status == STATUS_FINE && !has_failed(table))
            break;
    }
    return status;
}

int selftest_run(FILE *out, bool verbose)
{
    char helper[PATH_MAX], trace[PATH_MAX];
    struct selftest_table table = {0};
    const char *directory = getenv("TMPDIR");
    if (!launch_find_helper(helper, sizeof helper, HELPER))
        return complain("cannot find %s: it is neither beside this program nor installed", HELPER);
    snprintf(trace, sizeof trace, "%s/loopscope-doctor-XXXXXX",
             directory && *directory ? directory : "/tmp");
    int fd = mkstemp(trace);
    if (fd < 0)
        return complain("cannot write '%s': %s", trace, strerror(errno));
    close(fd);
    int status = run_until_proved(helper, trace, &table);
    unlink(trace);
    if (table.rows) {
        print_table(out, &table, verbose);
        if (status == STATUS_FINE && has_failed(&table))
            status = STATUS_LIMIT_BROKEN;
        if (!table.is_complete)
            status =
                complain("the self-test did not come to its end: what it left is judged above");
    }
    selftest_table_free(&table);
    return status;
}

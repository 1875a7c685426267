/* SPDX-License-Identifier: MIT */
/* loopscope ps: lists the processes under the probe, live and dead, and clears away what is long
 * dead. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzers/source/text.h"
#include "command.h"
#include "complain.h"
#include "duration.h"
#include "options.h"
#include "probe/core/reader/segment_reader.h"

/* Segments of dead processes that are kept: the newest few, and those younger than this. */
#define DEAD_KEPT 8
#define DEAD_KEPT_NS 60000000000

enum ps_format { PS_TEXT, PS_JSON };
static const char *const format_choices[] = {"text", "json", NULL};

struct settings {
    unsigned format;
    bool keeps;
};

static const struct option_row options[] = {
    {.name = "format",
     .value = "NAME",
     .title = "Format of the list: text or json",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct settings, format),
     .choices = format_choices},
    {.name = "keep",
     .title = "Keep what dead processes left, however old",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct settings, keeps)},
    {0},
};

struct listing {
    struct segment_entry *entries;
    size_t count, room;
};

static int add_entry(const struct segment_entry *entry, void *data)
{
    struct listing *listing = data;
    if (listing->count == listing->room) {
        size_t room = listing->room ? 2 * listing->room : 16;
        struct segment_entry *grown = realloc(listing->entries, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        listing->entries = grown;
        listing->room = room;
    }
    listing->entries[listing->count++] = *entry;
    return 0;
}

/* The living first, then by age, youngest first. */
static int compare_entries(const void *left, const void *right)
{
    const struct segment_entry *a = left, *b = right;
    if (a->is_alive != b->is_alive)
        return a->is_alive ? -1 : 1;
    if (a->age_ns != b->age_ns)
        return a->age_ns < b->age_ns ? -1 : 1;
    return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* Removes the long dead from the sorted list and from shared memory. */
static void reap(struct listing *listing)
{
    size_t kept = 0, dead = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const struct segment_entry *entry = &listing->entries[i];
        bool is_kept = entry->is_alive || dead < DEAD_KEPT || entry->age_ns < (int64_t)DEAD_KEPT_NS;
        dead += !entry->is_alive;
        if (is_kept || unlink(entry->path) != 0)
            listing->entries[kept++] = *entry;
    }
    listing->count = kept;
}

static const char *state_name(const struct segment_entry *entry)
{
    switch (entry->state) {
    case LSC_SEGMENT_STARTING:
        return "starting";
    case LSC_SEGMENT_LIVE:
        return entry->is_alive ? "live" : "killed";
    case LSC_SEGMENT_OFF:
        return entry->is_alive ? "off" : "dead";
    case LSC_SEGMENT_EXITED:
        return entry->is_alive ? "exiting" : "exited";
    case LSC_SEGMENT_REPLACED:
        return "replaced";
    }
    return "unknown";
}

static const char *program_name(char *out, size_t out_bytes, const struct segment_entry *entry)
{
    return text_clean(out, out_bytes, entry->program,
                      strnlen(entry->program, sizeof entry->program));
}

static void print_text(const struct listing *listing)
{
    char program[256], age[16], memory[32];
    if (listing->count == 0) {
        printf("No process runs under the probe. Start one: loopscope run -- PROG\n");
        return;
    }
    printf("%8s  %-8s  %5s  %9s  %s\n", "PID", "STATE", "AGE", "MEMORY", "PROGRAM");
    for (size_t i = 0; i < listing->count; i++) {
        const struct segment_entry *entry = &listing->entries[i];
        printf("%8" PRIu32 "  %-8s  %5s  %9s  %s\n", entry->pid, state_name(entry),
               age_write(age, sizeof age, entry->age_ns),
               bytes_write(memory, sizeof memory, entry->bytes),
               program_name(program, sizeof program, entry));
    }
}

static int print_json(const struct listing *listing)
{
    char program[256];
    json_t *processes = json_array();
    for (size_t i = 0; i < listing->count; i++) {
        const struct segment_entry *entry = &listing->entries[i];
        json_array_append_new(
            processes,
            json_pack("{s:I, s:s, s:b, s:s, s:I, s:I}", "pid", (json_int_t)entry->pid, "state",
                      state_name(entry), "alive", entry->is_alive, "program",
                      program_name(program, sizeof program, entry), "age_ns",
                      (json_int_t)entry->age_ns, "memory_bytes", (json_int_t)entry->bytes));
    }
    json_t *root = json_pack("{s:i, s:o}", "loopscope", 1, "processes", processes);
    int error = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;
    printf("\n");
    json_decref(root);
    return error ? complain("cannot write the list: %s", strerror(ENOMEM)) : STATUS_FINE;
}

static int run(int argc, char **argv)
{
    struct settings settings = {0};
    struct operands operands;
    struct listing listing = {0};
    int status;
    if (!options_parse(&command_ps, argc, argv, &settings, &operands, &status))
        return status;
    if (operands.count)
        return complain("unexpected argument '%s': ps takes options only", operands.values[0]);
    int error = segment_list(NULL, add_entry, &listing);
    if (error < 0) {
        free(listing.entries);
        return complain("cannot read the segments: %s", strerror(-error));
    }
    if (listing.count)
        qsort(listing.entries, listing.count, sizeof listing.entries[0], compare_entries);
    if (!settings.keeps)
        reap(&listing);
    status = STATUS_FINE;
    if (settings.format == PS_JSON)
        status = print_json(&listing);
    else
        print_text(&listing);
    free(listing.entries);
    return status;
}

const struct command command_ps = {
    .name = "ps",
    .title = "List the processes under the probe, live and dead",
    .usage = "[options]",
    .options = options,
    .run = run,
};

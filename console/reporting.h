/* SPDX-License-Identifier: MIT */
/* Where and how a report is written: format, file, colours, detail. What run, report and check
 * share. */
#ifndef LSC_REPORTING_H
#define LSC_REPORTING_H

#include "analyzers/report/report.h"
#include "output_file.h"
#include "style.h"

/* Settings that options fill; zero is the default. */
struct reporting {
    const struct report_format *format; /* NULL: text */
    const char *path;
    unsigned color; /* enum color_wish */
    bool verbose;
};

/* The rows for it in a table of options. */
#define REPORTING_OPTIONS(settings, field)                                                         \
    {.name = "format",                                                                             \
     .value = "NAME",                                                                              \
     .title = "Format of the report: text, json or folded",                                        \
     .kind = OPTION_FORMAT,                                                                        \
     .offset = offsetof(settings, field.format)},                                                  \
        {.name = "output",                                                                         \
         .letter = 'o',                                                                            \
         .value = "FILE",                                                                          \
         .title = "Write the report to FILE; - is the standard output",                            \
         .kind = OPTION_FILE,                                                                      \
         .offset = offsetof(settings, field.path)},                                                \
        {.name = "verbose",                                                                        \
         .letter = 'v',                                                                            \
         .title = "Show every finding and stack in full",                                          \
         .kind = OPTION_FLAG,                                                                      \
         .offset = offsetof(settings, field.verbose)},                                             \
    {                                                                                              \
        .name = "color", .value = "WHEN", .title = "Colours in the text: auto, always or never",   \
        .kind = OPTION_CHOICE, .offset = offsetof(settings, field.color), .choices = color_choices \
    }

/* Opens the output, so that a path that cannot be written is known before anything is run. False
 * after a line on stderr. */
bool reporting_open(const struct reporting *reporting, struct output_file *file, FILE *standard);

/* Writes the report and finishes the file. `notice` and `advice` as in struct report_options. False
 * after a line on stderr. */
bool reporting_write(const struct reporting *reporting, struct output_file *file,
                     const struct session *session, const char *notice, const char *advice);

#endif

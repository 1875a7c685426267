/* SPDX-License-Identifier: MIT */
/* Where and how a report is written: format, file, colours, detail. */
#include "reporting.h"

#include <errno.h>
#include <string.h>

#include "complain.h"

static const char *name_of(const struct output_file *file)
{
    return file->path ? file->path : "the report";
}

bool reporting_open(const struct reporting *reporting, struct output_file *file, FILE *standard)
{
    int error = output_file_open(file, reporting->path, standard);
    if (error)
        complain("cannot write '%s': %s", reporting->path, strerror(-error));
    return error == 0;
}

bool reporting_write(const struct reporting *reporting, struct output_file *file,
                     const struct session *session, const char *notice, const char *advice)
{
    const struct report_format *format =
        reporting->format ? reporting->format : report_format_find("text");
    struct style style = style_for(fileno(file->stream), reporting->color);
    struct report_options options = {
        .use_color = style.use_color,
        .use_unicode = style.use_unicode,
        .columns = style.columns,
        .verbose = reporting->verbose,
        .notice = notice,
        .advice_when_empty = advice,
    };
    int error = format->write(file->stream, session, &options);
    struct output_file copy = *file;
    if (error < 0)
        output_file_discard(file);
    else
        error = output_file_commit(file);
    if (error < 0)
        complain("cannot write %s%s%s: %s", copy.path ? "'" : "", name_of(&copy),
                 copy.path ? "'" : "", strerror(-error));
    return error >= 0;
}

/* SPDX-License-Identifier: MIT */
/* print_scenario NAME FORMAT [ascii|color|verbose|narrow]: the report of a story on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/report/report.h"
#include "scenarios.h"

static const struct scenario *find(const char *name)
{
    for (const struct scenario *scenario = scenarios; scenario->name; scenario++)
        if (strcmp(scenario->name, name) == 0)
            return scenario;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct scenario *scenario = argc > 2 ? find(argv[1]) : NULL;
    if (!scenario || !report_format_find(argv[2])) {
        fprintf(stderr, "usage: print_scenario NAME FORMAT [ascii|color|verbose|narrow]\n");
        return 2;
    }
    struct report_options options = {.use_unicode = true, .columns = 100};
    for (int i = 3; i < argc; i++) {
        options.use_unicode &= strcmp(argv[i], "ascii") != 0;
        options.use_color |= strcmp(argv[i], "color") == 0;
        options.verbose |= strcmp(argv[i], "verbose") == 0;
        if (strcmp(argv[i], "narrow") == 0)
            options.columns = 60;
    }
    struct stream *stream = stream_new();
    scenario->build(stream);
    char *text = stream_report(stream, 1000, argv[2], &options);
    fputs(text, stdout);
    free(text);
    stream_delete(stream);
    return 0;
}

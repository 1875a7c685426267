/* SPDX-License-Identifier: MIT */
/* Writes what the console looks at into a trace file, in a thread of its own: of live processes
 * what their rings still hold, as `loopscope snapshot` does; a trace file is copied. One at a time.
 */
#ifndef LSC_TOP_EXPORT_H
#define LSC_TOP_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "feeder.h"

struct export;
/* Begins; the options are those of the feeder that is shown. 0 or -errno. */
int export_begin(const struct feeder_options *options, const char *path, struct export **out);
/* True once it is over, when `sentence` says how it went; the export is deleted then. */
bool export_is_over(struct export *export, char *sentence, size_t bytes);
/* Waits for its end. */
void export_finish(struct export *export);

#endif

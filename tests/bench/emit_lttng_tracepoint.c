/* SPDX-License-Identifier: MIT */
/* The code that LTTng generates for the tracepoint of bench_emit_lttng. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "emit_lttng_tracepoint.h"

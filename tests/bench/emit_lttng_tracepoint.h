/* SPDX-License-Identifier: MIT */
/* The tracepoint that bench_emit_lttng measures: two 64-bit fields. Included several times by
 * LTTng's own headers, which is what its guard is for. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER loopscope_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/emit_lttng_tracepoint.h"

#if !defined(LSC_BENCH_EMIT_LTTNG_TRACEPOINT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LSC_BENCH_EMIT_LTTNG_TRACEPOINT_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(loopscope_bench, poll,
                           LTTNG_UST_TP_ARGS(uint64_t, task, uint64_t, duration),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint64_t, task, task)
                                                   lttng_ust_field_integer(uint64_t, duration,
                                                                           duration)))

#endif

#include <lttng/tracepoint-event.h>

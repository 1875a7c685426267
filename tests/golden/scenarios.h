/* SPDX-License-Identifier: MIT */
/* Item streams that tell the stories the golden reports are made from. */
#ifndef LSC_TEST_SCENARIOS_H
#define LSC_TEST_SCENARIOS_H

#include "tests/unit/stream.h"

struct scenario {
    const char *name;
    void (*build)(struct stream *stream);
};
extern const struct scenario scenarios[]; /* name NULL ends it */

/* scenarios_uv.c */
void scenario_uv_server(struct stream *stream);
void scenario_uv_timer_late(struct stream *stream);
void scenario_uv_handle_leak(struct stream *stream);

/* scenarios_queues.c */
void scenario_pool_starved(struct stream *stream);
void scenario_backlog_burst(struct stream *stream);
void scenario_write_queue_grows(struct stream *stream);

/* scenarios_executor.c */
void scenario_bank(struct stream *stream);

/* scenarios_workers.c */
void scenario_desk(struct stream *stream);
void scenario_shards(struct stream *stream);

#endif

/* SPDX-License-Identifier: MIT */
/* Wrong: a heartbeat is due every 10 ms, but another timer of the same loop compacts the store in
 * one go, 60 ms of computing, and each time the heartbeat comes late.
 *
 * loopscope must say: timer-late, the timer of 10 ms whose function is on_heartbeat, this file, how
 * late, and that on_compaction ran before it.
 * The healthy twin compacts a small slice at a time. */
#include "ticker.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define BEATS_MS 10
#define COMPACTIONS 20
#define COMPACTION_MS 150
#define WHOLE_NS (60u * 1000 * 1000)
#define SLICE_NS (1u * 1000 * 1000)
#define LATE_NS (20u * 1000 * 1000)

static struct {
    uv_timer_t heartbeat, compaction;
    uint64_t budget_ns; /* how much is compacted at once */
    unsigned compactions;
    uint64_t due_ns;
    uint64_t sum;
    unsigned held;
    uint64_t held_ns;
} program;

static void on_heartbeat(uv_timer_t *timer)
{
    uint64_t now = ticker_now_ns();

    (void)timer;
    if (program.due_ns && now > program.due_ns + LATE_NS) {
        program.held++;
        program.held_ns += now - program.due_ns;
    }
    program.due_ns = now + BEATS_MS * UINT64_C(1000000);
}

__attribute__((noinline)) static uint64_t compact_store(uint64_t budget_ns)
{
    uint64_t start = ticker_now_ns();
    uint64_t sum = 88172645463325252u;

    while (ticker_now_ns() - start < budget_ns)
        for (int i = 0; i < 20000; i++)
            sum ^= sum << 13 ^ sum >> 7;
    return sum;
}

static void on_compaction(uv_timer_t *timer)
{
    program.sum += compact_store(program.budget_ns);
    if (++program.compactions < COMPACTIONS)
        return;
    uv_close((uv_handle_t *)timer, NULL);
    uv_close((uv_handle_t *)&program.heartbeat, NULL);
}

static void start_heartbeat(uv_loop_t *loop)
{
    uv_timer_init(loop, &program.heartbeat);
    uv_timer_start(&program.heartbeat, on_heartbeat, BEATS_MS, BEATS_MS);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();

    program.budget_ns = ticker_wants_healthy(argc, argv) ? SLICE_NS : WHOLE_NS;
    start_heartbeat(loop);
    uv_timer_init(loop, &program.compaction);
    uv_timer_start(&program.compaction, on_compaction, COMPACTION_MS, COMPACTION_MS);
    uv_run(loop, UV_RUN_DEFAULT);
    ticker_say_held(program.held, program.held_ns);
    return program.sum == 1 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/* The module that subject_local.c loads: a timer that fires four times. */
#include <uv.h>

#include "../preload/subject.h"

__attribute__((visibility("default"))) int run(void);

static int fired;

static void tick(uv_timer_t *h)
{
    if (++fired == 4)
        uv_close((uv_handle_t *)h, NULL);
}

int run(void)
{
    uv_loop_t loop;
    uv_timer_t timer;
    EXPECT(uv_loop_init(&loop) == 0 && uv_timer_init(&loop, &timer) == 0);
    EXPECT(uv_timer_start(&timer, tick, 1, 1) == 0);
    EXPECT(uv_run(&loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(&loop) == 0);
    return fired;
}

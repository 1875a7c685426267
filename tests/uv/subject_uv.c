/* SPDX-License-Identifier: MIT */
/* What programs do with libuv that a careless wrapper gets wrong: uv_subject CASE. */
#include "subject_uv.h"

uv_loop_t *loop;
int first_calls, second_calls, closed;

void say(const char *what, long number)
{
    dprintf(1, "%s %ld\n", what, number);
}

void run(void)
{
    EXPECT(uv_run(loop, UV_RUN_DEFAULT) == 0);
}

int finish(void)
{
    EXPECT(uv_loop_close(loop) == 0);
    return 0;
}

void on_closed(uv_handle_t *h)
{
    (void)h;
    closed++;
}

void repeat(uv_timer_t *h)
{
    if (++first_calls >= 4)
        uv_close((uv_handle_t *)h, on_closed);
}

void first_timer(uv_timer_t *h)
{
    (void)h;
    first_calls += 100;
}
void second_timer(uv_timer_t *h)
{
    uv_close((uv_handle_t *)h, NULL);
    second_calls += 100;
}

int main(int argc, char **argv)
{
    static const struct subject_case *const tables[] = {handle_cases, stream_cases, pool_cases,
                                                        loop_cases};
    int status = 0;
    loop = uv_default_loop();
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        status = run_case(tables[i], argc, argv);
        if (status != SUBJECT_UNKNOWN)
            break;
    }
    return status;
}

/* SPDX-License-Identifier: MIT */
/* names [WORKERS]: tasks whose names are made to harm a terminal, and workers that are polled 3000
 * times each before it prints "ready" and waits for its end. */
#include <loopscope/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLLS = 3000, LONG_BYTES = 10000, WORKERS_MAX = 64 };

static const char *const hostile[] = {
    "\033[2J\033[10;10Hcleared",
    "\033]0;a title\007after the title",
    "\033P+q\033\\device control",
    "line one\nline two\r\ttabbed",
    ("\302\233" /* or the next digits would be its, too */
     "31mC1 control"),
    "\xff\xfe\xc3 broken UTF-8 \xe2\x82",
    "\346\274\242\345\255\227\346\274\242\345\255\227 wide",
    "e\314\201\314\202\314\203\314\204\314\205\314\206 combining",
    "\342\200\256right to left\342\200\254",
    "\033[?1049l\033c\033[!p reset",
    "",
};

static void poll_once(lsc_task task)
{
    lsc_wake(task, 0);
    lsc_poll_begin(task);
    lsc_poll_end(task, LSC_POLL_RESULT_PENDING);
}

static lsc_task spawn(const char *name)
{
    lsc_task task = lsc_task_spawn(&(struct lsc_task_info){.kind = "task", .name = name});
    poll_once(task);
    return task;
}

int main(int argc, char **argv)
{
    static char endless[LONG_BYTES + 1];
    lsc_task workers[WORKERS_MAX];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (lsc_probe_start() < 0)
        return 2;
    memset(endless, 'x', LONG_BYTES);
    spawn(endless);
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
        spawn(hostile[i]);
    for (int i = 0; i < count && i < WORKERS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof(name), "worker-%d", i);
        workers[i] = spawn(name);
    }
    for (int round = 1; round < POLLS; round++)
        for (int i = 0; i < count && i < WORKERS_MAX; i++)
            poll_once(workers[i]);
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* A timer of libuv, if there is a libuv: loaded out of sight of the program, as Python and Lua do,
 * and called by the names that the probe gives out. */
#include <uv.h>

#include <dlfcn.h>
#include <errno.h>

#include "trial.h"

static int fired;

static void tick(uv_timer_t *timer)
{
    fired++;
    int (*stop)(uv_timer_t *);
    *(void **)&stop = dlsym(dlopen("libuv.so.1", RTLD_LAZY | RTLD_NOLOAD), "uv_timer_stop");
    stop(timer);
}

int try_libuv(void)
{
    void *library = dlopen("libuv.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        return -ENOENT;
    static uv_timer_t timer;
    int (*init)(uv_loop_t *, uv_timer_t *);
    int (*start)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);
    int (*run)(uv_loop_t *, uv_run_mode);
    uv_loop_t *(*loop)(void);
    *(void **)&init = dlsym(RTLD_DEFAULT, "uv_timer_init");
    *(void **)&start = dlsym(RTLD_DEFAULT, "uv_timer_start");
    *(void **)&run = dlsym(library, "uv_run");
    *(void **)&loop = dlsym(library, "uv_default_loop");
    if (!init || !start || !run || !loop)
        return 0; /* no hook: nothing will be on record */
    int error = init(loop(), &timer);
    if (!error)
        error = start(&timer, tick, 1, 1);
    if (!error)
        run(loop(), UV_RUN_DEFAULT);
    return error;
}

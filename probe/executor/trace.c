/* SPDX-License-Identifier: MIT */
/* Code sites as ids of the probe: an await's id carries the awaits of its callers. */
#include "executor.h"

/* The id is remembered in the site together with the caller's it was made under: a site that is
 * reached in two ways is interned anew when the way changes, and gets the same id again. */
static lsc_site intern_under(struct lsc_code_site *site, lsc_site caller)
{
    uint64_t known = __atomic_load_n(&site->interned, __ATOMIC_RELAXED);
    if ((uint32_t)known != 0 && known >> 32 == caller)
        return (lsc_site)known;
    lsc_site id = lsc_site_intern_under(site->file, site->line, site->function, caller);
    __atomic_store_n(&site->interned, (uint64_t)caller << 32 | id, __ATOMIC_RELAXED);
    return id;
}

static __attribute__((noinline)) lsc_site intern_all(const struct lsc_frame *frame)
{
    lsc_site id = 0;
    for (; frame; frame = frame->callee)
        if (frame->site)
            id = intern_under(frame->site, id);
    return id;
}

/* Most tasks stand in their outermost function, at a line that is known. */
lsc_site task_await_site(const struct task *task)
{
    const struct lsc_frame *frame = task->root;
    if (!lsc_probe_is_on() || !frame)
        return 0;
    if (!frame->callee && frame->site) {
        uint64_t known = __atomic_load_n(&frame->site->interned, __ATOMIC_RELAXED);
        if (known != 0 && known >> 32 == 0)
            return (lsc_site)known;
    }
    return intern_all(frame);
}

lsc_site context_site(struct lsc_context *cx)
{
    return task_await_site(context_running(cx));
}

lsc_site site_of_spawn(struct lsc_context *cx, struct lsc_code_site *site)
{
    (void)cx;
    return lsc_probe_is_on() ? intern_under(site, 0) : 0;
}

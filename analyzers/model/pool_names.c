/* SPDX-License-Identifier: MIT */
/* Pools that people know by name, told by the start routine of their threads. */
#include "model.h"

#include <string.h>

/* To add a pool: one row. A column that is NULL matches anything; the others must all be found: in
 * the name of the start routine's function, in its module's path, in a thread's name. `growth` says
 * what it means when all are busy: nothing bad for a pool that then adds threads. */
static const struct {
    const char *function, *module, *thread;
    const char *name;
    enum pool_growth growth;
} known[] = {
    {"PlatformWorkerThread", NULL, NULL, "V8 platform workers (node)", POOL_HELPER},
    {"DelayedTaskScheduler", NULL, NULL, "V8 delayed tasks (node)", POOL_HELPER},
    {"v8::", NULL, NULL, "V8 workers", POOL_HELPER},
    {NULL, "libuv", NULL, "libuv thread pool", POOL_FIXED},
    {NULL, NULL, "libuv-worker", "libuv thread pool", POOL_FIXED},
    {NULL, NULL, "tokio-runtime-w", "Tokio blocking pool", POOL_GROWS},
    {NULL, NULL, "tokio-rt-worker", "Tokio blocking pool", POOL_GROWS},
    {NULL, NULL, "blocking-", "smol blocking pool", POOL_GROWS},
    {NULL, NULL, "async-std/runti", "async-std runtime", POOL_GROWS},
    {NULL, "libloopscope-executor", NULL, "blocking pool", POOL_FIXED},
    {NULL, NULL, "-blocking", "blocking pool", POOL_FIXED},
    {"pythread_wrapper", NULL, NULL, "Python threads", POOL_GROWS},
    {"thread_run", NULL, NULL, "Python threads", POOL_GROWS},
    {"bioProcessBackgroundJobs", NULL, NULL, "Redis background jobs", POOL_FIXED},
    {"ngx_thread_pool_cycle", NULL, NULL, "nginx thread pool", POOL_FIXED},
};

/* libuv's own start routine is called just `worker`: only in a program that has libuv inside. */
static bool is_libuv_worker(const char *function, const char *module)
{
    const char *base = strrchr(module, '/');
    base = base ? base + 1 : module;
    return strcmp(function, "worker") == 0 &&
           (strncmp(base, "node", 4) == 0 || strncmp(base, "libnode", 7) == 0);
}

static bool has(const char *text, const char *part)
{
    return !part || strstr(text, part) != NULL;
}

static const struct thread *a_member(const struct model *model, const struct pool *pool)
{
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->pool >= 0 && model_pool_at(model, (unsigned)thread->pool) == pool)
            return thread;
    }
    return NULL;
}

const char *pool_known_name(const struct model *model, const struct pool *pool,
                            enum pool_growth *growth)
{
    unsigned count;
    const struct frame *frames = model_frames(model, pool->start_routine, &count);
    const char *function = frames ? frames[count - 1].function : "";
    const char *module = frames ? frames[count - 1].module : "";
    const struct thread *member = a_member(model, pool);
    *growth = POOL_FIXED;
    if (is_libuv_worker(function, module))
        return "libuv thread pool";
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!has(function, known[i].function) || !has(module, known[i].module) ||
            !has(member ? member->name : "", known[i].thread))
            continue;
        *growth = known[i].growth;
        return known[i].name;
    }
    return NULL;
}

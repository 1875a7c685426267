/* SPDX-License-Identifier: MIT */
/* A thread with two bounded queues: orders in, frames out. It waits when there is no order or no
 * room for its result; the observing thread never does. */
#include "symbol_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../symbols/symbols.h"

#define QUEUE 1024

enum order_kind { ORDER_PROCESS, ORDER_MODULE, ORDER_RESOLVE };

struct order {
    enum order_kind kind;
    uint32_t process, pid, uid;
    uint64_t pc;
    bool is_return;
    struct symbol_module *module; /* heap, path included; the thread frees it */
};

struct result {
    uint32_t process;
    bool is_return;
    uint64_t pc;
    unsigned count;
    struct frame frames[SYMBOL_INLINE_MAX];
};

struct symbol_thread {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_work, has_result; /* work: an order or room for a result */
    bool is_stopping;
    struct order orders[QUEUE];
    struct result results[QUEUE];
    uint64_t orders_in, orders_out, results_in, results_out; /* counts since the start */
    struct result taken;                                     /* the observing thread's own */

    /* The symbolizing thread's own. */
    struct symbolizer **symbolizers; /* by process */
    uint32_t symbolizer_count;
};

static struct symbolizer *find(struct symbol_thread *t, uint32_t process)
{
    return process < t->symbolizer_count ? t->symbolizers[process] : NULL;
}

static void begin_process(struct symbol_thread *t, const struct order *order)
{
    if (order->process >= t->symbolizer_count) {
        uint32_t count = order->process + 8;
        void *grown = realloc(t->symbolizers, count * sizeof(struct symbolizer *));
        if (!grown)
            return;
        t->symbolizers = grown;
        memset(t->symbolizers + t->symbolizer_count, 0,
               (count - t->symbolizer_count) * sizeof(struct symbolizer *));
        t->symbolizer_count = count;
    }
    if (t->symbolizers[order->process])
        return;
    struct symbolizer *symbolizer = symbolizer_new(order->pid, NULL);
    if (symbolizer)
        symbolizer_set_owner(symbolizer, order->uid);
    t->symbolizers[order->process] = symbolizer;
}

static void add_module(struct symbol_thread *t, const struct order *order)
{
    struct symbolizer *symbolizer = find(t, order->process);
    const struct symbol_module *m = order->module;
    if (symbolizer)
        symbolizer_add_module(symbolizer, m->path, m->bias, m->start, m->end, m->build_id,
                              m->build_id_bytes);
    free(order->module);
}

static void resolve(struct symbol_thread *t, const struct order *order, struct result *out)
{
    struct symbolizer *symbolizer = find(t, order->process);
    out->process = order->process;
    out->pc = order->pc;
    out->is_return = order->is_return;
    out->count =
        symbolizer ? symbolizer_resolve(symbolizer, order->pc, order->is_return, out->frames) : 0;
}

/* Waits for an order that can be carried out. False: stop. */
static bool next_order(struct symbol_thread *t, struct order *out)
{
    pthread_mutex_lock(&t->mutex);
    while (!t->is_stopping &&
           (t->orders_in == t->orders_out || t->results_in - t->results_out == QUEUE))
        pthread_cond_wait(&t->has_work, &t->mutex);
    bool goes_on = !t->is_stopping;
    if (goes_on)
        *out = t->orders[t->orders_out++ % QUEUE];
    pthread_mutex_unlock(&t->mutex);
    return goes_on;
}

static void *work(void *data)
{
    struct symbol_thread *t = data;
    struct order order;
    struct result result;
    while (next_order(t, &order)) {
        if (order.kind == ORDER_PROCESS)
            begin_process(t, &order);
        else if (order.kind == ORDER_MODULE)
            add_module(t, &order);
        else
            resolve(t, &order, &result);
        if (order.kind != ORDER_RESOLVE)
            continue;
        pthread_mutex_lock(&t->mutex);
        t->results[t->results_in++ % QUEUE] = result;
        pthread_cond_signal(&t->has_result);
        pthread_mutex_unlock(&t->mutex);
    }
    return NULL;
}

/* The tool's signals belong to its main thread. */
static int start(struct symbol_thread *t)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&t->thread, NULL, work, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

struct symbol_thread *symbol_thread_new(void)
{
    pthread_condattr_t attributes;
    struct symbol_thread *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->has_work, NULL);
    pthread_cond_init(&t->has_result, &attributes);
    pthread_condattr_destroy(&attributes);
    if (start(t) == 0)
        return t;
    pthread_mutex_destroy(&t->mutex);
    pthread_cond_destroy(&t->has_work);
    pthread_cond_destroy(&t->has_result);
    free(t);
    return NULL;
}

void symbol_thread_delete(struct symbol_thread *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->mutex);
    t->is_stopping = true;
    pthread_cond_signal(&t->has_work);
    pthread_mutex_unlock(&t->mutex);
    pthread_join(t->thread, NULL);
    for (; t->orders_out < t->orders_in; t->orders_out++)
        free(t->orders[t->orders_out % QUEUE].module);
    for (uint32_t i = 0; i < t->symbolizer_count; i++)
        symbolizer_delete(t->symbolizers[i]);
    free(t->symbolizers);
    pthread_mutex_destroy(&t->mutex);
    pthread_cond_destroy(&t->has_work);
    pthread_cond_destroy(&t->has_result);
    free(t);
}

static bool put(struct symbol_thread *t, const struct order *order)
{
    pthread_mutex_lock(&t->mutex);
    bool has_room = t->orders_in - t->orders_out < QUEUE;
    if (has_room) {
        t->orders[t->orders_in++ % QUEUE] = *order;
        pthread_cond_signal(&t->has_work);
    }
    pthread_mutex_unlock(&t->mutex);
    return has_room;
}

bool symbol_thread_process(struct symbol_thread *t, uint32_t process, uint32_t pid, uint32_t uid)
{
    return put(t,
               &(struct order){.kind = ORDER_PROCESS, .process = process, .pid = pid, .uid = uid});
}

bool symbol_thread_module(struct symbol_thread *t, uint32_t process,
                          const struct symbol_module *module)
{
    size_t path_bytes = strlen(module->path) + 1;
    struct symbol_module *copy = malloc(sizeof(*copy) + path_bytes);
    if (!copy)
        return false;
    *copy = *module;
    copy->path = memcpy(copy + 1, module->path, path_bytes);
    if (put(t, &(struct order){.kind = ORDER_MODULE, .process = process, .module = copy}))
        return true;
    free(copy);
    return false;
}

bool symbol_thread_resolve(struct symbol_thread *t, uint32_t process, uint64_t pc, bool is_return)
{
    return put(t, &(struct order){
                      .kind = ORDER_RESOLVE, .process = process, .pc = pc, .is_return = is_return});
}

bool symbol_thread_take(struct symbol_thread *t, struct symbol_result *out)
{
    pthread_mutex_lock(&t->mutex);
    bool has_result = t->results_in != t->results_out;
    if (has_result) {
        t->taken = t->results[t->results_out++ % QUEUE];
        pthread_cond_signal(&t->has_work);
    }
    pthread_mutex_unlock(&t->mutex);
    if (has_result)
        *out = (struct symbol_result){
            t->taken.process, t->taken.is_return, {t->taken.pc, t->taken.frames, t->taken.count}};
    return has_result;
}

void symbol_thread_wait(struct symbol_thread *t, uint64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + timeout_ms % 1000 * 1000000;
    until.tv_sec += (time_t)(timeout_ms / 1000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&t->mutex);
    while (t->results_in == t->results_out &&
           pthread_cond_timedwait(&t->has_result, &t->mutex, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&t->mutex);
}

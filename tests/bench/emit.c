/* SPDX-License-Identifier: MIT */
/* What one emitted event costs, over the reference record: chunks of an empty loop, the loop with
 * an event and the loop with a reference record take turns in one process, so that all of them see
 * the same states of the machine. Printed: medians net of the empty loop, and the ratio with its
 * spread.
 *
 *     bench_emit [--short]         (bench_emit_lttng: beside LTTng-UST, see emit_lttng.sh) */
#include <loopscope/probe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "emit_reference.h"
#include "slices_ratio.h"
#ifdef WITH_LTTNG
#include "emit_lttng_tracepoint.h"
#endif

enum { CHUNK = 4096, ROUNDS = 2000, ROUNDS_SHORT = 200, TASKS = 8, RING_RECORDS = 32768 };

/* What a thread of the bench works with. */
struct bench {
    struct reference_ring reference;
    lsc_task tasks[TASKS];
    lsc_resource queue;
    lsc_site site;
};

/* To add an event: a line here. X(name, printed name, statement for iteration i of bench b). */
#ifdef WITH_LTTNG
#define LTTNG(X)                                                                                   \
    X(lttng, "LTTng-UST tracepoint, two 64-bit fields",                                            \
      lttng_ust_tracepoint(loopscope_bench, poll, b->tasks[i % TASKS], i))
#else
#define LTTNG(X)
#endif
#define EVENTS(X)                                                                                  \
    X(empty, "empty loop", (void)b)                                                                \
    X(reference, "reference record", reference_record(&b->reference, (uint32_t)i, i))              \
    X(switched, "lsc_poll_switch",                                                                 \
      lsc_poll_switch(b->tasks[i % TASKS], LSC_POLL_RESULT_PENDING, b->tasks[(i + 1) % TASKS]))    \
    X(pair, "lsc_poll_begin + lsc_poll_end",                                                       \
      (lsc_poll_begin(b->tasks[i % TASKS]),                                                        \
       lsc_poll_end(b->tasks[i % TASKS], LSC_POLL_RESULT_PENDING)))                                \
    X(wake, "lsc_wake", lsc_wake(b->tasks[i % TASKS], b->site))                                    \
    X(depth, "lsc_depth", lsc_depth(b->queue, i & 63))                                             \
    LTTNG(X)

#define X(name, title, statement)                                                                  \
    static __attribute__((noinline)) void run_##name(struct bench *b)                              \
    {                                                                                              \
        for (uint64_t i = 0; i < CHUNK; i++) {                                                     \
            statement;                                                                             \
            __asm__ volatile("" : : : "memory");                                                   \
        }                                                                                          \
    }
EVENTS(X)
#undef X

enum event {
#define X(name, title, statement) EVENT_##name,
    EVENTS(X)
#undef X
        EVENT_COUNT
};
static const struct {
    const char *title;
    void (*run)(struct bench *);
} events[EVENT_COUNT] = {
#define X(name, title, statement) {title, run_##name},
    EVENTS(X)
#undef X
};

struct samples {
    size_t rounds;
    double *ns[EVENT_COUNT]; /* per iteration, by round */
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_chunk(enum event event, struct bench *b)
{
    double before = now_ns();
    events[event].run(b);
    return (now_ns() - before) / CHUNK;
}

static void bench_init(struct bench *b)
{
    size_t bytes = RING_RECORDS * 32;
    memset(b, 0, sizeof *b);
    b->reference.is_on = 1;
    b->reference.mask = RING_RECORDS - 1;
    b->reference.reserved_until = UINT64_MAX;
    b->reference.words = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    for (int i = 0; i < TASKS; i++)
        b->tasks[i] = lsc_task_spawn(&(struct lsc_task_info){.kind = "bench", .name = "task"});
    b->queue = lsc_resource_new("channel", "bench", 0, 64);
    b->site = LSC_SITE_HERE();
}

struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    struct samples samples;
};

static void *measure(void *data)
{
    struct worker *w = data;
    struct bench b;
    bench_init(&b);
    /* All pages of both rings are touched before anything is timed. */
    for (int i = 0; i < 2 * RING_RECORDS / CHUNK; i++)
        for (int event = 0; event < EVENT_COUNT; event++)
            events[event].run(&b);
    pthread_barrier_wait(w->start);
    for (size_t round = 0; round < w->samples.rounds; round++)
        for (size_t k = 0; k < EVENT_COUNT; k++) {
            enum event event = (enum event)((k + round) % EVENT_COUNT);
            w->samples.ns[event][round] = time_chunk(event, &b);
        }
    for (int i = 0; i < TASKS; i++)
        lsc_task_end(b.tasks[i]);
    munmap(b.reference.words, RING_RECORDS * 32);
    return NULL;
}

/* Rounds whose reference record took at most 15 % more than the best. */
static size_t quiet_rounds(const struct samples *s, size_t *out)
{
    double best = 1e30;
    size_t count = 0;
    for (size_t i = 0; i < s->rounds; i++)
        best = s->ns[EVENT_reference][i] < best ? s->ns[EVENT_reference][i] : best;
    for (size_t i = 0; i < s->rounds; i++)
        if (s->ns[EVENT_reference][i] <= best * 1.15)
            out[count++] = i;
    return count;
}

static void print_event(const struct samples *s, enum event event, const size_t *quiet,
                        size_t quiet_count)
{
    double *ns = calloc(s->rounds, sizeof *ns);
    double *ratios = calloc(s->rounds, sizeof *ratios);
    for (size_t i = 0; i < quiet_count; i++)
        ns[i] = s->ns[event][quiet[i]] - (event == EVENT_empty ? 0 : s->ns[EVENT_empty][quiet[i]]);
    for (size_t i = 0; i < s->rounds; i++)
        ratios[i] = (s->ns[event][i] - s->ns[EVENT_empty][i]) /
                    (s->ns[EVENT_reference][i] - s->ns[EVENT_empty][i]);
    struct spread net = spread_of(ns, quiet_count);
    struct spread over = spread_of(ratios, s->rounds);
    if (event == EVENT_empty)
        printf("  %-42s %7.2f ns\n", events[event].title, net.median);
    else
        printf("  %-42s %7.2f ns  × %5.2f ± %.2f (quartiles %.2f … %.2f)\n", events[event].title,
               net.median, over.median, over.error, over.low, over.high);
    free(ns);
    free(ratios);
}

static void print_samples(const struct samples *s)
{
    size_t *quiet = calloc(s->rounds, sizeof *quiet);
    size_t count = quiet_rounds(s, quiet);
    printf("  (ns: median of %zu quiet rounds, net of the empty loop; ×: over the reference, all "
           "%zu)\n",
           count, s->rounds);
    for (int event = 0; event < EVENT_COUNT; event++)
        print_event(s, (enum event)event, quiet, count);
    free(quiet);
}

/* Joins the rounds of all threads. */
static void merge(struct samples *all, const struct worker *workers, int threads)
{
    all->rounds = 0;
    for (int t = 0; t < threads; t++) {
        for (int event = 0; event < EVENT_COUNT; event++)
            memcpy(all->ns[event] + all->rounds, workers[t].samples.ns[event],
                   workers[t].samples.rounds * sizeof(double));
        all->rounds += workers[t].samples.rounds;
    }
}

static void samples_init(struct samples *s, size_t rounds)
{
    s->rounds = rounds;
    for (int event = 0; event < EVENT_COUNT; event++)
        s->ns[event] = calloc(rounds, sizeof(double));
}

static void samples_free(struct samples *s)
{
    for (int event = 0; event < EVENT_COUNT; event++)
        free(s->ns[event]);
}

static void run_threads(int threads, size_t rounds)
{
    struct worker workers[4];
    struct samples all;
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int t = 0; t < threads; t++) {
        workers[t].start = &start;
        samples_init(&workers[t].samples, rounds);
        pthread_create(&workers[t].thread, NULL, measure, &workers[t]);
    }
    for (int t = 0; t < threads; t++)
        pthread_join(workers[t].thread, NULL);
    samples_init(&all, rounds * (size_t)threads);
    merge(&all, workers, threads);
    print_samples(&all);
    for (int t = 0; t < threads; t++)
        samples_free(&workers[t].samples);
    samples_free(&all);
    pthread_barrier_destroy(&start);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 && strcmp(argv[1], "--short") == 0 ? ROUNDS_SHORT : ROUNDS;
    if (lsc_probe_start() < 0)
        return 1;
    for (int threads = 1; threads <= 4; threads *= 2) {
        printf("%d thread%s, recording\n", threads, threads == 1 ? "" : "s");
        run_threads(threads, rounds);
    }
    lsc_probe_enable(false);
    printf("1 thread, switched off\n");
    run_threads(1, rounds);
    return 0;
}

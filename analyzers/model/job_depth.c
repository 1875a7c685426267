/* SPDX-License-Identifier: MIT */
/* How many jobs waited, when they had to, and behind whom: a sweep over their arrivals, begins and
 * ends. */
#include <errno.h>
#include <stdlib.h>

#include "job_queue.h"

/* Nothing waiting for but so short a time is one stretch: between two jobs a worker needs an
 * instant. */
#define PAUSE_NS 100000
/* Shares of blame are counted in such fractions of a nanosecond, so that small ones add up. */
#define BLAME_SCALE 16

/* In the order of a job's life. At a handover its worker is done with the job before. */
enum edge_kind { EDGE_ARRIVAL, EDGE_HANDOVER, EDGE_BEGIN, EDGE_END };

/* A change of how many wait or are served. What began before the sweep has its edges at the start
 * of it, what goes on after it, at its end. */
struct edge {
    uint64_t time_ns;
    uint32_t span;
    uint32_t kind;
};

/* Of a job or pending request, cut to the sweep. */
struct span {
    uint64_t blame; /* at its begin */
    uint32_t row;
    bool is_slow, is_waiting, is_handed_over, is_serving;
};

/* The times of a job; without a handover that is its begin. */
struct life {
    uint64_t arrival_ns, handover_ns, begin_ns, end_ns;
};

struct sweep {
    struct job_queue *queue;
    struct span *spans;
    struct edge *edges;
    size_t span_count, edge_count;
    uint64_t from_ns, until_ns;
    uint64_t blame; /* waiting so far that one in service has caused */
    uint64_t waiting, slow_waiting, serving, slow_serving;
    uint64_t handovers, slow_handovers; /* waiting jobs whose worker is as good as busy with them */
    unsigned workers;
};

static int earlier(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->span < b->span ? -1 : 1;
}

void job_depth_end_stretch(struct job_depth *depth)
{
    if (depth->stretch_start == MODEL_NEVER)
        return;
    uint64_t length = depth->stretch_end - depth->stretch_start;
    if (depth->stretches++ == 0)
        depth->first_ns = depth->stretch_start;
    depth->last_ns = depth->stretch_end;
    if (length > depth->longest_ns) {
        depth->longest_ns = length;
        depth->longest_start_ns = depth->stretch_start;
    }
    depth->stretch_start = MODEL_NEVER;
}

static void saturated_between(struct job_depth *depth, uint64_t start, uint64_t end)
{
    depth->saturated_ns += end - start;
    if (depth->stretch_start != MODEL_NEVER && start - depth->stretch_end > PAUSE_NS)
        job_depth_end_stretch(depth);
    if (depth->stretch_start == MODEL_NEVER)
        depth->stretch_start = start;
    depth->stretch_end = end;
}

static bool is_saturated(const struct sweep *s)
{
    if (s->waiting == 0)
        return false;
    uint64_t slow = s->slow_serving + s->slow_handovers;
    return s->serving + s->handovers >= s->workers ||
           (s->slow_waiting > 0 && slow >= (s->workers + 1) / 2);
}

static void advance(struct sweep *s, uint64_t time)
{
    struct job_depth *depth = &s->queue->depth;
    if (time <= depth->swept_ns)
        return;
    uint64_t length = time - depth->swept_ns;
    histogram_add(&depth->waiting, s->waiting, length);
    if (s->waiting && s->serving)
        s->blame += share_of(length, s->waiting * BLAME_SCALE, s->serving);
    if (is_saturated(s))
        saturated_between(depth, depth->swept_ns, time);
    depth->swept_ns = time;
}

static void stop_waiting(struct sweep *s, struct span *span)
{
    if (span->is_waiting) {
        s->waiting--;
        s->slow_waiting -= span->is_slow;
    }
    if (span->is_handed_over) {
        s->handovers--;
        s->slow_handovers -= span->is_slow;
    }
    span->is_waiting = span->is_handed_over = false;
}

static void cross(struct sweep *s, const struct edge *edge)
{
    struct span *span = &s->spans[edge->span];
    switch ((enum edge_kind)edge->kind) {
    case EDGE_ARRIVAL:
        span->is_waiting = true;
        s->waiting++;
        s->slow_waiting += span->is_slow;
        break;
    case EDGE_HANDOVER:
        span->is_handed_over = true;
        s->handovers++;
        s->slow_handovers += span->is_slow;
        break;
    case EDGE_BEGIN:
        stop_waiting(s, span);
        span->is_serving = true;
        span->blame = s->blame;
        s->serving++;
        s->slow_serving += span->is_slow;
        break;
    case EDGE_END:
        if (span->is_serving) {
            struct submitter_row *row = rows_at(&s->queue->submitters, span->row);
            row->caused_ns += (s->blame - span->blame) / BLAME_SCALE;
            s->serving--;
            s->slow_serving -= span->is_slow;
        }
        break;
    }
}

static void add_edge(struct sweep *s, uint64_t time, enum edge_kind kind)
{
    s->edges[s->edge_count++] = (struct edge){
        .time_ns = larger(time, s->from_ns), .span = (uint32_t)s->span_count, .kind = kind};
}

/* What ends before the sweep leaves no edge; an edge after it is left out, but for the end of what
 * is in service then, which settles the blame so far. */
static void add_span(struct sweep *s, const struct life *life, struct span span)
{
    if (life->end_ns <= s->from_ns || life->arrival_ns >= s->until_ns)
        return;
    if (life->begin_ns > s->from_ns)
        add_edge(s, life->arrival_ns, EDGE_ARRIVAL);
    if (life->begin_ns > larger(s->from_ns, life->handover_ns) && life->handover_ns < s->until_ns)
        add_edge(s, life->handover_ns, EDGE_HANDOVER);
    if (life->begin_ns < s->until_ns) {
        add_edge(s, life->begin_ns, EDGE_BEGIN);
        add_edge(s, smaller(life->end_ns, s->until_ns), EDGE_END);
    }
    s->spans[s->span_count++] = span;
}

static void add_spans(struct sweep *s, const struct pending *pending, size_t pending_count)
{
    const struct job_queue *queue = s->queue;
    for (uint32_t i = 0; i < queue->held_count; i++) {
        const struct job *job = &queue->held[i];
        struct life life = {.arrival_ns = job_arrival(job),
                            .handover_ns = at_least_zero(job_begin(job), job->handover_ns),
                            .begin_ns = job_begin(job),
                            .end_ns = job->end_ns};
        add_span(s, &life, (struct span){.row = job->row, .is_slow = job->is_slow});
    }
    for (size_t i = 0; i < pending_count; i++)
        add_span(s,
                 &(struct life){.arrival_ns = pending[i].arrival_ns,
                                .handover_ns = pending[i].begin_ns,
                                .begin_ns = pending[i].begin_ns,
                                .end_ns = MODEL_NEVER},
                 (struct span){.row = pending[i].row, .is_slow = pending[i].is_slow});
}

static uint64_t first_arrival(const struct job_queue *queue, const struct pending *pending,
                              size_t pending_count)
{
    uint64_t first = pending_count ? pending[0].arrival_ns : MODEL_NEVER;
    for (uint32_t i = 0; i < queue->held_count; i++)
        first = smaller(first, job_arrival(&queue->held[i]));
    return first;
}

int job_depth_sweep(struct job_queue *queue, const struct pending *pending, size_t pending_count,
                    unsigned workers, uint64_t until_ns)
{
    if (queue->depth.swept_ns == MODEL_NEVER)
        queue->depth.swept_ns = first_arrival(queue, pending, pending_count);
    if (queue->depth.swept_ns == MODEL_NEVER || queue->depth.swept_ns >= until_ns)
        return 0;
    size_t room = queue->held_count + pending_count + 1;
    struct sweep s = {.queue = queue,
                      .workers = workers,
                      .from_ns = queue->depth.swept_ns,
                      .until_ns = until_ns,
                      .spans = calloc(room, sizeof(struct span)),
                      .edges = calloc(4 * room, sizeof(struct edge))};
    int status = s.spans && s.edges ? 0 : -ENOMEM;
    if (status == 0) {
        add_spans(&s, pending, pending_count);
        qsort(s.edges, s.edge_count, sizeof(*s.edges), earlier);
        for (size_t i = 0; i < s.edge_count; i++) {
            advance(&s, s.edges[i].time_ns);
            cross(&s, &s.edges[i]);
        }
        advance(&s, until_ns);
    }
    free(s.spans);
    free(s.edges);
    return status;
}

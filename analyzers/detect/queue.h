/* SPDX-License-Identifier: MIT */
/* What the detectors of queues share. */
#ifndef LSC_DETECT_QUEUE_H
#define LSC_DETECT_QUEUE_H

#include "../model/jobs.h"
#include "judge.h"

/* How long something was full, whatever it is. */
struct saturation {
    uint64_t total_ns, longest_ns, longest_start_ns, stretches, first_ns, last_ns, seen_ns;
    bool in_progress;
};
struct saturation saturation_of(const struct model *model, const struct resource_row *row);
/* Long at a stretch, or for a good part of the time. */
bool saturation_matters(const struct detector *detector, const struct judgement *in,
                        const struct saturation *saturation);
/* A finding with its numbers, without a title. NULL: no memory. */
struct finding *saturation_finding(const struct detector *detector, const struct judgement *in,
                                   const struct saturation *saturation, struct findings *out);
/* " for 830 ms" or " 3 times, 1.2 s in total, at worst 830 ms in one stretch". */
void say_stretches(struct sentence *sentence, const struct saturation *saturation);
void advise_pool(struct finding *finding, const char *name);

/* Kinds of queues that the kernel keeps. */
enum queue_sort { QUEUE_OWN, QUEUE_BACKLOG, QUEUE_DATAGRAMS, QUEUE_SENT, QUEUE_PIPE, QUEUE_WRITES };
enum queue_sort queue_sort_of(const struct model *model, const struct resource_row *row);
bool queue_counts_bytes(enum queue_sort sort);
/* "accept backlog '127.0.0.1:80'"; untrusted bytes. */
void queue_name(const struct model *model, const struct resource_row *row, char *out, size_t bytes);
/* "46 MB", or a number where bytes are not counted. */
char *amount_text(char out[AMOUNT_BYTES], uint64_t amount, bool is_bytes);

/* What would have removed the wait of a pool's jobs; queue_what_if.c. */
struct what_if {
    const struct pool *pool;
    const struct job_view *view;
    struct job_replay *replay;
    struct replay_result recorded, same; /* as it was; replayed with the size it has */
    unsigned workers;                    /* that remove the wait; 0: no number does */
    struct replay_result larger;         /* with so many */
    const struct job_kind *split;        /* kind to serve apart, or NULL */
    unsigned split_workers;              /* that serve it no later than now */
    struct replay_result others_now, others_apart;
};
/* False: nothing was recorded that could be replayed. Pool, view and replay are set. */
bool what_if_fill(struct what_if *what_if);
void advise_by_replay(struct finding *finding, const struct judgement *in,
                      const struct what_if *what_if);

/* queue_jobs.c: a pool whose queue is known by its JOB records. */
void judge_jobs(const struct detector *detector, const struct judgement *in,
                const struct pool *pool, const struct job_view *view, struct findings *out);
/* queue_kernel.c: what the kernel keeps for the program. */
void judge_kernel_queue(const struct detector *detector, const struct judgement *in,
                        const struct resource_row *row, struct findings *out);
/* queue_ready.c: waits that return as many events as fit, slow readers on the other side. */
void judge_ready_batches(const struct detector *detector, const struct judgement *in,
                         struct findings *out);
void judge_slow_readers(const struct detector *detector, const struct judgement *in,
                        struct findings *out);

#endif

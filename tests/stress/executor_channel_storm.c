/* SPDX-License-Identifier: MIT */
/* Channels under many producers and consumers, on workers and on threads that are none, with every
 * policy of a full channel, deadlines and random cancellation. Afterwards every item whose send
 * succeeded must have been received or dropped, once; every promise answered or dropped; every item
 * of a broadcast heard or told as missed, and every share in one given back.
 *
 *     stress_executor_channel_storm [items]     default 200 000; the slow form takes 3 000 000 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "loopscope/channel.h"
#include "loopscope/time.h"

#define CHANNELS 4 /* one of each policy */
#define PRODUCERS 6
#define THREADS 2
#define LISTENERS 3

static uint64_t limit = 200000;

/* How many, and the sum of what they carry. */
struct tally {
    _Atomic uint64_t count, sum;
};

static struct tally accepted, received, dropped, answers, answered, answers_lost;
static _Atomic uint64_t refused, cancelled, next_number, said, heard, missed;
static _Atomic int64_t shares;

static void add(struct tally *tally, uint64_t number)
{
    atomic_fetch_add(&tally->count, 1);
    atomic_fetch_add(&tally->sum, number);
}

static void expect(const char *what, uint64_t a, uint64_t b)
{
    if (a == b)
        return;
    fprintf(stderr, "channel_storm: %s: %llu and %llu\n", what, (unsigned long long)a,
            (unsigned long long)b);
    exit(1);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 20;
}

/* ---- items: some ask for an answer ---- */

struct item {
    uint64_t number;
    struct lsc_oneshot_sender answer;
};

static void drop_item(void *data)
{
    struct item *item = data;
    add(&dropped, item->number);
    lsc_oneshot_sender_drop(&item->answer);
}

static void drop_answer(void *value)
{
    add(&answers_lost, *(uint64_t *)value);
}

static struct item new_item(void)
{
    return (struct item){.number = atomic_fetch_add(&next_number, 1)};
}

/* What a send returned. True: the item is still the sender's. */
static bool note_sent(struct item *item, uint64_t number, lsc_result result)
{
    if (result >= 0) {
        add(&accepted, number);
        return false;
    }
    atomic_fetch_add(result == -EAGAIN ? &refused : &cancelled, 1);
    lsc_oneshot_sender_drop(&item->answer);
    return true;
}

/* ---- producers ---- */

struct producer {
    struct lsc_frame frame;
    struct lsc_mpsc_sender sender;
    struct lsc_oneshot_receiver promise;
    struct lsc_deadline deadline;
    struct item item;
    uint64_t number, value, seed, count, i;
    lsc_result r;
};

static void finish_producer(struct producer *self)
{
    lsc_oneshot_receiver_drop(&self->promise);
    lsc_mpsc_sender_drop(&self->sender);
}

/* Some promises are waited for, some forgotten. */
static lsc_result promise_poll(struct lsc_context *cx, struct producer *self)
{
    lsc_result r = lsc_oneshot_receive(cx, &self->promise, &self->value);
    if (r == 1)
        add(&answered, self->value);
    return r;
}

static lsc_result producer_poll(struct lsc_context *cx, void *state)
{
    struct producer *self = state;
    LSC_BEGIN(cx, self);
    for (self->i = 0; self->i < self->count; self->i++) {
        self->item = new_item();
        self->number = self->item.number;
        if (next_random(&self->seed) % 8 == 0)
            lsc_oneshot_new(lsc_context_executor(cx), &self->item.answer, &self->promise,
                            .item_bytes = sizeof(uint64_t), .drop = drop_answer);
        lsc_deadline_push(cx, &self->deadline, next_random(&self->seed) % 64 ? 5000 : 1);
        LSC_AWAIT(self->r, lsc_mpsc_send(cx, &self->sender, &self->item));
        lsc_deadline_pop(cx, &self->deadline);
        note_sent(&self->item, self->number, self->r);
        if (self->r == -EPIPE || self->r == -ECANCELED)
            break;
        if (self->promise.channel_ && next_random(&self->seed) % 4)
            LSC_AWAIT(self->r, promise_poll(cx, self));
        lsc_oneshot_receiver_drop(&self->promise);
    }
    finish_producer(self);
    LSC_END(0);
}

struct thread {
    pthread_t thread;
    struct lsc_mpsc_sender senders[CHANNELS];
    uint64_t count;
};

static void *thread_main(void *data)
{
    struct thread *self = data;
    for (uint64_t i = 0; i < self->count; i++) {
        struct item item = new_item();
        uint64_t number = item.number;
        if (note_sent(&item, number, lsc_mpsc_try_send(&self->senders[i % CHANNELS], &item)))
            sched_yield();
    }
    for (int i = 0; i < CHANNELS; i++)
        lsc_mpsc_sender_drop(&self->senders[i]);
    return NULL;
}

/* ---- consumers ---- */

struct inner {
    struct lsc_frame frame;
};

/* Is cancelled now and then; another goes on with the same receiver. */
struct consumer {
    struct lsc_frame frame;
    struct inner inner;
    struct lsc_mpsc_receiver *receiver;
    struct lsc_broadcast_sender *news;
    struct lsc_deadline deadline;
    struct item item;
    uint64_t seed;
    lsc_result r;
};

static void consume(struct consumer *self)
{
    uint64_t number = self->item.number;
    add(&received, number);
    if (self->item.answer.channel_ && number % 5 != 0 &&
        lsc_oneshot_send(&self->item.answer, &number) == 0)
        add(&answers, number);
    lsc_oneshot_sender_drop(&self->item.answer);
    if (number % 16 == 0) {
        atomic_fetch_add(&shares, 1);
        lsc_broadcast_send(self->news, &number);
        atomic_fetch_add(&said, 1);
    }
}

/* Begins to receive, and turns to something else if that would have to wait: what is handed over
 * meanwhile must come back. */
static lsc_result turn_away_poll(struct lsc_context *cx, struct consumer *self)
{
    LSC_BEGIN(cx, &self->inner);
    self->r = lsc_mpsc_receive(cx, self->receiver, &self->item);
    if (self->r == 1)
        consume(self);
    LSC_AWAIT(self->r, lsc_yield(cx));
    LSC_END(self->r);
}

static lsc_result consumer_poll(struct lsc_context *cx, void *state)
{
    struct consumer *self = state;
    LSC_BEGIN(cx, self);
    for (;;) {
        lsc_deadline_push(cx, &self->deadline, next_random(&self->seed) % 32 ? 5000 : 1);
        LSC_AWAIT(self->r, lsc_mpsc_receive(cx, self->receiver, &self->item));
        lsc_deadline_pop(cx, &self->deadline);
        if (self->r == 0 || self->r == -ECANCELED)
            break;
        if (self->r == 1)
            consume(self);
        if (next_random(&self->seed) % 512 == 0)
            LSC_AWAIT(self->r, lsc_sleep(cx, 2)); /* some that wait to send time out */
        if (next_random(&self->seed) % 16 == 0)
            LSC_AWAIT(self->r, turn_away_poll(cx, self));
    }
    LSC_END(self->r == -ECANCELED);
}

struct listener {
    struct lsc_frame frame;
    struct lsc_broadcast_receiver receiver;
    uint64_t number, heard;
    lsc_result r;
};

static void take_share(void *copy)
{
    (void)copy;
    atomic_fetch_add(&shares, 1);
}

static void drop_share(void *item)
{
    (void)item;
    atomic_fetch_sub(&shares, 1);
}

static lsc_result listener_poll(struct lsc_context *cx, void *state)
{
    struct listener *self = state;
    LSC_BEGIN(cx, self);
    for (;;) {
        LSC_AWAIT(self->r, lsc_broadcast_receive(cx, &self->receiver, &self->number));
        if (self->r <= 0)
            break;
        drop_share(&self->number);
        atomic_fetch_add(&heard, 1);
        atomic_fetch_add(&missed, (uint64_t)self->r - 1);
        if (++self->heard % 8 == 0)
            LSC_AWAIT(self->r, lsc_yield(cx));
    }
    lsc_broadcast_receiver_drop(&self->receiver);
    LSC_END(0);
}

/* ---- the storm ---- */

struct root {
    struct lsc_frame frame;
    struct inner inner;
    struct lsc_scope scope;
    struct lsc_mpsc_sender senders[CHANNELS];
    struct lsc_mpsc_receiver receivers[CHANNELS];
    struct lsc_broadcast_sender news;
    struct lsc_join producers[CHANNELS * PRODUCERS], consumers[CHANNELS];
    struct thread threads[THREADS];
    uint64_t seed, wave;
    lsc_result r;
    int i;
};

static void must(int error)
{
    expect("an error of", (uint64_t)-error, 0);
}

static void open_channels(struct lsc_context *cx, struct root *self)
{
    struct lsc_executor *executor = lsc_context_executor(cx);
    must(lsc_broadcast_new(executor, &self->news, .capacity = 32, .item_bytes = sizeof(uint64_t),
                           .drop = drop_share, .share = take_share));
    for (unsigned i = 0; i < CHANNELS; i++)
        must(lsc_mpsc_new(executor, &self->senders[i], &self->receivers[i], .name = "storm",
                          .capacity = 1 + i * 7, .item_bytes = sizeof(struct item),
                          .full = (enum lsc_full_policy)i, .drop = drop_item));
    for (int i = 0; i < THREADS; i++) {
        struct thread *thread = &self->threads[i];
        thread->count = limit / 20;
        for (int c = 0; c < CHANNELS; c++)
            thread->senders[c] = lsc_mpsc_sender_clone(&self->senders[c]);
        must(-pthread_create(&thread->thread, NULL, thread_main, thread));
    }
}

static void start_listeners(struct lsc_context *cx, struct root *self)
{
    for (int i = 0; i < LISTENERS; i++) {
        struct listener listener = {.heard = 0};
        must(lsc_broadcast_subscribe(&self->news, &listener.receiver));
        must((int)lsc_spawn(cx, listener_poll, &listener, .scope = &self->scope));
    }
}

static void start_consumer(struct lsc_context *cx, struct root *self, int i)
{
    must((int)lsc_spawn(cx, consumer_poll,
                        (&(struct consumer){.receiver = &self->receivers[i],
                                            .news = &self->news,
                                            .seed = next_random(&self->seed) | 1}),
                        .join = &self->consumers[i]));
}

/* Producers of one wave. */
static void start_producers(struct lsc_context *cx, struct root *self)
{
    for (int i = 0; i < CHANNELS * PRODUCERS; i++) {
        struct producer producer = {.sender = lsc_mpsc_sender_clone(&self->senders[i % CHANNELS]),
                                    .count = 100,
                                    .seed = next_random(&self->seed) | 1};
        must((int)lsc_spawn(cx, producer_poll, &producer, .join = &self->producers[i]));
    }
}

static lsc_result wave_poll(struct lsc_context *cx, struct root *self)
{
    LSC_BEGIN(cx, &self->inner);
    start_producers(cx, self);
    for (self->i = 0; self->i < CHANNELS * PRODUCERS; self->i++) {
        if (next_random(&self->seed) % 4 == 0)
            LSC_AWAIT(self->r, lsc_yield(cx));
        if (next_random(&self->seed) % 4 == 0)
            lsc_join_cancel(&self->producers[self->i]);
    }
    self->i = (int)(next_random(&self->seed) % CHANNELS);
    lsc_join_cancel(&self->consumers[self->i]);
    LSC_AWAIT(self->r, lsc_join_await(cx, &self->consumers[self->i]));
    start_consumer(cx, self, self->i);
    for (self->i = 0; self->i < CHANNELS * PRODUCERS; self->i++)
        LSC_AWAIT(self->r, lsc_join_await(cx, &self->producers[self->i]));
    LSC_END(0);
}

static lsc_result storm_poll(struct lsc_context *cx, void *state)
{
    struct root *self = state;
    LSC_BEGIN(cx, self);
    lsc_scope_begin(cx, &self->scope, 0);
    open_channels(cx, self);
    start_listeners(cx, self);
    for (self->i = 0; self->i < CHANNELS; self->i++)
        start_consumer(cx, self, self->i);
    for (self->wave = 0; self->wave * CHANNELS * PRODUCERS * 100 < limit; self->wave++)
        LSC_AWAIT(self->r, wave_poll(cx, self));
    for (self->i = 0; self->i < CHANNELS; self->i++)
        lsc_mpsc_sender_drop(&self->senders[self->i]);
    for (self->i = 0; self->i < CHANNELS; self->i++) {
        LSC_AWAIT(self->r, lsc_join_await(cx, &self->consumers[self->i]));
        lsc_mpsc_receiver_drop(&self->receivers[self->i]);
    }
    lsc_broadcast_sender_drop(&self->news);
    LSC_AWAIT(self->r, lsc_scope_end(cx, &self->scope));
    for (self->i = 0; self->i < THREADS; self->i++)
        pthread_join(self->threads[self->i].thread, NULL);
    LSC_END(self->r);
}

static void reset(void)
{
    struct tally *const tallies[] = {&accepted, &received, &dropped,
                                     &answers,  &answered, &answers_lost};
    for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
        tallies[i]->count = tallies[i]->sum = 0;
    refused = cancelled = next_number = said = heard = missed = 0;
    shares = 0;
}

static void balance(void)
{
    expect("accepted, and received or dropped", accepted.count, received.count + dropped.count);
    expect("the sums of those", accepted.sum, received.sum + dropped.sum);
    expect("answers, and answers taken or lost", answers.count,
           answered.count + answers_lost.count);
    expect("the sums of those", answers.sum, answered.sum + answers_lost.sum);
    expect("news by listeners, and heard or missed", said * LISTENERS, heard + missed);
    expect("shares left", (uint64_t)shares, 0);
}

static void storm(unsigned workers)
{
    const struct lsc_executor_options options = {.workers = workers};
    struct lsc_executor *executor;
    reset();
    must(lsc_executor_new(&executor, &options));
    must((int)lsc_executor_run(executor, storm_poll, (&(struct root){.seed = 88172645463325252u})));
    must(lsc_executor_shutdown(executor, 60000));
    lsc_executor_delete(executor);
    balance();
    printf("%u workers: %llu items, %llu dropped, %llu refused, %llu cancelled or late; "
           "%llu answers; %llu news, %llu missed\n",
           workers, (unsigned long long)accepted.count, (unsigned long long)dropped.count,
           (unsigned long long)refused, (unsigned long long)cancelled,
           (unsigned long long)answers.count, (unsigned long long)said, (unsigned long long)missed);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        limit = strtoull(argv[1], NULL, 10);
    storm(1);
    storm(2);
    storm(5);
    return 0;
}

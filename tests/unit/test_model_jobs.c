/* SPDX-License-Identifier: MIT */
/* The queue in front of a pool: who waited, how many at once, behind whom. */
#include <criterion/criterion.h>
#include <errno.h>

#include "analyzers/model/jobs.h"
#include "stream.h"

#define MS UINT64_C(1000000)
enum { KIND_READ = 1, KIND_LOOKUP, KIND_TIMER };

static struct stream *stream;
static struct session *session;
static struct job_view *view;
static struct job_replay *replay;

static void begin(void)
{
    stream = stream_new();
    stream_process(stream, 1, "prog", "prog");
    stream_string(stream, KIND_READ, "fs read");
    stream_string(stream, KIND_LOOKUP, "getaddrinfo");
    stream_string(stream, KIND_TIMER, "timer");
}

static void end(void)
{
    job_view_delete(view);
    job_replay_delete(replay);
    if (session)
        session_delete(session);
    stream_delete(stream);
}

static void workers(uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++)
        stream_worker(stream, i, 100 + i, "worker", 0x5000, 0x7000);
}

static const struct model *apply(void)
{
    session = stream_apply(stream, 50);
    const struct model *model = session_model(session, 0);
    cr_assert_eq(model_pool_count(model), 1);
    view = job_view_new(model, model_pool_at(model, 0));
    replay = job_replay_new(model, model_pool_at(model, 0));
    return model;
}

TestSuite(model_jobs, .init = begin, .fini = end);

Test(model_jobs, a_pool_without_job_records_shows_no_queue)
{
    workers(2);
    stream_work(stream, 1, 100, 200, 0x7000);
    apply();
    cr_assert_null(view);
}

Test(model_jobs, how_many_waited_and_how_long_is_exact)
{
    workers(1);
    stream_job(stream, 1, 0, 100, 100, 200);
    stream_job(stream, 1, 0, 110, 200, 250);
    stream_job(stream, 1, 0, 120, 250, 300);
    stream_end(stream, END_EXITED, 0, 400);
    apply();
    cr_assert_eq(view->jobs, 3);
    cr_assert_eq(view->waiting_max, 2);
    cr_assert_eq(view->wait_ns->max, 130 * MS);
    cr_assert_eq(view->wait_ns->sum, 220 * MS);
    cr_assert_eq(view->service_ns->sum, 200 * MS);
    cr_assert_eq(view->saturated_ns, 140 * MS, "from 110 to 250");
    cr_assert_eq(view->longest_start_ns, 110 * MS);
    cr_assert_eq(view->stretches, 1);
    cr_assert_eq(view->waiting_p50, 0, "of the 300 ms since the first, 160 were without a wait");
    cr_assert_not(view->in_progress);
    cr_assert_eq(view->waiting + view->serving, 0);
}

Test(model_jobs, all_busy_is_not_saturated_while_nothing_waits)
{
    workers(2);
    stream_job(stream, 1, 0, 100, 100, 900);
    stream_job(stream, 2, 0, 100, 100, 900);
    apply();
    cr_assert_eq(view->saturated_ns, 0);
}

Test(model_jobs, a_wait_while_a_worker_is_free_is_no_saturation)
{
    workers(2);
    stream_job(stream, 1, 0, 100, 150, 160);
    apply();
    cr_assert_eq(view->saturated_ns, 0);
    cr_assert_eq(view->waiting_max, 1);
}

Test(model_jobs, a_worker_kept_off_the_processor_between_two_jobs_is_not_free)
{
    workers(2);
    stream_job(stream, 1, 0, 100, 100, 200);
    stream_job(stream, 2, 0, 100, 100, 200);
    stream_job(stream, 1, 0, 100, 290, 300);
    stream_job(stream, 2, 0, 100, 280, 310);
    stream_job(stream, 1, 0, 305, 330, 340);
    apply();
    cr_assert_eq(view->saturated_ns, 190 * MS, "from 100 to 290: the last came to a free worker");
    cr_assert_eq(view->longest_ns, 190 * MS);
    cr_assert_eq(view->stretches, 1);
}

Test(model_jobs, a_worker_kept_from_a_name_to_look_up_holds_one_of_the_half)
{
    workers(2);
    for (uint32_t i = 1; i <= 2; i++)
        stream_request(stream, i, KIND_LOOKUP, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 200);
    stream_job(stream, 1, 2, 100, 250, 300);
    apply();
    cr_assert_eq(view->saturated_ns, 150 * MS);
}

Test(model_jobs, names_looked_up_may_have_half_of_the_workers_only)
{
    workers(4);
    for (uint32_t i = 1; i <= 3; i++)
        stream_request(stream, i, KIND_LOOKUP, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 200);
    stream_job(stream, 2, 2, 100, 100, 200);
    stream_job(stream, 1, 3, 100, 200, 300);
    apply();
    cr_assert_eq(view->saturated_ns, 100 * MS, "two idle workers may not take it");
    cr_assert(view->kinds[0].is_slow);
}

Test(model_jobs, each_kind_has_figures_of_its_own)
{
    workers(1);
    stream_request(stream, 1, KIND_READ, 0, 100);
    stream_request(stream, 2, KIND_LOOKUP, 0, 100);
    stream_job(stream, 1, 2, 100, 100, 400);
    stream_job(stream, 1, 1, 100, 400, 401);
    apply();
    cr_assert_eq(view->kind_count, 2);
    cr_assert_eq(view->kinds[0].kind, KIND_LOOKUP);
    cr_assert_eq(view->kinds[0].service_total_ns, 300 * MS);
    cr_assert_eq(view->kinds[0].wait_total_ns, 0);
    cr_assert_eq(view->kinds[0].caused_ns, 300 * MS, "the read waited for it");
    cr_assert_eq(view->kinds[1].kind, KIND_READ);
    cr_assert_eq(view->kinds[1].wait_ns->max, 300 * MS);
    cr_assert_eq(view->kinds[1].caused_ns, 0);
}

Test(model_jobs, blame_for_a_wait_is_shared_by_those_in_service)
{
    workers(2);
    stream_request(stream, 1, KIND_READ, 11, 100);
    stream_request(stream, 2, KIND_READ, 12, 100);
    stream_request(stream, 3, KIND_READ, 13, 100);
    stream_job(stream, 1, 1, 100, 100, 200);
    stream_job(stream, 2, 2, 100, 100, 300);
    stream_job(stream, 1, 3, 100, 200, 210);
    apply();
    cr_assert_eq(view->submitter_count, 3);
    cr_assert_eq(view->submitters[0].stack, 12, "equal blame: the longer service first");
    cr_assert_eq(view->submitters[0].caused_ns, 50 * MS);
    cr_assert_eq(view->submitters[1].stack, 11);
    cr_assert_eq(view->submitters[1].caused_ns, 50 * MS);
    cr_assert_eq(view->submitters[2].worst_wait_ns, 100 * MS);
    cr_assert_eq(view->submitters[2].caused_ns, 0);
}

/* As the loop tells it, which is no worker. */
static void untimed(uint32_t task)
{
    stream_event(stream, &(struct event){.type = LSC_RECORD_JOB,
                                         .thread = 20,
                                         .task = task,
                                         .time_ns = 500 * MS,
                                         .arg2 = 400 * MS,
                                         .flags = LSC_JOB_UNTIMED});
}

Test(model_jobs, those_that_began_unwatched_are_counted_apart)
{
    stream_item(stream, &(struct item){.kind = ITEM_THREAD,
                                       .thread = {.thread = 20,
                                                  .tid = 20,
                                                  .name = "loop",
                                                  .roles = LSC_ROLE_LOOP,
                                                  .start_routine = 0x9000}});
    workers(1);
    stream_request(stream, 1, KIND_READ, 0, 100);
    stream_request(stream, 2, KIND_READ, 0, 100);
    stream_request(stream, 3, KIND_READ, 0, 100);
    untimed(1);
    stream_job(stream, 1, 2, 100, 100, 110);
    untimed(3);
    apply();
    cr_assert_eq(view->untimed, 2);
    cr_assert_eq(view->kinds[0].untimed, 1, "the first came before any job had a pool");
    cr_assert_eq(view->jobs, 1);
    cr_assert_eq(view->wait_ns->count, 1);
    cr_assert_eq(view->waiting + view->serving, 0, "they are done");
}

Test(model_jobs, what_is_not_done_is_in_service_or_waits)
{
    workers(2);
    stream_request(stream, 1, KIND_READ, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 110);
    for (uint32_t i = 2; i <= 6; i++)
        stream_request(stream, i, KIND_READ, 0, 100 + i * 10);
    stream_request(stream, 9, KIND_TIMER, 0, 100);
    stream_end(stream, END_DETACHED, 0, 1000);
    apply();
    cr_assert_eq(view->serving, 2);
    cr_assert_eq(view->waiting, 3);
    cr_assert_eq(view->oldest_wait_ns, 860 * MS, "the request of 140 ms");
    cr_assert_eq(view->waiting_max, 3);
    cr_assert(view->in_progress);
    cr_assert_eq(view->saturated_ns, 860 * MS);
}

Test(model_jobs, a_cancelled_request_waits_no_more)
{
    workers(1);
    stream_request(stream, 1, KIND_READ, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 110);
    stream_request(stream, 2, KIND_READ, 0, 120);
    stream_event(stream, &(struct event){.type = LSC_RECORD_POLL,
                                         .task = 2,
                                         .time_ns = 200 * MS,
                                         .arg = MS,
                                         .flags = LSC_POLL_READY});
    apply();
    cr_assert_eq(view->serving + view->waiting, 0);
}

Test(model_jobs, jobs_of_a_thread_that_is_not_known_yet_are_held_for_it)
{
    stream_job(stream, 1, 0, 100, 150, 200);
    stream_job(stream, 2, 0, 100, 160, 210);
    workers(2);
    apply();
    cr_assert_eq(view->jobs, 2);
    cr_assert_eq(view->wait_ns->max, 60 * MS);
}

Test(model_jobs, what_is_in_service_at_the_end_holds_its_worker_in_the_replay)
{
    workers(2);
    stream_request(stream, 1, KIND_READ, 0, 100);
    stream_job(stream, 2, 1, 100, 100, 110);
    stream_request(stream, 2, KIND_READ, 0, 120);
    stream_request(stream, 3, KIND_READ, 0, 130);
    stream_job(stream, 2, 3, 130, 130, 140);
    stream_end(stream, END_DETACHED, 0, 1000);
    apply();
    struct replay_request one = {.workers = 1};
    struct replay_result result;
    cr_assert_eq(job_replay_run(replay, &one, &result), 0);
    cr_assert_eq(result.jobs, 3);
    cr_assert_eq(result.max_ns, 870 * MS, "the third waits for the second, 120 to 1000");
}

Test(model_jobs, a_worker_stuck_in_a_job_has_been_so_since_it_was_last_done)
{
    workers(2);
    stream_request(stream, 1, KIND_LOOKUP, 0, 100);
    stream_request(stream, 2, KIND_LOOKUP, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 200);
    for (uint32_t i = 0; i < 20; i++) {
        stream_request(stream, 10 + i, KIND_READ, 0, 100 + i * 10);
        stream_job(stream, 2, 10 + i, 100 + i * 10, 100 + i * 20, 120 + i * 20);
    }
    stream_end(stream, END_DETACHED, 0, 500);
    apply();
    cr_assert_eq(view->serving, 1);
    /* From 200 on the second look-up is in service beside a read: each has half the blame for the
     * reads that wait, until the last begins at 480. */
    const struct job_kind *lookup = &view->kinds[0];
    cr_assert_eq(lookup->kind, KIND_LOOKUP);
    uint64_t all = lookup->caused_ns + view->kinds[1].caused_ns;
    cr_assert_lt(lookup->caused_ns, all / 2 + MS);
    cr_assert_gt(lookup->caused_ns, all / 2 - 60 * MS, "%lu of %lu",
                 (unsigned long)lookup->caused_ns, (unsigned long)all);
}

/* 60 000 jobs, one each 100 µs, of which the first 20 000 find a backlog that never shrinks. */
static void many_jobs(void)
{
    for (unsigned i = 0; i < 60000; i++) {
        double at = 100 + i * 0.1, wait = i < 20000 ? 50 : 0;
        stream_job(stream, 1, 0, at - wait, at, at + 0.1);
    }
}

Test(model_jobs, very_many_are_settled_in_bounded_room_without_loss)
{
    workers(1);
    many_jobs();
    apply();
    cr_assert_eq(view->jobs, 60000);
    cr_assert(view->waiting_max >= 500 && view->waiting_max <= 502, "%lu",
              (unsigned long)view->waiting_max);
    /* From 50 ms, when the first came, to the last begin that was late. */
    cr_assert(view->saturated_ns > 1990 * MS && view->saturated_ns < 2060 * MS, "%lu",
              (unsigned long)view->saturated_ns);
    cr_assert(view->stretches <= 2, "%lu", (unsigned long)view->stretches);
}

Test(model_jobs, the_replay_takes_the_stretch_that_waited_most)
{
    workers(1);
    many_jobs();
    apply();
    struct replay_request all = {.workers = 1};
    struct replay_result recorded, replayed;
    cr_assert_eq(job_replay_recorded(replay, &all, &recorded), 0);
    cr_assert_eq(recorded.p50_ns / MS, 50);
    cr_assert_eq(job_replay_run(replay, &all, &replayed), 0);
    cr_assert_eq(replayed.jobs, recorded.jobs);
    cr_assert_lt(replayed.p50_ns, MS, "without the backlog from before there is no wait");
}

Test(model_jobs, one_kind_can_be_replayed_alone_or_left_out)
{
    workers(2);
    for (uint32_t i = 1; i <= 4; i++)
        stream_request(stream, i, i < 3 ? KIND_LOOKUP : KIND_READ, 0, 100);
    stream_job(stream, 1, 1, 100, 100, 200);
    stream_job(stream, 2, 3, 100, 100, 110);
    stream_job(stream, 2, 4, 100, 110, 120);
    stream_job(stream, 1, 2, 100, 200, 300);
    apply();
    struct replay_result result;
    struct replay_request request = {.workers = 2, .only = KIND_LOOKUP};
    cr_assert_eq(job_replay_run(replay, &request, &result), 0);
    cr_assert_eq(result.jobs, 2);
    cr_assert_eq(result.max_ns, 0, "alone they are not kept to half of the workers");
    request = (struct replay_request){.workers = 1, .without = KIND_LOOKUP};
    cr_assert_eq(job_replay_run(replay, &request, &result), 0);
    cr_assert_eq(result.jobs, 2);
    cr_assert_eq(result.max_ns, 10 * MS);
    request = (struct replay_request){.workers = 1, .only = 99};
    cr_assert_eq(job_replay_run(replay, &request, &result), -ENOENT);
}

Test(model_jobs, kinds_beyond_the_table_share_its_last_row)
{
    workers(1);
    for (uint32_t i = 1; i <= 50; i++) {
        stream_request(stream, i, 1000 + i, 0, i * 10);
        stream_job(stream, 1, i, i * 10, i * 10, i * 10 + 5);
    }
    apply();
    cr_assert_eq(view->kind_count, JOB_KINDS_MAX);
    cr_assert_eq(view->kinds[JOB_KINDS_MAX - 1].jobs, 50 - (JOB_KINDS_MAX - 1));
}

Test(model_jobs, impossible_times_do_no_harm)
{
    workers(1);
    stream_event(stream, &(struct event){.type = LSC_RECORD_JOB,
                                         .thread = 1,
                                         .time_ns = 5,
                                         .arg = UINT64_MAX,
                                         .arg2 = UINT64_MAX});
    stream_event(stream, &(struct event){.type = LSC_RECORD_JOB,
                                         .thread = 1,
                                         .time_ns = UINT64_MAX,
                                         .arg = 1,
                                         .arg2 = UINT64_MAX});
    apply();
    cr_assert_eq(view->jobs, 2);
}

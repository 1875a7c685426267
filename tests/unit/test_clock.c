/* SPDX-License-Identifier: MIT */
/* The counter against CLOCK_MONOTONIC, on both sides. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core_subject.h"
#include "probe/core/writer/core.h"

static uint64_t monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct subject subject;

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(clock, .init = set_up, .fini = tear_down);

Test(clock, never_runs_backwards)
{
    uint64_t last = lsc__now();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = lsc__now();
        cr_assert_geq(now, last);
        last = now;
    }
}

Test(clock, converts_there_and_back_within_a_millionth)
{
    cr_assert_eq(lsc__segment_ensure(0), 0);
    for (uint64_t ns = 1000000; ns < UINT64_C(1) << 60; ns *= 7) {
        uint64_t back = lsc__ns_from_ticks(lsc__ticks_from_ns(ns));
        uint64_t off = back > ns ? back - ns : ns - back;
        cr_assert_leq(off, ns / 1000000 + 2, "%lu became %lu", ns, back);
    }
}

Test(clock, saturates_instead_of_wrapping)
{
    uint64_t there = lsc__ticks_from_ns(UINT64_MAX);
    uint64_t back = lsc__ns_from_ticks(UINT64_MAX);
    cr_assert_geq(there, UINT64_MAX / 1000);
    cr_assert_geq(back, UINT64_MAX / 1000);
    cr_assert(there == UINT64_MAX || back == UINT64_MAX);
}

Test(clock, agrees_with_the_kernel_about_the_length_of_50_ms)
{
    lsc__segment_ensure(0);
    struct timespec pause = {0, 50000000};
    uint64_t ticks = lsc__now();
    uint64_t mono = monotonic();
    nanosleep(&pause, NULL);
    uint64_t ns = lsc__ns_from_ticks(lsc__now() - ticks);
    mono = monotonic() - mono;
    uint64_t off = ns > mono ? ns - mono : mono - ns;
    cr_assert_leq(off, mono / 100, "%lu ns by the counter, %lu by the kernel", ns, mono);
}

Test(clock, of_a_segment_is_converted_from_its_own_pairs)
{
    struct lsc_record records[64];
    uint64_t lost;
    subject_run(&subject, "polls", "10");
    struct segment_reader *reader = subject_open(&subject, false);
    cr_assert_not_null(reader);
    const struct lsc_segment_header *header = segment_reader_header(reader);
    size_t count = subject_records(reader, 0, records, 64, &lost);
    uint64_t at_start = segment_reader_ns(reader, header->clock_start.ticks);
    uint64_t at_last = segment_reader_ns(reader, records[count - 1].time);
    cr_assert_eq(at_start, 0);
    cr_assert_gt(at_last, 0);
    cr_assert_lt(at_last, UINT64_C(10000000000));
    cr_assert_eq(segment_reader_ns(reader, 0), 0);
    uint64_t second = segment_reader_duration_ns(reader, header->ticks_per_second);
    cr_assert_leq(llabs((long long)second - 1000000000), 10);
    cr_assert_geq(segment_reader_duration_ns(reader, UINT64_MAX), UINT64_MAX / 1000);
    segment_reader_close(reader);
}

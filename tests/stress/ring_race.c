/* SPDX-License-Identifier: MIT */
/* Writers at full speed against readers that are slower than they are: a reader sees whole records
 * only, and kept + lost is what was written, to the record. A record carries its number twice, so a
 * torn one, or one of another place, shows. */
#include <loopscope/probe.h>
#include <pthread.h>
#include <stdatomic.h>

#include "probe/core/writer/core.h"
#include "stress_directory.h"

enum { WRITERS = 2, READERS = 2, RECORDS = 10000000, BATCH = 3000 };

static _Atomic int writers_left = WRITERS;
static _Atomic int failures;
/* Slots the writers got, and the head before their first numbered record. */
static uint32_t slots[WRITERS];
static _Atomic int ready;

static void fail(const char *what, uint64_t at)
{
    fprintf(stderr, "ring_race: %s at record %llu\n", what, (unsigned long long)at);
    failures++;
}

static void *write_records(void *data)
{
    int number = (int)(intptr_t)data;
    struct lsc_writer *w = lsc__writer();
    if (w == NULL) {
        fail("no writer", 0);
        exit(1);
    }
    slots[number] = w->slot;
    ready++;
    /* Record 0 is the thread's start, so that indexes and numbers agree. */
    for (uint64_t i = 1; i <= RECORDS; i++)
        lsc__ring_put(w, i, LSC_RECORD_MARK, (uint16_t)i, (uint32_t)i, ~i, i * 3);
    writers_left--;
    return NULL;
}

static bool is_whole(const struct lsc_record *record, uint64_t i)
{
    return record->time == i && record->arg == ~i && record->arg2 == i * 3 &&
           record->task == (uint32_t)i && record->flags == (uint16_t)i &&
           record->type == LSC_RECORD_MARK;
}

struct tally {
    uint64_t next, kept, lost;
};

/* One reading of one ring; false when nothing came. */
static bool drain(struct segment_reader *reader, uint32_t slot, struct tally *tally)
{
    static _Thread_local struct lsc_record records[BATCH];
    struct ring_read got;
    if (segment_reader_ring(reader, slot, tally->next, records, BATCH, &got) < 0) {
        fail("cannot read", tally->next);
        return false;
    }
    if (got.first - tally->next != got.lost || got.first + got.count != got.next)
        fail("counts do not add up", got.first);
    for (size_t i = 0; i < got.count; i++)
        if (got.first + i > 0 && !is_whole(&records[i], got.first + i))
            fail("a torn record", got.first + i);
    bool is_new = got.next != tally->next;
    tally->next = got.next;
    tally->kept += got.count;
    tally->lost += got.lost;
    return is_new;
}

static void *read_records(void *data)
{
    struct segment_reader *reader = stress_open();
    struct tally tallies[WRITERS] = {0};
    useconds_t pause = (useconds_t)(intptr_t)data;
    bool is_last = false;
    if (reader == NULL)
        exit(1);
    while (!is_last && failures < 10) {
        is_last = writers_left == 0;
        bool is_new = false;
        for (int i = 0; i < WRITERS; i++)
            do
                is_new = drain(reader, slots[i], &tallies[i]);
            while (is_last && is_new);
        if (pause > 0)
            usleep(pause);
    }
    for (int i = 0; i < WRITERS; i++) {
        if (tallies[i].kept + tallies[i].lost != RECORDS + 1)
            fail("kept and lost are not what was written", tallies[i].next);
        printf("reader pausing %u us: kept %llu, lost %llu\n", pause,
               (unsigned long long)tallies[i].kept, (unsigned long long)tallies[i].lost);
    }
    segment_reader_close(reader);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t writers[WRITERS], readers[READERS];
    (void)argc;
    setenv("LOOPSCOPE_RING_KB", "64", 1);
    stress_enter(argv);
    if (lsc_probe_start() < 0)
        return 1;
    for (intptr_t i = 0; i < WRITERS; i++)
        pthread_create(&writers[i], NULL, write_records, (void *)i);
    while (ready < WRITERS)
        usleep(100);
    for (intptr_t i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_records, (void *)(i * 500));
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    stress_leave();
    return failures != 0;
}

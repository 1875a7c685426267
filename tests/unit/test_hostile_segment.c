/* SPDX-License-Identifier: MIT */
/* Segments that lie: every function answers with an error or with sane data, whatever the bytes
 * say. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core_subject.h"
#include "segment_visit.h"

static struct subject subject;
static char path[512];

static void set_up(void)
{
    subject_init(&subject);
}

static void tear_down(void)
{
    subject_free(&subject);
}

TestSuite(hostile_segment, .init = set_up, .fini = tear_down, .timeout = 100);

static int note_path(const struct segment_entry *entry, void *data)
{
    snprintf(data, sizeof path, "%s", entry->path);
    return 0;
}

/* A small real segment; a writable descriptor of it. */
static int make_segment(void)
{
    subject_run(&subject, "limited-file", "4000000");
    cr_assert_eq(segment_list(subject.directory, note_path, path), 0);
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    return fd;
}

static int visit(void)
{
    struct segment_reader *reader = NULL;
    char why[128] = "";
    int error = segment_reader_open(path, &reader, why, sizeof why);
    if (error < 0) {
        cr_assert_str_not_empty(why);
        return error;
    }
    segment_visit(reader);
    segment_reader_close(reader);
    return 0;
}

static void poke(int fd, size_t offset, const void *bytes, size_t count)
{
    cr_assert_eq(pwrite(fd, bytes, count, (off_t)offset), (ssize_t)count);
}

#define POKE_HEADER(fd, field, value)                                                              \
    do {                                                                                           \
        uint64_t poke_ = (value);                                                                  \
        poke(fd, offsetof(struct lsc_segment_header, field), &poke_,                               \
             sizeof((struct lsc_segment_header *)0)->field);                                       \
    } while (0)

Test(hostile_segment, that_is_whole_is_read)
{
    int fd = make_segment();
    cr_assert_eq(visit(), 0);
    close(fd);
}

Test(hostile_segment, of_another_version_is_refused)
{
    int fd = make_segment();
    POKE_HEADER(fd, version, 2);
    cr_assert_eq(visit(), -EPROTONOSUPPORT);
    close(fd);
}

Test(hostile_segment, that_is_not_complete_is_to_be_tried_again)
{
    int fd = make_segment();
    POKE_HEADER(fd, state, LSC_SEGMENT_STARTING);
    cr_assert_eq(visit(), -EAGAIN);
    close(fd);
}

Test(hostile_segment, with_parts_outside_the_file_is_refused)
{
    int fd = make_segment();
    POKE_HEADER(fd, parts[LSC_PART_TASKS].offset, UINT64_MAX - 4095);
    cr_assert_eq(visit(), -EPROTO);
    POKE_HEADER(fd, parts[LSC_PART_TASKS].offset, 3999 * 4096);
    cr_assert_eq(visit(), -EPROTO);
    POKE_HEADER(fd, parts[LSC_PART_TASKS].offset, 12345);
    cr_assert_eq(visit(), -EPROTO);
    close(fd);
}

Test(hostile_segment, with_a_ring_that_is_no_power_of_two_is_refused)
{
    int fd = make_segment();
    POKE_HEADER(fd, ring_records, 513);
    cr_assert_eq(visit(), -EPROTO);
    POKE_HEADER(fd, ring_records, 0);
    cr_assert_eq(visit(), -EPROTO);
    close(fd);
}

Test(hostile_segment, cut_anywhere_is_refused_in_a_sentence)
{
    int fd = make_segment();
    for (off_t bytes = lseek(fd, 0, SEEK_END) - 1; bytes > 0; bytes -= 99991) {
        cr_assert_eq(ftruncate(fd, bytes), 0);
        cr_assert_eq(visit(), -EPROTO);
    }
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(visit(), -EPROTO);
    close(fd);
}

Test(hostile_segment, cut_while_it_is_open_gives_errors_not_signals)
{
    struct segment_reader *reader = NULL;
    char why[128];
    int fd = make_segment();
    cr_assert_eq(segment_reader_open(path, &reader, why, sizeof why), 0);
    cr_assert_eq(ftruncate(fd, 100), 0);
    cr_assert_eq(segment_reader_refresh(reader), -EPROTO);
    segment_visit(reader);
    segment_reader_close(reader);
    close(fd);
}

Test(hostile_segment, with_a_head_beyond_all_measure_is_read_in_bounded_time)
{
    int fd = make_segment();
    struct lsc_segment_header header;
    cr_assert_eq(pread(fd, (void *)&header, sizeof header, 0), (ssize_t)sizeof header);
    const uint64_t heads[] = {UINT64_MAX, UINT64_MAX / 2, 1u << 31, 1};
    for (size_t i = 0; i < 4; i++) {
        poke(fd, header.parts[LSC_PART_THREADS].offset, &heads[i], 8);
        cr_assert_eq(visit(), 0);
    }
    close(fd);
}

Test(hostile_segment, of_a_fifo_or_device_or_directory_is_not_opened)
{
    struct segment_reader *reader;
    char why[128];
    cr_assert_eq(mkdir(subject.directory, 0700), 0);
    snprintf(path, sizeof path, "%s/1-1.seg", subject.directory);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(segment_reader_open(path, &reader, why, sizeof why), -EPROTO);
    cr_assert_eq(segment_reader_open("/dev/zero", &reader, why, sizeof why), -EPROTO);
    cr_assert_eq(segment_reader_open("/dev", &reader, why, sizeof why), -EPROTO);
    cr_assert_eq(segment_reader_open("/nowhere", &reader, why, sizeof why), -ENOENT);
}

/* Bytes of the header and of the first page of every part, changed at random from a fixed seed. */
static void mutate(int fd, const struct lsc_segment_header *header, unsigned *seed)
{
    static const unsigned char telling[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 8, 0x20};
    unsigned part = (unsigned)rand_r(seed) % (LSC_PART_HASHES + 2);
    uint64_t base = part > LSC_PART_HASHES ? 0 : header->parts[part].offset;
    for (int i = 0; i < 8; i++) {
        unsigned char byte = telling[(unsigned)rand_r(seed) % sizeof telling];
        poke(fd, base + (unsigned)rand_r(seed) % 4096, &byte, 1);
    }
}

Test(hostile_segment, with_random_damage_never_harms_its_reader)
{
    int fd = make_segment();
    struct lsc_segment_header header;
    unsigned seed = 20240607;
    size_t opened = 0;
    cr_assert_eq(pread(fd, (void *)&header, sizeof header, 0), (ssize_t)sizeof header);
    for (int i = 0; i < 600; i++) {
        mutate(fd, &header, &seed);
        opened += visit() == 0;
        if (i % 4 == 3)
            poke(fd, 0, &header, sizeof header);
    }
    cr_assert_gt(opened, 50, "most damage is beyond the header");
    close(fd);
}

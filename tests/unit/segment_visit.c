/* SPDX-License-Identifier: MIT */
/* Reads everything that a segment claims to hold, see segment_visit.h. */
#include "segment_visit.h"

#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_MOST = 24, RECORDS_MOST = 1024, STRINGS_MOST = 512 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void visit_threads(struct segment_reader *reader)
{
    static struct lsc_record records[RECORDS_MOST];
    for (uint32_t i = 0; i < ELEMENTS_MOST; i++) {
        struct lsc_thread thread;
        struct ring_read got;
        uint64_t next = 0;
        if (segment_reader_thread(reader, i, &thread) == 0) {
            require(thread.state <= LSC_THREAD_ENDED && thread.call < LSC_CALL_LIMIT);
            require(memchr(thread.name, '\0', sizeof thread.name) != NULL);
        }
        for (int rounds = 0; rounds < 4; rounds++) {
            if (segment_reader_ring(reader, i, next, records, RECORDS_MOST, &got) < 0)
                break;
            require(got.count <= RECORDS_MOST && got.next >= next);
            require(got.first - next == got.lost && got.first + got.count == got.next);
            next = got.next;
        }
    }
}

static void visit_strings(struct segment_reader *reader)
{
    char text[128];
    for (uint32_t id = 0; id < STRINGS_MOST; id += 4) {
        memset(text, 'x', sizeof text);
        int length = segment_reader_string(reader, id, text, sizeof text);
        require(length < (int)sizeof text && memchr(text, '\0', sizeof text) != NULL);
        require(length <= 0 || text[length] == '\0');
    }
    segment_reader_string(reader, UINT32_MAX & ~7u, text, sizeof text);
}

static void visit_code(struct segment_reader *reader)
{
    uint64_t pcs[LSC_STACK_FRAMES_MAX];
    for (uint32_t i = 0; i < ELEMENTS_MOST; i++) {
        struct lsc_site site;
        struct lsc_module module;
        bool was_cut;
        int depth = segment_reader_stack(reader, i, pcs, &was_cut);
        require(depth <= LSC_STACK_FRAMES_MAX);
        require(segment_reader_site(reader, i, &site) < 0 || site.file != 0);
        if (segment_reader_module(reader, i, &module) == 0)
            require(module.start < module.end && module.build_id_bytes <= sizeof module.build_id);
    }
}

static void visit_handles(struct segment_reader *reader)
{
    for (uint32_t i = 0; i < ELEMENTS_MOST; i++) {
        struct lsc_task task;
        struct lsc_resource resource;
        if (segment_reader_task(reader, i, &task) == 0)
            require(LSC_HANDLE_SLOT(task.handle) == i && task.state < LSC_TASK_STATE_LIMIT);
        if (segment_reader_resource(reader, i, &resource) == 0)
            require(LSC_HANDLE_SLOT(resource.handle) == i);
    }
}

static void visit_header(struct segment_reader *reader)
{
    const struct lsc_segment_header *header = segment_reader_header(reader);
    require(memchr(header->program, '\0', sizeof header->program) != NULL);
    require(memchr(header->executable, '\0', sizeof header->executable) != NULL);
    require(header->command_bytes <= sizeof header->command);
    require(header->thread_count <= header->parts[LSC_PART_THREADS].capacity);
    const uint64_t ticks[] = {0, 1, UINT64_MAX / 2, UINT64_MAX};
    for (size_t i = 1; i < sizeof ticks / sizeof ticks[0]; i++)
        require(segment_reader_ns(reader, ticks[i]) >= segment_reader_ns(reader, ticks[i - 1]));
}

void segment_visit(struct segment_reader *reader)
{
    segment_reader_refresh(reader);
    visit_header(reader);
    visit_threads(reader);
    visit_strings(reader);
    visit_code(reader);
    visit_handles(reader);
}

/* SPDX-License-Identifier: MIT */
/* Numbers, threads and places in words. Integer arithmetic only, so no locale can change a digit.
 */
#include "judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Two digits at least: 9.8 ms, 12 ms, 612 ms. */
static char *scaled_text(char out[DURATION_BYTES], uint64_t ns, uint64_t unit, const char *name)
{
    uint64_t tenths = ns / (unit / 10) + (ns % (unit / 10) >= unit / 20);
    if (tenths >= 100)
        snprintf(out, DURATION_BYTES, "%" PRIu64 " %s", ns / unit + (ns % unit >= unit / 2), name);
    else
        snprintf(out, DURATION_BYTES, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, name);
    return out;
}

char *duration_text(char out[DURATION_BYTES], uint64_t ns)
{
    const uint64_t us = 1000, ms = 1000 * us, s = 1000 * ms;
    if (ns < us)
        snprintf(out, DURATION_BYTES, "%" PRIu64 " ns", ns);
    else if (ns < ms - us / 2)
        scaled_text(out, ns, us, "µs");
    else if (ns < s - ms / 2)
        scaled_text(out, ns, ms, "ms");
    else if (ns < 100 * s) {
        uint64_t tenths = ns / (s / 10) + (ns % (s / 10) >= s / 20);
        snprintf(out, DURATION_BYTES, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
    } else if (ns < 7200 * s)
        snprintf(out, DURATION_BYTES, "%" PRIu64 " min %" PRIu64 " s", ns / s / 60, ns / s % 60);
    else
        snprintf(out, DURATION_BYTES, "%" PRIu64 " h %" PRIu64 " min", ns / s / 3600,
                 ns / s / 60 % 60);
    return out;
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void say(struct sentence *sentence, const char *format, ...)
{
    if (sentence->used + 1 >= sentence->bytes)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence->out + sentence->used, sentence->bytes - sentence->used, format,
                           arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t left = sentence->bytes - sentence->used - 1;
    sentence->used += (size_t)length < left ? (size_t)length : left;
}

void say_threads(struct sentence *sentence, const struct model *model, const struct group *group)
{
    const struct thread *thread = model_thread(model, group->worst_thread);
    unsigned others = group->thread_count + group->threads_unheld;
    if (!thread) {
        say(sentence, "The loop");
        return;
    }
    if (others > 1)
        say(sentence, "The loops of %u threads (worst: '%s', tid %" PRIu32 ")", others,
            thread->name[0] ? thread->name : "?", thread->tid);
    else
        say(sentence, "The loop of thread '%s' (tid %" PRIu32 ")",
            thread->name[0] ? thread->name : "?", thread->tid);
}

const char *was_or_were(const struct model *model, const struct group *group)
{
    bool is_many =
        model_thread(model, group->worst_thread) && group->thread_count + group->threads_unheld > 1;
    return is_many ? "were" : "was";
}

void say_amounts(struct sentence *sentence, const struct group *group)
{
    char total[DURATION_BYTES], worst[DURATION_BYTES];
    duration_text(total, group->total_ns);
    duration_text(worst, group->worst_ns);
    if (group->count <= 1)
        say(sentence, "once, for %s", total);
    else
        say(sentence, "%" PRIu64 " times, %s in total, at worst %s", group->count, total, worst);
}

void say_where(struct sentence *sentence, const char *word, const struct frame *where, uint64_t pc)
{
    if (!where)
        return;
    const char *module = path_base(where->module);
    say(sentence, "%s", word);
    if (where->function[0])
        say(sentence, "%.160s", where->function);
    else if (where->kind == FRAME_SCRIPT)
        say(sentence, "an anonymous function");
    else if (!module[0])
        say(sentence, "code at 0x%" PRIx64, pc);
    else
        say(sentence, "code of %.80s without a symbol (0x%" PRIx64 ")", module, pc);
    if (where->file[0] && where->line)
        say(sentence, " (%.120s:%" PRIu32 ")", path_base(where->file), where->line);
    else if (where->function[0] && module[0])
        say(sentence, " (%.80s)", module);
}

/* Where nobody saw them begin, threads are called as they call themselves. */
static const char *member_name(const struct model *model, const struct pool *pool)
{
    for (unsigned i = 0; i < model_thread_count(model); i++) {
        const struct thread *thread = model_thread_at(model, i);
        if (thread->pool >= 0 && model_pool_at(model, (unsigned)thread->pool) == pool &&
            thread->name[0])
            return thread->name;
    }
    return "?";
}

void pool_name(const struct model *model, const struct pool *pool, char *out, size_t bytes)
{
    enum pool_growth growth;
    const char *known = pool_known_name(model, pool, &growth);
    unsigned count;
    const struct frame *frames = model_frames(model, pool->start_routine, &count);
    if (known)
        snprintf(out, bytes, "%s", known);
    else if (frames && frames[count - 1].function[0])
        snprintf(out, bytes, "threads of %.100s", frames[count - 1].function);
    else if (frames && frames[count - 1].module[0])
        snprintf(out, bytes, "threads of %.100s+0x%" PRIx64, path_base(frames[count - 1].module),
                 pool->start_routine);
    else if (pool->start_routine)
        snprintf(out, bytes, "threads of 0x%" PRIx64, pool->start_routine);
    else
        snprintf(out, bytes, "threads '%.15s'", member_name(model, pool));
}

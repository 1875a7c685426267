/* SPDX-License-Identifier: MIT */
/* What detectors share: the evidence, groups by culprit, and the parts sentences are made of. */
#ifndef LSC_JUDGE_H
#define LSC_JUDGE_H

#include "../model/polls.h"
#include "detect.h"

#define FINDINGS_MAX 256
#define GROUPS_MAX 512
#define GROUP_THREADS_MAX 64
/* Fewer turns than this, and no stall, say nothing about a loop. */
#define TURNS_ENOUGH 10

struct judgement {
    const struct model *model;
    uint64_t stall_ns;
    uint64_t turns; /* of all loops */
    const struct blocked_row *blocked;
    const struct cause_row *causes;
    const struct stall *stalls;
    size_t blocked_count, cause_count, stall_count;
};

/* Occurrences that share culprit and call. */
struct group {
    const struct frame *where;
    uint64_t where_pc;
    unsigned call;    /* enum lsc_call, 0 none */
    uint32_t extra;   /* a further part of the key, per detector */
    bool by_function; /* lines of one function are one group */
    uint64_t count, total_ns, worst_ns, first_ns, last_ns;
    uint64_t stack_ns; /* of the heaviest stack */
    uint32_t stack;
    uint32_t worst_thread;
    uint32_t threads[GROUP_THREADS_MAX];
    unsigned thread_count, threads_unheld;
    bool in_progress, is_estimated;
    uint8_t fd_kind;
    uint64_t samples, stalls_ns, major_faults;
    uint64_t parts[PART_COUNT];
    uint64_t calls, worst_calls; /* short calls */
    uint64_t hits;               /* samples in the stall being looked at */
    /* The poll of the worst occurrence, see polls.h; 0 unknown. */
    uint32_t task, callback, what;
    uint64_t poll_ns;
};
struct groups {
    struct group *items;
    size_t count, room;
};

/* The group of this culprit, made when new. NULL: full or no memory. */
struct group *group_get(struct groups *groups, const struct group *key);
struct group *group_find(const struct groups *groups, const struct group *key); /* NULL: none */
void group_add_thread(struct group *group, uint32_t thread);
/* Adds an occurrence set: the heaviest stack and the worst thread are remembered. */
void group_add(struct group *group, uint32_t thread, uint32_t stack, uint64_t count,
               uint64_t total_ns, uint64_t worst_ns);
void group_span(struct group *group, uint64_t first_ns, uint64_t last_ns);
/* One of its occurrences, `ns` long, was in this poll. */
void group_add_poll(struct group *group, uint32_t task, uint32_t callback, uint32_t what,
                    uint64_t ns);
void groups_free(struct groups *groups);
/* The culprit of a stack into a group key. */
void group_blame(const struct model *model, uint32_t stack, struct group *key);
/* Observed time of the group's loops. */
uint64_t group_seen_ns(const struct model *model, const struct group *group);

/* A new finding, ranked later. When there are too many the last is reused. NULL: no memory. */
struct finding *finding_new(struct findings *findings, const struct detector *detector);
/* Fills what every finding by group has: numbers, where, entity, severity, facts about thread,
 * share and thresholds. */
void finding_from_group(struct finding *finding, const struct judgement *in,
                        const struct group *group);
void fact_number(struct finding *finding, const char *key, enum fact_unit unit, uint64_t value);
void fact_text(struct finding *finding, const char *key, const char *text);
void facts_of_parts(struct finding *finding, const struct group *group);

/* A sentence that grows: cut, never overflowing, when full. */
struct sentence {
    char *out;
    size_t bytes, used;
};
__attribute__((format(printf, 2, 3))) void say(struct sentence *sentence, const char *format, ...);
void say_threads(struct sentence *sentence, const struct model *model, const struct group *group);
/* The verb that suits what say_threads said. */
const char *was_or_were(const struct model *model, const struct group *group);
/* "3 times, 612 ms in total, at worst 205 ms" or "once, for 205 ms". */
void say_amounts(struct sentence *sentence, const struct group *group);
/* " in runJob (server.js:12)" with `word` before it; nothing when the culprit is unknown. */
void say_where(struct sentence *sentence, const char *word, const struct frame *where, uint64_t pc);

/* Tasks in words, see task_words.c. */
/* " created by main (server.c:80)", with `word` before it: the culprit of a stack, or else a site;
 * nothing when both are unknown. */
void say_place(struct sentence *sentence, const char *word, const struct model *model,
               uint32_t stack, uint32_t site);
/* ", in the read callback of tcp '127.0.0.1:8080', created by main (server.c:80)"; ", the read
 * callback…" when `where` is the callback itself; nothing when no poll is known. */
void say_poll(struct sentence *sentence, const struct model *model, const struct group *group,
              const struct frame *where);
/* The same as facts. */
void facts_of_poll(struct finding *finding, const struct model *model, const struct group *group);
/* "open (fs.c:12)" of a stack's culprit or of a site, into a fact. */
void fact_place(struct finding *finding, const char *key, const struct model *model, uint32_t stack,
                uint32_t site);

/* Loop detectors that found nothing: OK, or NOT_YET when too little was seen. */
enum verdict verdict_of(const struct judgement *in, const struct findings *out, size_t before);

/* Advice and reason by call, functions on the stack and frame kind; see advice.c. */
void advise(struct finding *finding, const struct model *model, unsigned call);

/* The culprits of CPU time, by stack; see hot.c. */
struct hot;
struct hot *hot_new(const struct judgement *in);
void hot_delete(struct hot *hot);
void hot_blame(const struct hot *hot, const struct model *model, uint32_t stack, struct group *key);

#endif

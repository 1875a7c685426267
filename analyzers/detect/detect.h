/* SPDX-License-Identifier: MIT */
/* Detectors: what is wrong with a process, by the model alone. Each detector gives a verdict and
 * any number of findings; the findings of all are ranked and none hides another. The same model
 * always gives the same findings. Not thread-safe. */
#ifndef LSC_DETECT_H
#define LSC_DETECT_H

#include "../model/model.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum verdict { VERDICT_OK, VERDICT_FINDING, VERDICT_NOT_YET /* not enough evidence */ };

/* Severity, in one place. A finding is critical (a warning) when its worst occurrence reaches a
 * multiple of the process' stall threshold, or when it takes a share of the time seen and at least
 * a total; else it is a note. Multiples are in tenths of the threshold, shares in hundredths of a
 * percent.
 *
 * With the default threshold of 20 ms: 200 ms at once is critical, 50 ms a warning, as Clinic
 * Doctor (100 ms) and dial9 (10 and 50 ms a poll) put it for their loops; 10 % of the loop's time
 * and 200 ms in all is critical, 2 % and 100 ms a warning. */
struct severity_rule {
    unsigned critical_worst, critical_share, critical_total;
    unsigned warning_worst, warning_share, warning_total;
    unsigned warning_count; /* fewer occurrences are a note, unless the worst one is critical */
};
extern const struct severity_rule severity_default, severity_starved, severity_saturated,
    severity_late, severity_storm;
enum severity severity_of(const struct severity_rule *rule, uint64_t stall_ns, uint64_t count,
                          uint64_t worst_ns, uint64_t total_ns, uint64_t seen_ns);

/* Of `live` things that are never ended: a few are a note, 64 a warning, and 10 000 critical, ten
 * times the descriptors that a process may have open by default. */
enum severity severity_of_leak(uint64_t live);
/* Of a queue that grows: a warning from the depth on that a queue in use has, critical at 64 times
 * that. */
enum severity severity_of_growth(uint64_t depth, uint64_t in_use);

struct detector;
struct judgement; /* what the detectors read, internal */
struct findings;

struct detector {
    const char *id;
    const char *title; /* a noun phrase */
    const struct severity_rule *defaults;
    const char *reads; /* which evidence, in words */
    enum verdict (*judge)(const struct detector *detector, const struct judgement *in,
                          struct findings *out);
};
#define DETECTOR_COUNT 21
extern const struct detector *const detectors[DETECTOR_COUNT];

/* One number or name that led to a finding. */
enum fact_unit { FACT_NS, FACT_COUNT, FACT_PERCENT /* hundredths */, FACT_TEXT, FACT_YES };
struct fact {
    const char *key; /* static */
    enum fact_unit unit;
    uint64_t value;
    char text[96]; /* untrusted bytes */
};

#define FINDING_FACTS_MAX 32
#define FINDING_TITLE_BYTES 768
#define FINDING_ADVICE_BYTES 768
struct finding {
    const struct detector *detector;
    enum severity severity;
    char title[FINDING_TITLE_BYTES]; /* one sentence; names in it are untrusted bytes */
    char entity[160];                /* likewise: the thread, pool or queue */
    const struct frame *where;       /* culprit, of the model; NULL unknown */
    uint64_t where_pc;
    const char *call;  /* NULL or the call */
    const char *cause; /* static: "blocking-call", "on-cpu", "lock", "page-fault", "starved"… */
    uint64_t count, total_ns, worst_ns, first_ns, last_ns;
    uint64_t seen_ns;        /* what total_ns is a share of */
    uint32_t thread;         /* of the worst occurrence; UINT32_MAX none */
    uint32_t stack;          /* the heaviest stack, 0 none */
    uint32_t task, resource; /* handles of what it is about, 0: none, or not known */
    bool in_progress;
    struct fact facts[FINDING_FACTS_MAX];
    unsigned fact_count;
    const char *why;                     /* why it matters, static */
    const char *advice;                  /* what to try, static */
    char specific[FINDING_ADVICE_BYTES]; /* the same in numbers of this finding, or "" */
};

struct findings {
    struct finding *items; /* ranked: severity, then total */
    size_t count, room;
    enum verdict verdicts[DETECTOR_COUNT];
    size_t unheld; /* findings beyond FINDINGS_MAX, the least of them */
};

/* Judges a process. NULL: out of memory. The caller deletes it; it refers into the model. */
struct findings *findings_of(const struct model *model);
void findings_delete(struct findings *findings);
size_t findings_count(const struct findings *findings, enum severity at_least);

/* A stack with inlined frames in place, innermost first; frames of loopscope's own are left out. */
struct stack_frame {
    const struct frame *frame; /* never NULL */
    uint64_t pc;
};
#define STACK_FRAMES_MAX 256
unsigned stack_frames(const struct model *model, uint32_t stack,
                      struct stack_frame frames[STACK_FRAMES_MAX]);
/* Which frame to blame: the innermost one of the user's script, else of the program's own code,
 * else of a library, else the innermost; of each kind one with a name if there is. -1 for an empty
 * stack. */
int stack_culprit(const struct stack_frame *frames, unsigned count);

/* Words for numbers. `out` gets UTF-8 ("85 µs"). */
#define DURATION_BYTES 32
char *duration_text(char out[DURATION_BYTES], uint64_t ns);
/* The last part of a path. */
const char *path_base(const char *path);
/* A depth of this queue: "46 MB", or a number where it does not count bytes. */
#define AMOUNT_BYTES 32
char *queue_depth_text(char out[AMOUNT_BYTES], const struct model *model,
                       const struct resource_row *row, uint64_t depth);
/* Bytes of it, at most `most`, that cut no character in two. */
int text_cut(struct text text, int most);
/* "tcp '127.0.0.1:8080'": a task by kind and name, or "task 12"; untrusted bytes. `what`: see
 * polls.h, 0 not known. */
void task_name(const struct model *model, uint32_t task, uint32_t what, char *out, size_t bytes);
/* "mutex 'accounts'": a resource by kind and name; untrusted bytes. */
void resource_name(const struct model *model, const struct resource_row *row, char *out,
                   size_t bytes);
/* "open (fs.c:12)": the culprit of a stack or else a site; "" when both are unknown; untrusted. */
void place_text(const struct model *model, uint32_t stack, uint32_t site, char *out, size_t bytes);
/* "libuv thread pool", "pool of worker_main()"… untrusted bytes. */
void pool_name(const struct model *model, const struct pool *pool, char *out, size_t bytes);

#endif

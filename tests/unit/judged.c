/* SPDX-License-Identifier: MIT */
/* One process, judged: see judged.h. */
#include "judged.h"

#include <criterion/criterion.h>
#include <string.h>

struct stream *stream;
struct session *session;
struct findings *findings;

void judged_end(void)
{
    findings_delete(findings);
    session_delete(session);
    stream_delete(stream);
}

void judge(void)
{
    session = stream_apply(stream, 100);
    findings = findings_of(session_model(session, 0));
}

void judge_until(double at_ms)
{
    stream_turn(stream, 0, at_ms, at_ms + 0.1, 0);
    judge();
}

const struct finding *found_nth(const char *detector, unsigned n)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].detector->id, detector) == 0 && n-- == 0)
            return &findings->items[i];
    return NULL;
}

const struct finding *found(const char *detector)
{
    return found_nth(detector, 0);
}

enum verdict verdict(const char *detector)
{
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (strcmp(detectors[i]->id, detector) == 0)
            return findings->verdicts[i];
    cr_assert_fail("no detector %s", detector);
    return VERDICT_OK;
}

uint64_t fact_of(const struct finding *finding, const char *key)
{
    for (unsigned i = 0; i < finding->fact_count; i++)
        if (strcmp(finding->facts[i].key, key) == 0)
            return finding->facts[i].value;
    cr_assert_fail("no fact %s", key);
    return 0;
}

bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

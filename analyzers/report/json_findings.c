/* SPDX-License-Identifier: MIT */
/* The JSON report's findings and verdicts. */
#include "json_parts.h"

static json_t *fact_value(const struct fact *fact)
{
    switch (fact->unit) {
    case FACT_NS:
    case FACT_COUNT:
        return value_number(fact->value);
    case FACT_PERCENT:
        return json_real((double)fact->value / 100.0);
    case FACT_TEXT:
        return value_text(fact->text);
    case FACT_YES:
        return json_true();
    }
    return json_null();
}

static json_t *evidence_object(const struct finding *finding)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < finding->fact_count; i++)
        json_object_set_new(object, finding->facts[i].key, fact_value(&finding->facts[i]));
    return object;
}

static json_t *finding_object(const struct model *model, const struct finding *finding)
{
    static const char *const severities[] = {
        [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_CRITICAL] = "critical"};
    json_t *object = json_object();
    json_object_set_new(object, "detector", value_text(finding->detector->id));
    json_object_set_new(object, "severity", value_text(severities[finding->severity]));
    json_object_set_new(object, "title", value_text(finding->title));
    json_object_set_new(object, "entity", value_text(finding->entity));
    json_object_set_new(object, "where", place_frame(finding->where));
    json_object_set_new(object, "call", finding->call ? value_text(finding->call) : json_null());
    json_object_set_new(object, "cause", value_text(finding->cause));
    json_object_set_new(object, "count", value_number(finding->count));
    json_object_set_new(object, "total_ns", value_number(finding->total_ns));
    json_object_set_new(object, "worst_ns", value_number(finding->worst_ns));
    json_object_set_new(object, "first_ns", value_number(finding->first_ns));
    json_object_set_new(object, "last_ns", value_number(finding->last_ns));
    json_object_set_new(object, "in_progress", json_boolean(finding->in_progress));
    json_object_set_new(object, "stack", place_stack(model, finding->stack));
    json_object_set_new(object, "evidence", evidence_object(finding));
    json_object_set_new(object, "why", value_text(finding->why));
    json_object_set_new(object, "advice", value_text(finding->advice));
    if (finding->specific[0])
        json_object_set_new(object, "advice_in_numbers", value_text(finding->specific));
    return object;
}

json_t *section_findings(const struct judged *judged)
{
    json_t *array = json_array();
    for (size_t i = 0; i < judged->findings->count; i++)
        json_array_append_new(array, finding_object(judged->model, &judged->findings->items[i]));
    return array;
}

json_t *section_verdicts(const struct findings *findings)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok", [VERDICT_FINDING] = "finding", [VERDICT_NOT_YET] = "not-yet"};
    json_t *object = json_object();
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        json_object_set_new(object, detectors[i]->id, value_text(words[findings->verdicts[i]]));
    return object;
}

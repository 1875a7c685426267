/* SPDX-License-Identifier: MIT */
/* The sections of the JSON report, and what they share. Each returns a new reference, or NULL when
 * out of memory. */
#ifndef LSC_JSON_PARTS_H
#define LSC_JSON_PARTS_H

#include "formats.h"
#include "json_value.h"

json_t *section_loops(const struct model *model);
json_t *section_workers(const struct model *model);
/* The busiest and those alive longest; how many more there are is stored in *beyond. */
json_t *section_tasks(const struct model *model, size_t *beyond);
/* Most alive first; likewise. */
json_t *section_task_classes(const struct model *model, size_t *beyond);
json_t *section_queues(const struct model *model);
json_t *section_findings(const struct judged *judged);
json_t *section_verdicts(const struct findings *findings);

json_t *place_string(const struct model *model, uint32_t id);
json_t *place_site(const struct model *model, uint32_t id); /* null when unknown */
json_t *place_resource(const struct model *model, const struct resource_row *row);
json_t *place_frame(const struct frame *frame); /* NULL: one of empty names */
/* A stack's culprit, else a site; null when both are unknown. */
json_t *place_creation(const struct model *model, uint32_t stack, uint32_t site);
json_t *place_stack(const struct model *model, uint32_t stack);

#endif

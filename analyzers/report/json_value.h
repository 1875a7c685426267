/* SPDX-License-Identifier: MIT */
/* Values as the JSON report writes them. Each returns a new reference, or NULL when out of memory.
 */
#ifndef LSC_JSON_VALUE_H
#define LSC_JSON_VALUE_H

#include <jansson.h>
#include <stdint.h>

#include "../model/histogram.h"

json_t *value_number(uint64_t value); /* what JSON's integers cannot hold is cut to the largest */
json_t *value_text(const char *bytes);
json_t *value_ratio(uint64_t hundredths_of_percent);        /* 1 is the whole */
json_t *value_quantiles(const struct histogram *histogram); /* NULL: zeros */

#endif

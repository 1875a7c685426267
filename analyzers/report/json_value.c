/* SPDX-License-Identifier: MIT */
/* Numbers, foreign text and histograms as JSON values. */
#include "json_value.h"

#include <stdbool.h>
#include <string.h>

json_t *value_number(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
static size_t sequence(const unsigned char *at, size_t left)
{
    unsigned lead = at[0];
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xc2 && lead < 0xe0 ? 2
                    : lead >= 0xe0 && lead < 0xf0 ? 3
                    : lead >= 0xf0 && lead < 0xf5 ? 4
                                                  : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool is_overlong = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xf0 && at[1] < 0x90);
    bool is_outside = (lead == 0xed && at[1] >= 0xa0) || (lead == 0xf4 && at[1] >= 0x90);
    return is_overlong || is_outside ? 0 : length;
}

/* Foreign bytes as a JSON string: what is not UTF-8 becomes U+FFFD; control characters are escaped
 * by the JSON library. */
json_t *value_text(const char *bytes)
{
    char out[4096];
    size_t used = 0, length = strnlen(bytes, sizeof(out)), at = 0;
    while (at < length && used + 4 < sizeof(out)) {
        size_t good = sequence((const unsigned char *)bytes + at, length - at);
        if (good) {
            memcpy(out + used, bytes + at, good);
            used += good;
        } else {
            memcpy(out + used, "\xef\xbf\xbd", 3);
            used += 3;
        }
        at += good ? good : 1;
    }
    return json_stringn(out, used);
}

json_t *value_ratio(uint64_t hundredths_of_percent)
{
    return json_real((double)hundredths_of_percent / 10000.0);
}

json_t *value_quantiles(const struct histogram *histogram)
{
    struct quantiles q = {0};
    if (histogram)
        q = histogram_quantiles(histogram);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "p50", value_number(q.p50), "p90",
                     value_number(q.p90), "p99", value_number(q.p99), "p999", value_number(q.p999),
                     "max", value_number(q.max));
}

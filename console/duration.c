/* SPDX-License-Identifier: MIT */
/* Durations, counts and shares as people type and read them: "50ms", "1.5s", "12%", "3m". */
#include "duration.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Largest first, as they are tried when a duration is written. */
static const struct unit {
    const char *name;
    uint64_t ns;
} units[] = {
    {"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
    {"ms", 1000000},      {"us", 1000},       {"ns", 1},
};

/* A decimal number in millionths, so that "1.5ms" is exact. Returns what follows it, or NULL. */
static const char *parse_number(const char *text, __uint128_t *millionths)
{
    __uint128_t value = 0;
    if (!isdigit((unsigned char)*text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++) {
        value = value * 10 + (unsigned)(*text - '0');
        if (value > UINT64_MAX)
            return NULL;
    }
    value *= 1000000;
    if (*text == '.') {
        unsigned weight = 100000;
        text++;
        if (!isdigit((unsigned char)*text))
            return NULL;
        for (; isdigit((unsigned char)*text); text++, weight /= 10)
            value += weight * (unsigned)(*text - '0');
    }
    *millionths = value;
    return text;
}

const char *duration_parse(const char *text, uint64_t *ns)
{
    __uint128_t millionths;
    const char *unit = parse_number(text, &millionths);
    if (!unit)
        return "not a duration such as 50ms";
    if (*unit == '\0')
        return "a duration needs a unit: ns, us, ms, s, m or h, as in 50ms";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        if (millionths / 1000000 > UINT64_MAX / units[i].ns)
            return "too long";
        *ns = (uint64_t)(millionths * units[i].ns / 1000000);
        return NULL;
    }
    return "the units are ns, us, ms, s, m and h";
}

const char *percent_parse(const char *text, uint64_t *hundredths)
{
    __uint128_t millionths;
    const char *rest = parse_number(text, &millionths);
    if (!rest || (*rest != '\0' && strcmp(rest, "%") != 0))
        return "not a percentage such as 80%";
    if (millionths > (__uint128_t)100 * 1000000)
        return "more than 100%";
    *hundredths = (uint64_t)(millionths / 10000);
    return NULL;
}

const char *count_parse(const char *text, uint64_t *count)
{
    __uint128_t millionths;
    const char *rest = parse_number(text, &millionths);
    if (!rest || *rest != '\0' || strchr(text, '.'))
        return "not a whole number";
    *count = (uint64_t)(millionths / 1000000);
    return NULL;
}

/* Three significant digits. */
static char *scaled_text(char *out, size_t out_bytes, double value, const char *unit)
{
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(out, out_bytes, "%.*f %s", decimals, value, unit);
    return out;
}

char *duration_write(char *out, size_t out_bytes, uint64_t ns)
{
    if (ns < 1000) {
        snprintf(out, out_bytes, "%u ns", (unsigned)ns);
        return out;
    }
    size_t i = 2; /* seconds are the largest unit that reports use */
    while (ns < units[i].ns)
        i++;
    return scaled_text(out, out_bytes, (double)ns / (double)units[i].ns, units[i].name);
}

char *age_write(char *out, size_t out_bytes, int64_t ns)
{
    uint64_t seconds = ns < 0 ? 0 : (uint64_t)ns / 1000000000;
    if (seconds < 120)
        snprintf(out, out_bytes, "%us", (unsigned)seconds);
    else if (seconds < 7200)
        snprintf(out, out_bytes, "%um", (unsigned)(seconds / 60));
    else if (seconds < 172800)
        snprintf(out, out_bytes, "%uh", (unsigned)(seconds / 3600));
    else
        snprintf(out, out_bytes, "%ud", (unsigned)(seconds / 86400));
    return out;
}

char *bytes_write(char *out, size_t out_bytes, uint64_t bytes)
{
    static const char *const names[] = {"kB", "MB", "GB", "TB"};
    double value = (double)bytes / 1000;
    size_t i = 0;
    if (bytes < 1000) {
        snprintf(out, out_bytes, "%u B", (unsigned)bytes);
        return out;
    }
    for (; value >= 999.5 && i + 1 < sizeof names / sizeof names[0]; i++)
        value /= 1000;
    return scaled_text(out, out_bytes, value, names[i]);
}

/* SPDX-License-Identifier: MIT */
/* Distributions as strips. */
#include "page_histogram.h"

#include <stdio.h>

#include "console/top/app/cell.h"

#define COLUMNS_MAX 96
#define STEP HISTOGRAM_SUB /* of the axis: so many to each doubling */

/* Where a value stands on the logarithmic axis; within a doubling it is linear. */
static unsigned place_of(uint64_t value)
{
    if (value == 0)
        return 0;
    unsigned octave = 63u - (unsigned)__builtin_clzll(value);
    uint64_t part = octave > HISTOGRAM_SUB_BITS ? value >> (octave - HISTOGRAM_SUB_BITS)
                                                : value << (HISTOGRAM_SUB_BITS - octave);
    return octave * STEP + (unsigned)(part - STEP);
}

static uint64_t lowest_of(unsigned octave, unsigned sub)
{
    return octave ? (uint64_t)(HISTOGRAM_SUB + sub) << (octave - 1) : sub;
}

struct axis {
    unsigned from, to; /* places */
    unsigned columns;
};

static unsigned column_of(const struct axis *axis, uint64_t value)
{
    unsigned place = place_of(value);
    unsigned offset = place > axis->from ? place - axis->from : 0;
    unsigned column = offset * axis->columns / (axis->to - axis->from);
    return column < axis->columns ? column : axis->columns - 1;
}

static void count_columns(const struct histogram *histogram, const struct axis *axis,
                          uint64_t counts[COLUMNS_MAX])
{
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned sub = 0; histogram->octaves[octave] && sub < HISTOGRAM_SUB; sub++) {
            if (histogram->octaves[octave][sub])
                counts[column_of(axis, lowest_of(octave, sub))] += histogram->octaves[octave][sub];
        }
    }
}

static void draw_strip(struct screen *screen, const struct area *place,
                       const struct histogram *histogram, const struct axis *axis,
                       uint64_t limit_ns)
{
    uint64_t counts[COLUMNS_MAX] = {0}, most = 1;
    count_columns(histogram, axis, counts);
    for (unsigned i = 0; i < axis->columns; i++) {
        counts[i] = counts[i] ? 65u - (unsigned)__builtin_clzll(counts[i]) : 0;
        most = counts[i] > most ? counts[i] : most;
    }
    screen_strip(screen, place, counts, axis->columns, most);
    for (unsigned i = 0; i < axis->columns; i++) {
        struct area cell = {place->row, place->column + i, 1, 1};
        unsigned style = i >= column_of(axis, limit_ns) ? STYLE_BAR_HIGH : STYLE_BAR_LOW;
        screen_restyle(screen, &cell, counts[i] ? style : STYLE_BAR_EMPTY);
    }
}

static void draw_quantiles(struct screen *screen, const struct area *line, unsigned indent,
                           const struct histogram *histogram)
{
    struct quantiles q = histogram_quantiles(histogram);
    char p50[DURATION_BYTES], p90[DURATION_BYTES], p99[DURATION_BYTES], max[DURATION_BYTES];
    screen_print(screen, line, 0, indent, STYLE_TEXT, "p50 %s  p90 %s  p99 %s  max %s",
                 words_duration(screen, p50, q.p50), words_duration(screen, p90, q.p90),
                 words_duration(screen, p99, q.p99), words_duration(screen, max, q.max));
}

static void draw_ends(struct screen *screen, const struct area *place,
                      const struct histogram *histogram)
{
    char text[DURATION_BYTES];
    screen_put(screen, place, 0, 0, STYLE_DIM, words_duration(screen, text, histogram->min));
    screen_put_right(screen, place, 0, STYLE_DIM, words_duration(screen, text, histogram->max));
}

void page_histogram(struct page *page, unsigned indent, const char *label,
                    const struct histogram *histogram, uint64_t limit_ns)
{
    struct area line;
    struct axis axis = {.from = place_of(histogram->min) / STEP * STEP,
                        .to = (place_of(histogram->max) / STEP + 1) * STEP};
    bool is_seen = page_row(page, &line);
    if (is_seen)
        screen_put(page->screen, &line, 0, 0, STYLE_DIM, label);
    if (histogram->count == 0) {
        if (is_seen)
            screen_put(page->screen, &line, 0, indent, STYLE_DIM, "none yet");
        return;
    }
    if (is_seen)
        draw_quantiles(page->screen, &line, indent, histogram);
    axis.columns = page->area.columns > indent ? page->area.columns - indent : 1;
    axis.columns = axis.columns < COLUMNS_MAX ? axis.columns : COLUMNS_MAX;
    if (page_row(page, &line)) {
        struct area strip = {line.row, line.column + indent, 1, axis.columns};
        draw_strip(page->screen, &strip, histogram, &axis, limit_ns);
    }
    if (page_row(page, &line)) {
        struct area ends = {line.row, line.column + indent, 1, axis.columns};
        draw_ends(page->screen, &ends, histogram);
    }
}

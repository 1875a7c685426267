/* SPDX-License-Identifier: MIT */
/* Minima of successive windows, and whether they rise. */
#include "growth.h"

/* 67 ms: all windows together just hold the shortest span. */
#define FIRST_SHIFT 26

static uint64_t smaller_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Each two windows become one. */
static void halve(struct growth *growth)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < growth->count; i += 2) {
        uint64_t second = i + 1 < growth->count ? growth->minima[i + 1] : UINT64_MAX;
        growth->minima[count++] = smaller_of(growth->minima[i], second);
    }
    growth->count = count;
    growth->shift++;
}

/* Time passes with the value as it is. */
static void advance(struct growth *growth, uint64_t time_ns)
{
    if (time_ns <= growth->seen_ns)
        return;
    uint64_t since = time_ns - growth->first_ns;
    while (since >> growth->shift >= GROWTH_WINDOWS)
        halve(growth);
    while (growth->count <= since >> growth->shift)
        growth->minima[growth->count++] = growth->value;
    growth->seen_ns = time_ns;
}

/* The least of the windows [from, until). */
static uint64_t least(const struct growth *growth, uint32_t from, uint32_t until)
{
    uint64_t value = UINT64_MAX;
    for (uint32_t i = from; i < until; i++)
        value = smaller_of(value, growth->minima[i]);
    return value;
}

/* Do the windows from `start` on, put together to GROWTH_RISES groups, rise each time? */
static bool rises(const struct growth *growth, uint32_t start, uint32_t count,
                  struct growth_view *view)
{
    uint64_t before = 0;
    for (uint32_t i = 0; i < GROWTH_RISES; i++) {
        uint64_t value =
            least(growth, start + count * i / GROWTH_RISES, start + count * (i + 1) / GROWTH_RISES);
        if (i > 0 && value <= before)
            return false;
        if (i == 0)
            view->first = value;
        before = value;
    }
    view->last = before;
    return true;
}

/* The longest growth up to now. The window that is open says nothing yet. */
static struct growth_view present(const struct growth *growth)
{
    struct growth_view view = {.value = growth->value};
    if (growth->count == 0)
        return view;
    uint32_t complete = growth->count - 1;
    for (uint32_t start = 0; start + GROWTH_RISES <= complete; start++) {
        uint32_t count = complete - start;
        if ((uint64_t)count << growth->shift < GROWTH_SPAN_NS)
            break;
        if (!rises(growth, start, count, &view))
            continue;
        view.is_growing = true;
        view.start_ns = growth->first_ns + ((uint64_t)start << growth->shift);
        view.span_ns = growth->seen_ns - view.start_ns;
        break;
    }
    return view;
}

static uint64_t risen(const struct growth_view *view)
{
    return view->is_growing ? view->last - view->first : 0;
}

void growth_add(struct growth *growth, uint64_t time_ns, uint64_t value)
{
    if (growth->count == 0) {
        *growth = (struct growth){.first_ns = time_ns,
                                  .seen_ns = time_ns,
                                  .value = value,
                                  .count = 1,
                                  .shift = FIRST_SHIFT,
                                  .minima = {value}};
        return;
    }
    advance(growth, time_ns);
    if (value < growth->value / 2) {
        struct growth_view view = present(growth);
        if (risen(&view) > risen(&growth->past))
            growth->past = view;
    }
    uint64_t *open = &growth->minima[growth->count - 1];
    *open = smaller_of(*open, value);
    growth->value = value;
}

void growth_add_past(struct growth *growth, uint64_t since_ns)
{
    for (uint32_t i = 0; i < growth->count; i++)
        if (since_ns <= growth->first_ns + ((uint64_t)i << growth->shift))
            growth->minima[i]++;
    growth->value += growth->count > 0;
}

struct growth_view growth_view(const struct growth *growth, uint64_t now_ns)
{
    struct growth copy = *growth;
    if (copy.count)
        advance(&copy, now_ns);
    struct growth_view view = present(&copy);
    /* A fall in the window that is still open has ended it too. */
    bool goes_on = view.is_growing && view.value >= view.last / 2;
    return goes_on || !copy.past.is_growing ? view : copy.past;
}

uint64_t growth_per_1000_seconds(const struct growth_view *view)
{
    /* From the beginning of the first eighth to that of the last. */
    uint64_t between_ns = view->span_ns - view->span_ns / GROWTH_RISES;
    unsigned __int128 scaled = (unsigned __int128)risen(view) * 1000000000000u;
    if (between_ns == 0)
        return 0;
    scaled /= between_ns;
    return scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled;
}

/* SPDX-License-Identifier: MIT */
/* Where handles and requests are made, and which functions their callbacks are: stacks, kept in
 * small caches, since the same places come again and again. */
#include "note.h"

#include "../unwind.h"

static uint64_t mix(uint64_t value)
{
    value *= UINT64_C(0x9e3779b97f4a7c15);
    return value ^ value >> 32;
}

uint32_t note_function(struct side *side, uintptr_t function)
{
    uint64_t pc = function;
    unsigned place = (unsigned)(mix(pc) % FUNCTIONS_KEPT);
    if (function == 0 || side->epoch != atomic_load_explicit(&side_epoch, memory_order_relaxed))
        return 0;
    if (__builtin_expect(side->functions[place].function != function, 0)) {
        side->functions[place].stack = lsc__stack_intern(&pc, 1, false);
        side->functions[place].function = function;
    }
    uint32_t id = side->functions[place].stack;
    return id >> (64 - LSC_POLL_DELAY_BITS) == 0 ? id : 0;
}

/* The same call at the same depth of the stack inside the same task is taken for the same way
 * there. */
uint32_t note_origin(struct side *side, struct uv_place place)
{
    struct lsc_writer *w = lsc__self;
    uint64_t task =
        w && w->shared ? atomic_load_explicit(&w->shared->current_task, memory_order_relaxed) : 0;
    uint64_t key = mix(mix(place.caller) + place.frame) + (task != 0);
    unsigned at = (unsigned)(mix(key) % ORIGINS_KEPT);
    if (side->origins[at].key != key || side->origins[at].stack == 0) {
        side->origins[at].key = key;
        side->origins[at].stack = unwind_intern_place(self.loop, place.caller);
    }
    return side->origins[at].stack;
}

/* SPDX-License-Identifier: MIT */
/* Which workers are parked, and how many search. */
#include "idle.h"

bool idle_choose_worker(struct idle_workers *idle, uint32_t worker)
{
    uint64_t bit = UINT64_C(1) << worker % 64;
    atomic_fetch_add_explicit(&idle->searching, 1, memory_order_seq_cst);
    if (atomic_fetch_and_explicit(&idle->parked[worker / 64], ~bit, memory_order_seq_cst) & bit)
        return true;
    atomic_fetch_sub_explicit(&idle->searching, 1, memory_order_seq_cst);
    return false;
}

static int choose_any(struct idle_workers *idle)
{
    for (uint32_t i = 0; i < IDLE_WORDS; i++) {
        uint64_t bits = atomic_load_explicit(&idle->parked[i], memory_order_seq_cst);
        while (bits) {
            uint32_t lowest = (uint32_t)__builtin_ctzll(bits);
            uint64_t bit = UINT64_C(1) << lowest;
            bits = atomic_fetch_and_explicit(&idle->parked[i], ~bit, memory_order_seq_cst);
            if (bits & bit)
                return (int)(i * 64 + lowest);
        }
    }
    return -1;
}

int idle_choose(struct idle_workers *idle)
{
    /* A read-modify-write, so that it comes after the task was added in the order of all such. */
    uint32_t searching = atomic_fetch_add_explicit(&idle->searching, 0, memory_order_seq_cst);
    if (searching > 0)
        return -1;
    if (!atomic_compare_exchange_strong_explicit(&idle->searching, &searching, 1,
                                                 memory_order_seq_cst, memory_order_relaxed))
        return -1;
    int chosen = choose_any(idle);
    if (chosen < 0)
        atomic_fetch_sub_explicit(&idle->searching, 1, memory_order_seq_cst);
    return chosen;
}

bool idle_begin_search(struct idle_workers *idle, uint32_t workers)
{
    uint32_t searching = atomic_load_explicit(&idle->searching, memory_order_relaxed);
    uint32_t parked = atomic_load_explicit(&idle->parked_count, memory_order_relaxed);
    if (2 * searching >= (parked < workers ? workers - parked : 1))
        return false;
    atomic_fetch_add_explicit(&idle->searching, 1, memory_order_seq_cst);
    return true;
}

bool idle_end_search(struct idle_workers *idle)
{
    return atomic_fetch_sub_explicit(&idle->searching, 1, memory_order_seq_cst) == 1;
}

void idle_park(struct idle_workers *idle, uint32_t worker)
{
    atomic_fetch_add_explicit(&idle->parked_count, 1, memory_order_relaxed);
    atomic_fetch_or_explicit(&idle->parked[worker / 64], UINT64_C(1) << worker % 64,
                             memory_order_seq_cst);
}

bool idle_unpark(struct idle_workers *idle, uint32_t worker)
{
    uint64_t bit = UINT64_C(1) << worker % 64;
    atomic_fetch_sub_explicit(&idle->parked_count, 1, memory_order_relaxed);
    return atomic_fetch_and_explicit(&idle->parked[worker / 64], ~bit, memory_order_seq_cst) & bit;
}

/* SPDX-License-Identifier: MIT */
/* The counter of records: which one, and what it is worth in nanoseconds.
 *
 * The processor's counter is used only when the processor says that it runs at one rate in every
 * power state AND the kernel itself keeps time by it (it watches the counter against other clocks
 * and between processors, and drops it when it finds it unsound). Otherwise CLOCK_MONOTONIC, at
 * some 20 ns. */
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "clock.h"
#include "state.h"
#include "sys.h"

#define CALIBRATION_NS 200000
/* Beyond this distance between two pairs the later rate is better than the first estimate. */
#define REFINE_NS 1000000

uint32_t lsc__clock_kind = LSC_CLOCK_MONOTONIC;

static struct clock_reading at_start;
/* Nanoseconds per tick and ticks per nanosecond, both times 2^32. */
static _Atomic uint64_t ns_per_tick = UINT64_C(1) << 32;
static _Atomic uint64_t ticks_per_ns = UINT64_C(1) << 32;

static uint64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t lsc__clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

#if defined(__x86_64__)
/* Clock sources of Linux that are this counter, perhaps scaled by a hypervisor. */
static bool kernel_trusts_counter(void)
{
    static const char *const sound[] = {"tsc\n", "kvm-clock\n", "hyperv_clocksource_tsc_page\n"};
    char name[64];
    int fd = (int)sys_openat(AT_FDCWD,
                             "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                             O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    long bytes = sys_read(fd, name, sizeof name - 1);
    sys_close(fd);
    name[bytes > 0 ? bytes : 0] = '\0';
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++)
        if (strcmp(name, sound[i]) == 0)
            return true;
    return false;
}

static enum lsc_clock_kind choose_kind(void)
{
    unsigned a, b, c, d;
    int permission = 0;
    if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || (d & 1u << 8) == 0)
        return LSC_CLOCK_MONOTONIC;
    /* A process may have made the instruction fault. */
    if (sys_prctl(PR_GET_TSC, &permission) == 0 && permission != PR_TSC_ENABLE)
        return LSC_CLOCK_MONOTONIC;
    return kernel_trusts_counter() ? LSC_CLOCK_TSC : LSC_CLOCK_MONOTONIC;
}
#elif defined(__aarch64__)
/* The architecture guarantees one rate; Linux itself keeps time by this counter. */
static enum lsc_clock_kind choose_kind(void)
{
    return LSC_CLOCK_CNTVCT;
}
#endif

struct clock_reading clock_read(void)
{
    struct clock_reading best = {0};
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < 4; i++) {
        uint64_t before = lsc__now();
        uint64_t mono = read_clock(CLOCK_MONOTONIC);
        uint64_t after = lsc__now();
        if (after - before < narrowest) {
            narrowest = after - before;
            best.ticks = before + narrowest / 2;
            best.mono_ns = mono;
        }
    }
    /* Time is then the same number in both fields, so that conversion is exact. */
    if (lsc__clock_kind == LSC_CLOCK_MONOTONIC)
        best.ticks = best.mono_ns;
    best.real_ns = read_clock(CLOCK_REALTIME);
    return best;
}

static uint64_t ratio(uint64_t numerator, uint64_t denominator)
{
    unsigned __int128 scaled = (unsigned __int128)numerator << 32;
    return denominator == 0 ? UINT64_C(1) << 32 : (uint64_t)(scaled / denominator);
}

static void adopt_rate(uint64_t ticks, uint64_t ns)
{
    if (ticks == 0 || ns == 0 || lsc__clock_kind == LSC_CLOCK_MONOTONIC)
        return;
    atomic_store_explicit(&ns_per_tick, ratio(ns, ticks), memory_order_relaxed);
    atomic_store_explicit(&ticks_per_ns, ratio(ticks, ns), memory_order_relaxed);
}

void clock_init(void)
{
    lsc__clock_kind = choose_kind();
    at_start = clock_read();
}

uint64_t clock_calibrate(struct clock_reading *now)
{
    do
        *now = clock_read();
    while (lsc__clock_kind != LSC_CLOCK_MONOTONIC &&
           now->mono_ns - at_start.mono_ns < CALIBRATION_NS);
    adopt_rate(now->ticks - at_start.ticks, now->mono_ns - at_start.mono_ns);
    return lsc__ticks_from_ns(1000000000);
}

static uint64_t scale(uint64_t value, uint64_t factor)
{
    unsigned __int128 product = (unsigned __int128)value * factor >> 32;
    return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

uint64_t lsc__ticks_from_ns(uint64_t ns)
{
    return scale(ns, atomic_load_explicit(&ticks_per_ns, memory_order_relaxed));
}

uint64_t lsc__ns_from_ticks(uint64_t ticks)
{
    return scale(ticks, atomic_load_explicit(&ns_per_tick, memory_order_relaxed));
}

void clock_pair_store(struct lsc_clock_pair *pair, const struct clock_reading *reading)
{
    uint32_t seq = atomic_load_explicit(&pair->seq, memory_order_relaxed);
    /* Odd: another thread is refreshing it at this moment, which is as good. */
    if (seq % 2 != 0 || !atomic_compare_exchange_strong_explicit(
                            &pair->seq, &seq, seq + 1, memory_order_relaxed, memory_order_relaxed))
        return;
    lsc__release_fence(); /* pairs with the reader's second look at seq */
    atomic_store_explicit(&pair->ticks, reading->ticks, memory_order_relaxed);
    atomic_store_explicit(&pair->mono_ns, reading->mono_ns, memory_order_relaxed);
    atomic_store_explicit(&pair->real_ns, reading->real_ns, memory_order_relaxed);
    atomic_store_explicit(&pair->seq, seq + 2, memory_order_release);
}

void lsc__clock_refresh(void)
{
    struct lsc_segment_header *header = lsc__segment;
    if (header == NULL || *lsc__fork_canary == 0)
        return;
    struct clock_reading now = clock_read();
    clock_pair_store(&header->clock_latest, &now);
    if (now.mono_ns - at_start.mono_ns > REFINE_NS)
        adopt_rate(now.ticks - at_start.ticks, now.mono_ns - at_start.mono_ns);
}

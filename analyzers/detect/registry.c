/* SPDX-License-Identifier: MIT */
/* The registry of detectors. */
#include "registry.h"

const struct detector *const detectors[DETECTOR_COUNT] = {
    &detector_blocking_call,     &detector_short_calls,   &detector_cpu_stall,
    &detector_lock_stall,        &detector_fault_stall,   &detector_starved,
    &detector_queue_saturated,   &detector_queue_growing, &detector_timer_late,
    &detector_task_leak,         &detector_wake_storm,    &detector_deadlock,
    &detector_cancelled_holding, &detector_lost_wakeup,   &detector_lock_convoy,
    &detector_lock_across_await, &detector_slow_wakeup,   &detector_never_yields,
    &detector_busy_poll,         &detector_livelock,      &detector_worker_imbalance,
};

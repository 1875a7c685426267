/* SPDX-License-Identifier: MIT */
/* Every detector, declared once. To add one: write its file, declare it here, list it in registry.c
 * and raise DETECTOR_COUNT. */
#ifndef LSC_DETECT_REGISTRY_H
#define LSC_DETECT_REGISTRY_H

#include "detect.h"

extern const struct detector detector_blocking_call;
extern const struct detector detector_lock_stall;
extern const struct detector detector_short_calls;
extern const struct detector detector_cpu_stall;
extern const struct detector detector_fault_stall;
extern const struct detector detector_starved;
extern const struct detector detector_queue_saturated;
extern const struct detector detector_queue_growing;
extern const struct detector detector_timer_late;
extern const struct detector detector_task_leak;
extern const struct detector detector_wake_storm;
extern const struct detector detector_deadlock;
extern const struct detector detector_cancelled_holding;
extern const struct detector detector_lost_wakeup;
extern const struct detector detector_lock_convoy;
extern const struct detector detector_lock_across_await;
extern const struct detector detector_slow_wakeup;
extern const struct detector detector_never_yields;
extern const struct detector detector_busy_poll;
extern const struct detector detector_livelock;
extern const struct detector detector_worker_imbalance;

#endif

// SPDX-License-Identifier: MIT
// The defects that the programs plant, and what they say about them: which thread, how long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub const TICK: Duration = Duration::from_millis(10);
pub const REST: Duration = Duration::from_millis(1200);

static SUM: AtomicU64 = AtomicU64::new(0);

/// Sleeps the thread, which is what an async task must never do.
#[inline(never)]
pub fn sleep_on_worker(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
    SUM.fetch_add(1, Ordering::Relaxed); // keeps the sleep from being a tail call
}

/// Keeps the processor for `ms` without ever awaiting.
#[inline(never)]
pub fn spin_on_worker(ms: u64) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(ms) {
        for i in 0..2000u64 {
            SUM.fetch_add(i, Ordering::Relaxed);
        }
    }
}

/// Plants what `scenario` asks for and prints where and how long it was.
#[inline(never)]
pub fn plant(scenario: &str) {
    let start = Instant::now();
    match scenario {
        "sleep" => sleep_on_worker(60),
        "spin" => spin_on_worker(90),
        _ => return,
    }
    println!("planted tid={} ns={}", thread_id(), start.elapsed().as_nanos());
}

fn thread_id() -> String {
    let link = std::fs::read_link("/proc/thread-self").expect("procfs");
    link.file_name().expect("a thread").to_string_lossy().into_owned()
}

pub fn argument(n: usize) -> String {
    std::env::args().nth(n).unwrap_or_default()
}

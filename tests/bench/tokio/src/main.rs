// SPDX-License-Identifier: MIT
//! The programs of tests/bench/executor.c and executor_net.c, written for Tokio: the same titles, the
//! same counts, medians of the rounds.
//!
//!     tokio-bench [--short] [--workers N]
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

const YIELDERS: u64 = 64;
const PRODUCERS: u64 = 8;

async fn spawn_join(count: u64) {
    for _ in 0..count {
        tokio::spawn(async {}).await.unwrap();
    }
}

async fn spawn_many(count: u64) {
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(async {})).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn yields(count: u64) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

async fn yield_many(count: u64) {
    let tasks: Vec<_> = (0..YIELDERS).map(|_| tokio::spawn(yields(count / YIELDERS))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Arms long timers and cuts them short, among many others.
async fn timer_churn(count: u64) {
    let sleep = |i: u64| tokio::time::sleep(Duration::from_millis(100_000 + i * 7919 % 65536));
    let tasks: Vec<_> = (0..count).map(|i| tokio::spawn(async move { sleep(i).await })).collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        assert!(task.await.unwrap_err().is_cancelled());
    }
}

async fn ping_pong(count: u64) {
    let (to, mut from) = mpsc::channel::<u64>(1);
    let (back, mut answers) = mpsc::channel::<u64>(1);
    let echo = tokio::spawn(async move {
        while let Some(value) = from.recv().await {
            back.send(value).await.unwrap();
        }
    });
    for i in 0..count {
        to.send(i).await.unwrap();
        assert_eq!(answers.recv().await, Some(i));
    }
    drop(to);
    echo.await.unwrap();
}

async fn many_producers(count: u64) {
    let (to, mut from) = mpsc::channel::<u64>(64);
    for _ in 0..PRODUCERS {
        let to = to.clone();
        tokio::spawn(async move {
            for i in 0..count / PRODUCERS {
                to.send(i).await.unwrap();
            }
        });
    }
    drop(to);
    let mut received = 0;
    while from.recv().await.is_some() {
        received += 1;
    }
    assert_eq!(received, count / PRODUCERS * PRODUCERS);
}

async fn serve(mut stream: TcpStream) {
    let mut bytes = [0u8; 64];
    loop {
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(length) => stream.write_all(&bytes[..length]).await.unwrap(),
        }
    }
}

async fn ask(address: std::net::SocketAddr, count: u64) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut bytes = [7u8; 64];
    stream.set_nodelay(true).unwrap();
    for _ in 0..count {
        stream.write_all(&bytes).await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
    }
}

async fn echo(count: u64, connections: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(serve(stream));
        }
    });
    let each = count / connections;
    let clients: Vec<_> = (0..connections).map(|_| tokio::spawn(ask(address, each))).collect();
    for client in clients {
        client.await.unwrap();
    }
    server.abort();
}

struct Bench {
    runtime: Runtime,
    scale: u64,
}

impl Bench {
    fn measure<F, P>(&self, title: &str, count: u64, program: P)
    where
        F: Future<Output = ()> + Send + 'static,
        P: Fn(u64) -> F,
    {
        let count = count / self.scale;
        let rounds = if self.scale > 1 { 3 } else { 15 };
        let mut samples: Vec<f64> = (0..=rounds)
            .map(|_| {
                let began = Instant::now();
                // On a worker, as the executor's root task is.
                self.runtime.block_on(async { tokio::spawn(program(count)).await.unwrap() });
                began.elapsed().as_nanos() as f64 / count as f64
            })
            .skip(1)
            .collect();
        samples.sort_by(f64::total_cmp);
        println!("{:<28} {:8.1} ns", title, samples[samples.len() / 2]);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|a| a == flag);
    let workers = after("--workers").map_or(1, |at| arguments[at + 1].parse().unwrap());
    let mut builder =
        if workers == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if workers > 1 {
        builder.worker_threads(workers);
    }
    let runtime = builder.enable_all().build().unwrap();
    let bench = Bench { runtime, scale: if after("--short").is_some() { 20 } else { 1 } };
    bench.measure("spawn and join, one by one", 400_000, spawn_join);
    bench.measure("spawn and join, in a scope", 400_000, spawn_many);
    bench.measure("yield, alone", 2_000_000, yields);
    bench.measure("yield, 64 tasks", 2_000_000, yield_many);
    bench.measure("timer armed and cancelled", 100_000, timer_churn);
    bench.measure("mpsc ping-pong", 400_000, ping_pong);
    bench.measure("mpsc, 8 producers", 1_600_000, many_producers);
    bench.measure("TCP echo, 1 connection", 40_000, |count| echo(count, 1));
    bench.measure("TCP echo, 64 connections", 128_000, |count| echo(count, 64));
    bench.measure("TCP echo, 1000 connections", 200_000, |count| echo(count, 1000));
}

// SPDX-License-Identifier: MIT
// on_tokio current|multi rest|load|sleep|spin: timers, an echo server under load if asked, and
// one planted defect if asked, on a current-thread or a multi-threaded Tokio runtime.

#[path = "../plant.rs"]
mod plant;

use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn tick_until(end: Instant) {
    while Instant::now() < end {
        tokio::time::sleep(plant::TICK).await;
    }
}

async fn echo(mut peer: TcpStream) {
    let mut buffer = [0u8; 64];
    while let Ok(n) = peer.read(&mut buffer).await {
        if n == 0 || peer.write_all(&buffer[..n]).await.is_err() {
            break;
        }
    }
}

async fn ask_until(address: std::net::SocketAddr, end: Instant) -> u64 {
    let mut peer = TcpStream::connect(address).await.expect("connect");
    let mut buffer = [7u8; 64];
    let mut trips = 0;
    while Instant::now() < end {
        peer.write_all(&buffer).await.expect("write");
        peer.read_exact(&mut buffer).await.expect("read");
        trips += 1;
    }
    trips
}

async fn load_until(end: Instant) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            tokio::spawn(echo(peer));
        }
    });
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(ask_until(address, end))).collect();
    for client in clients {
        assert!(client.await.expect("client") > 0);
    }
}

async fn serve(scenario: String) {
    let end = Instant::now() + plant::REST;
    let ticks = tokio::spawn(tick_until(end));
    match scenario.as_str() {
        "load" => load_until(end).await,
        _ => {
            tokio::time::sleep(plant::REST / 2).await;
            tokio::spawn(async move { plant::plant(&scenario) }).await.expect("plant");
        }
    }
    ticks.await.expect("ticks");
    println!("done");
}

fn main() {
    let mut builder = match plant::argument(1).as_str() {
        "current" => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(3).enable_all().build().expect("runtime");
    runtime.block_on(serve(plant::argument(2)));
}

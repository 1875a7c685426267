// SPDX-License-Identifier: MIT
// What each program does, whatever it runs on: timers, an echo server under load if asked, and one
// planted defect if asked. A program's own module `runtime` says how to spawn, sleep and connect.

use crate::plant;
use crate::runtime::{sleep, spawn, spawn_detached, ReadExt, TcpListener, TcpStream, WriteExt};
use std::time::Instant;

async fn tick_until(end: Instant) {
    while Instant::now() < end {
        sleep(plant::TICK).await;
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
    spawn_detached(async move {
        while let Ok((peer, _)) = listener.accept().await {
            spawn_detached(echo(peer));
        }
    });
    let clients: Vec<_> = (0..8).map(|_| spawn(ask_until(address, end))).collect();
    for client in clients {
        assert!(client.await > 0);
    }
}

pub async fn serve(scenario: String) {
    let end = Instant::now() + plant::REST;
    let ticks = spawn(tick_until(end));
    match scenario.as_str() {
        "load" => load_until(end).await,
        _ => {
            sleep(plant::REST / 2).await;
            spawn(async move { plant::plant(&scenario) }).await;
        }
    }
    ticks.await;
    println!("done");
}

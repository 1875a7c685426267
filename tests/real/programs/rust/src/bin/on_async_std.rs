// SPDX-License-Identifier: MIT
// on_async_std rest|load|sleep|spin: the scenarios on async-std.

#[path = "../plant.rs"]
mod plant;
#[path = "../scenario.rs"]
mod scenario;

mod runtime {
    pub use async_std::io::{ReadExt, WriteExt};
    pub use async_std::net::{TcpListener, TcpStream};
    pub use async_std::task::{sleep, spawn, spawn as spawn_detached};
}

fn main() {
    async_std::task::block_on(scenario::serve(plant::argument(1)));
}

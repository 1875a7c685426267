// SPDX-License-Identifier: MIT
// on_smol rest|load|sleep|spin: the scenarios on smol's global executor.

#[path = "../plant.rs"]
mod plant;
#[path = "../scenario.rs"]
mod scenario;

mod runtime {
    pub use smol::io::{AsyncReadExt as ReadExt, AsyncWriteExt as WriteExt};
    pub use smol::net::{TcpListener, TcpStream};
    pub use smol::spawn;
    use std::future::Future;

    pub async fn sleep(time: std::time::Duration) {
        smol::Timer::after(time).await;
    }

    pub fn spawn_detached(task: impl Future<Output = ()> + Send + 'static) {
        spawn(task).detach();
    }
}

fn main() {
    std::env::set_var("SMOL_THREADS", "2");
    smol::block_on(scenario::serve(plant::argument(1)));
}

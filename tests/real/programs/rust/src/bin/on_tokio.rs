// SPDX-License-Identifier: MIT
// on_tokio current|multi rest|load|sleep|spin: the scenarios on a current-thread or a
// multi-threaded Tokio runtime.

#[path = "../plant.rs"]
mod plant;
#[path = "../scenario.rs"]
mod scenario;

mod runtime {
    use std::future::Future;
    pub use tokio::io::{AsyncReadExt as ReadExt, AsyncWriteExt as WriteExt};
    pub use tokio::net::{TcpListener, TcpStream};
    pub use tokio::spawn as spawn_detached;
    pub use tokio::time::sleep;

    pub fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let handle = tokio::spawn(task);
        async { handle.await.expect("a task that ends") }
    }
}

fn main() {
    let mut builder = match plant::argument(1).as_str() {
        "current" => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(3).enable_all().build().expect("runtime");
    runtime.block_on(scenario::serve(plant::argument(2)));
}

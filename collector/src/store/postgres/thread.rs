//! Threads that have a runtime of their own: what runs there does not wait while requests are read,
//! nor are those read later because of it.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::runtime;

/// A thread that runs until its work is done. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Thread(Arc<Mutex<Option<JoinHandle<()>>>>);

impl Thread {
    /// Starts it. Without the thread the work is dropped, and whoever asks for it learns that the
    /// store is closed.
    pub(super) fn start<W>(name: &str, work: impl FnOnce() -> W + Send + 'static) -> Thread
    where
        W: Future<Output = ()>,
    {
        let run = move || match runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(async { work().await }),
            Err(error) => tracing::error!(%error, "a thread has no runtime"),
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        let started = thread.inspect_err(|error| tracing::error!(%error, name, "no thread"));
        Thread(Arc::new(Mutex::new(started.ok())))
    }

    /// Returns when its work is done; whoever calls this once more does not wait again.
    pub(super) async fn end(&self) {
        let thread = self.0.lock().ok().and_then(|mut thread| thread.take());
        let _ = tokio::task::spawn_blocking(|| thread.map(JoinHandle::join)).await;
    }
}

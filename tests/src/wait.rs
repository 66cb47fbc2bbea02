//! Waiting on conditions.

use std::time::{Duration, Instant};

/// Longest wait: far more than anything here takes, so that only what never happens fails.
const LONGEST: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until something is there.
///
/// # Panics
/// When it never is; `what` names it.
pub async fn wait_for<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < LONGEST, "waited in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until something is so.
///
/// # Panics
/// When it never is; `what` names it.
pub async fn wait_until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    wait_for(what, async || so().await.then_some(())).await;
}

//! How many connections are served at the same time, and which of them makes room for another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::Metrics;

/// The places for connections. When all are taken, the connection that has been without a request
/// for longest makes room: a browser that keeps one open, or somebody who only opens them.
pub(super) struct Places {
    max: usize,
    start: Instant,
    held: Mutex<Held>,
    open: Gauge,
    turned_away: Counter,
}

#[derive(Default)]
struct Held {
    next: u64,
    by_number: HashMap<u64, Arc<Place>>,
}

/// The place of one connection; free again when dropped by the connection's task.
pub(super) struct Place {
    number: u64,
    places: Arc<Places>,
    /// Requests whose head has arrived.
    requests: AtomicU32,
    /// Those of them that have been answered.
    answered: AtomicU32,
    /// When it was taken or last ended a request, in milliseconds since the start.
    used_ms: AtomicU64,
    called: Notify,
    /// Whether it is called to leave at once.
    is_vacated: AtomicBool,
}

/// What the task of a connection is called to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// Leave at once: another connection needs the place.
    Leave,
    /// Finish what has begun, and take nothing more.
    Finish,
}

/// Keeps a [`Place`] until the connection's task ends.
pub(super) struct Tenant(pub(super) Arc<Place>);

impl Places {
    /// So many places, counted for operators.
    pub(super) fn new(max: usize, metrics: &Metrics) -> Arc<Places> {
        let (open, turned_away) = (metrics.connections.clone(), metrics.turned_away.clone());
        Arc::new(Places { max, start: Instant::now(), held: Mutex::default(), open, turned_away })
    }

    /// A place; `None` when every connection is being served.
    pub(super) fn take(self: &Arc<Self>) -> Option<Tenant> {
        let mut held = self.lock();
        if held.by_number.len() >= self.max {
            let idle = held.by_number.values().filter(|place| !place.is_serving());
            let longest = idle.min_by_key(|place| place.used_ms.load(Ordering::Relaxed)).cloned();
            let Some(longest) = longest else {
                self.turned_away.inc();
                return None;
            };
            held.by_number.remove(&longest.number);
            longest.is_vacated.store(true, Ordering::Relaxed);
            longest.called.notify_one();
        }
        let number = held.next;
        held.next += 1;
        let place = Arc::new(Place {
            number,
            places: self.clone(),
            requests: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            used_ms: AtomicU64::new(self.now_ms()),
            called: Notify::new(),
            is_vacated: AtomicBool::new(false),
        });
        held.by_number.insert(number, place.clone());
        self.open.inc();
        Some(Tenant(place))
    }

    /// Calls all connections to finish.
    pub(super) fn close(&self) {
        self.lock().by_number.values().for_each(|place| place.called.notify_one());
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while holding the lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The head of a request has arrived.
    pub(super) fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A request is answered.
    pub(super) fn end(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.used_ms.store(self.places.now_ms(), Ordering::Relaxed);
    }

    /// How many requests have begun.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether a request is being answered.
    pub(super) fn is_serving(&self) -> bool {
        self.requests() != self.answered.load(Ordering::Relaxed)
    }

    /// Since when there was no request, when there is none.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let used = Duration::from_millis(self.used_ms.load(Ordering::Relaxed));
        (!self.is_serving()).then(|| self.places.start + used)
    }

    /// Waits until the connection has to end.
    pub(super) async fn called(&self) -> Call {
        self.called.notified().await;
        if self.is_vacated.load(Ordering::Relaxed) { Call::Leave } else { Call::Finish }
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.0.places.lock().by_number.remove(&self.0.number);
        self.0.places.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_idle_makes_room_and_who_is_served_stays() {
        let places = Places::new(2, &Metrics::new());
        let [first, second] = [(); 2].map(|()| places.take().expect("a free place"));
        first.0.begin();
        let third = places.take().expect("the second makes room");
        assert_eq!(second.0.called().await, Call::Leave);
        third.0.begin();
        assert!(places.take().is_none(), "both are being served");
        first.0.end();
        let fourth = places.take().expect("the first makes room");
        assert_eq!(first.0.called().await, Call::Leave);
        places.close();
        assert_eq!(third.0.called().await, Call::Finish);
        drop((first, second, third, fourth));
        assert_eq!(places.lock().by_number.len(), 0);
    }
}

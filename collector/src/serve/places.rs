//! How many connections are served at the same time, how much they may hold of requests that are
//! not answered yet, and which of them makes room for another.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::Metrics;

/// Most bytes of unanswered requests that are held for all connections together, heads and bodies:
/// of each what goes beyond [`FREE_BYTES`].
const HELD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What each may hold without being counted: nearly every request is smaller.
const FREE_BYTES: usize = 4 * 1024;
/// Most that is counted for one. None holds more: a file that is imported goes to the disk, and of
/// what is too large the rest is thrown away as it comes.
const SHARE_BYTES_MAX: usize = 1024 * 1024;
/// What a header takes beside its bytes, in the table of its request.
const HEADER_BYTES: usize = 128;

/// The places for connections. When all are taken, the connection that has been without a request
/// for longest makes room: a browser that keeps one open, or somebody who only opens them. When too
/// much is held of requests that are not answered, those make room that held most for longest.
pub(super) struct Places {
    max: usize,
    start: Instant,
    /// What is counted of all unanswered requests, in bytes.
    counted: AtomicUsize,
    taken: Mutex<Taken>,
    open: Gauge,
    turned_away: Counter,
}

#[derive(Default)]
struct Taken {
    next: u64,
    by_number: HashMap<u64, Arc<Place>>,
}

/// The place of one connection; free again when dropped by the connection's task.
pub(super) struct Place {
    number: u64,
    places: Arc<Places>,
    /// Requests whose head has arrived.
    requests: AtomicU32,
    /// What is done for the last of them: one of the phases below.
    phase: AtomicU8,
    /// When it was taken or last ended a request, in milliseconds since the start.
    used_ms: AtomicU64,
    /// Bytes that arrived of a request which is not answered, and what is counted of them.
    unanswered: AtomicUsize,
    counted: AtomicUsize,
    /// Since when something is counted, in milliseconds since the start.
    counted_ms: AtomicU64,
    called: Notify,
    /// Whether it is called to leave at once.
    is_vacated: AtomicBool,
}

/// No request is there, or not its whole head.
const IDLE: u8 = 0;
/// The answer to a request is being made.
const ASKED: u8 = 1;
/// The answer is being sent; what arrives meanwhile goes where the answer comes from.
const ANSWERING: u8 = 2;

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
        Arc::new(Places {
            max,
            start: Instant::now(),
            counted: AtomicUsize::new(0),
            taken: Mutex::default(),
            open,
            turned_away,
        })
    }

    /// A place; `None` when every connection is being served.
    pub(super) fn take(self: &Arc<Self>) -> Option<Tenant> {
        let mut taken = self.lock();
        if taken.by_number.len() >= self.max {
            let idle = taken.by_number.values().filter(|place| !place.is_serving());
            let longest = idle.min_by_key(|place| place.used_ms.load(Ordering::Relaxed)).cloned();
            let Some(longest) = longest else {
                self.turned_away.inc();
                return None;
            };
            taken.vacate(&longest);
        }
        let number = taken.next;
        taken.next += 1;
        let place = Arc::new(Place {
            number,
            places: self.clone(),
            requests: AtomicU32::new(0),
            phase: AtomicU8::new(IDLE),
            used_ms: AtomicU64::new(self.now_ms()),
            unanswered: AtomicUsize::new(0),
            counted: AtomicUsize::new(0),
            counted_ms: AtomicU64::new(0),
            called: Notify::new(),
            is_vacated: AtomicBool::new(false),
        });
        taken.by_number.insert(number, place.clone());
        self.open.inc();
        Some(Tenant(place))
    }

    /// Calls all connections to finish.
    pub(super) fn close(&self) {
        self.lock().by_number.values().for_each(|place| place.called.notify_one());
    }

    /// Counts more bytes, and has somebody leave when that makes them too many.
    fn count(&self, more: usize) {
        let before = self.counted.fetch_add(more, Ordering::Relaxed);
        if before <= HELD_BYTES_MAX && before + more > HELD_BYTES_MAX {
            self.relieve();
        }
    }

    /// Calls those to leave who held most for longest, until half of what may be held is free.
    /// They go on being counted until they have left.
    fn relieve(&self) {
        let mut taken = self.lock();
        let now_ms = self.now_ms();
        let holding = taken.by_number.values().map(|place| (place.counted(), place.clone()));
        let mut holding: Vec<_> = holding.filter(|(counted, _)| *counted > 0).collect();
        let mut staying: usize = holding.iter().map(|(counted, _)| counted).sum();
        holding.sort_by_cached_key(|(counted, place)| Reverse(place.weight(*counted, now_ms)));
        for (counted, place) in holding {
            if staying <= HELD_BYTES_MAX / 2 {
                break;
            }
            staying -= counted;
            taken.vacate(&place);
            self.turned_away.inc();
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while holding the lock.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Calls the task of a place to leave, which is free for another now.
    fn vacate(&mut self, place: &Place) {
        self.by_number.remove(&place.number);
        place.is_vacated.store(true, Ordering::Relaxed);
        place.called.notify_one();
    }
}

/// Only the task of its connection changes what is known of a place, except that it is vacated: no
/// two changes can meet.
impl Place {
    /// Whether more may be read: always, as long as that is little.
    pub(super) fn may_read(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) < FREE_BYTES
            || self.places.counted.load(Ordering::Relaxed) <= HELD_BYTES_MAX
    }

    /// Bytes have arrived.
    pub(super) fn arrived(&self, bytes: usize) {
        if self.phase.load(Ordering::Relaxed) == ANSWERING {
            return;
        }
        let unanswered = self.unanswered() + bytes;
        self.unanswered.store(unanswered, Ordering::Relaxed);
        if unanswered > FREE_BYTES {
            self.count((unanswered - FREE_BYTES).min(SHARE_BYTES_MAX));
        }
    }

    /// The head of a request has arrived, with so many headers.
    pub(super) fn begin(&self, headers: usize) {
        self.requests.store(self.requests().wrapping_add(1), Ordering::Relaxed);
        self.phase.store(ASKED, Ordering::Relaxed);
        self.arrived(headers * HEADER_BYTES);
    }

    /// An answer is there: what was held for it is needed no more.
    pub(super) fn answered(&self) {
        self.phase.store(ANSWERING, Ordering::Relaxed);
        self.unanswered.store(0, Ordering::Relaxed);
        if self.counted() > 0 {
            self.uncount();
        }
    }

    /// The answer has been sent.
    pub(super) fn end(&self) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.used_ms.store(self.places.now_ms(), Ordering::Relaxed);
    }

    /// Bytes that arrived of a request which is not answered.
    pub(super) fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    fn counted(&self) -> usize {
        self.counted.load(Ordering::Relaxed)
    }

    #[cold]
    fn count(&self, counted: usize) {
        let before = self.counted();
        if before == 0 {
            self.counted_ms.store(self.places.now_ms(), Ordering::Relaxed);
        }
        self.counted.store(counted, Ordering::Relaxed);
        self.places.count(counted - before);
    }

    #[cold]
    fn uncount(&self) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        self.places.counted.fetch_sub(counted, Ordering::Relaxed);
    }

    /// How much is counted for how long, as of now.
    fn weight(&self, counted: usize, now_ms: u64) -> u64 {
        let since_ms = now_ms.saturating_sub(self.counted_ms.load(Ordering::Relaxed));
        (counted as u64).saturating_mul(since_ms + 1)
    }

    /// How many requests have begun.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether a request is being answered.
    pub(super) fn is_serving(&self) -> bool {
        self.phase.load(Ordering::Relaxed) != IDLE
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
        self.0.uncount();
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
        first.0.begin(0);
        let third = places.take().expect("the second makes room");
        assert_eq!(second.0.called().await, Call::Leave);
        third.0.begin(0);
        assert!(places.take().is_none(), "both are being served");
        first.0.end();
        let fourth = places.take().expect("the first makes room");
        assert_eq!(first.0.called().await, Call::Leave);
        places.close();
        assert_eq!(third.0.called().await, Call::Finish);
        drop((first, second, third, fourth));
        assert_eq!(places.lock().by_number.len(), 0);
    }
    /// Places of a collector that was started ten seconds ago.
    fn old_places() -> Arc<Places> {
        let mut places = Places::new(100, &Metrics::new());
        let new = Arc::get_mut(&mut places).expect("nobody else has it yet");
        new.start = new.start.checked_sub(Duration::from_secs(10)).expect("a clock that ran");
        places
    }

    fn holding(places: &Arc<Places>, bytes: usize) -> Tenant {
        let tenant = places.take().expect("a free place");
        tenant.0.arrived(FREE_BYTES + bytes);
        tenant
    }

    fn may_stay(tenant: &Tenant) -> bool {
        !tenant.0.is_vacated.load(Ordering::Relaxed)
    }

    #[test]
    fn who_held_most_for_longest_makes_room() {
        let places = old_places();
        let half = SHARE_BYTES_MAX / 2;
        let old: Vec<_> = (0..4).map(|_| holding(&places, half)).collect();
        old.iter().for_each(|tenant| tenant.0.counted_ms.store(0, Ordering::Relaxed));
        let large: Vec<_> = (0..14).map(|_| holding(&places, 2 * SHARE_BYTES_MAX)).collect();
        let little = holding(&places, 0);
        assert_eq!(places.counted.load(Ordering::Relaxed), HELD_BYTES_MAX);
        assert!(old.iter().chain(&large).all(|tenant| tenant.0.may_read() && may_stay(tenant)));

        let last = holding(&places, 1);
        assert!(!old.iter().any(may_stay), "they held something for longest");
        assert_eq!(large.iter().filter(|tenant| may_stay(tenant)).count(), 7, "half is free");
        assert!(may_stay(&last) && may_stay(&little), "they hold little");
        let has_to_wait = |tenant: &Tenant| !tenant.0.may_read();
        assert!(large.iter().all(has_to_wait) && has_to_wait(&last), "nobody has left yet");
        assert!(places.take().expect("a free place").0.may_read(), "a small request never waits");
        drop(old);
        assert!(!has_to_wait(&last), "there is room");
        drop((large, little, last));
        assert_eq!(places.counted.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_was_answered_or_is_passed_on_holds_nothing() {
        let places = old_places();
        let tenant = holding(&places, 7);
        tenant.0.begin(10);
        assert_eq!(places.counted.load(Ordering::Relaxed), 7 + 10 * HEADER_BYTES);
        tenant.0.answered();
        assert_eq!(places.counted.load(Ordering::Relaxed), 0);
        tenant.0.arrived(SHARE_BYTES_MAX);
        assert!(places.counted.load(Ordering::Relaxed) == 0 && tenant.0.is_serving());
        tenant.0.end();
        tenant.0.arrived(FREE_BYTES + 1);
        assert!(places.counted.load(Ordering::Relaxed) == 1 && !tenant.0.is_serving());
    }
}

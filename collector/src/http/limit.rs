//! How much one client, one respondent and one site may post, and how often one may try to sign in.
//!
//! Everybody in an office shares an address, so the limit of an address is generous; a respondent
//! is one person, so that of a respondent is strict. What is counted is kept in memory only.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::problem::Problem;

/// A burst may be so many times the rate.
const BURST: u32 = 10;
/// And at least so many, or a full list would never pass.
const BURST_MIN: u32 = 50;
/// Posts of one respondent: a showing takes about three.
const RESPONDENT_BURST: u32 = 30;
const RESPONDENT_PER_SECOND: u32 = 1;
/// Tries to sign in from one address, and how long until there is one more.
const SIGN_INS_BURST: u32 = 10;
const SIGN_IN_EVERY: Duration = Duration::from_secs(10);
/// Those remembered before they are looked through for who has been quiet, and how often that is.
const KEYS_MAX: usize = 10_000;
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The limits of a collector.
pub(crate) struct Limiter {
    addresses: Option<Keyed<IpAddr>>,
    respondents: Option<Keyed<u64>>,
    sites: Option<Keyed<u64>>,
    sign_ins: Keyed<IpAddr>,
    hashes: RandomState,
}

impl Limiter {
    /// So many responses a second from an address and for a site; 0 for no limit. Without a limit
    /// for addresses there is none for respondents either.
    pub(crate) fn new(per_address: u32, per_site: u32) -> Limiter {
        let strict = Quota::per_second(at_least_one(RESPONDENT_PER_SECOND));
        let sign_ins = Quota::with_period(SIGN_IN_EVERY).unwrap_or(strict);
        Limiter {
            addresses: Keyed::per_second(per_address),
            respondents: (per_address > 0).then(|| Keyed::new(strict, RESPONDENT_BURST)),
            sites: Keyed::per_second(per_site),
            sign_ins: Keyed::new(sign_ins, SIGN_INS_BURST),
            hashes: RandomState::new(),
        }
    }

    /// Counts responses from an address.
    ///
    /// # Errors
    /// 429 when that is too many.
    pub(super) fn count_from(&self, client: IpAddr, responses: usize) -> Result<(), Problem> {
        let Some(limit) = &self.addresses else { return Ok(()) };
        limit.count(&network(client), responses).map_err(|wait| too_many("from one address", wait))
    }

    /// Counts a response for a site, and of its respondent if it has one.
    ///
    /// # Errors
    /// 429 when that is too many.
    pub(super) fn count_for(&self, site: &str, respondent: Option<&str>) -> Result<(), Problem> {
        if let Some(limit) = &self.sites {
            let wait = limit.count(&self.hashes.hash_one(site), 1);
            wait.map_err(|wait| too_many("for one site", wait))?;
        }
        let (Some(limit), Some(respondent)) = (&self.respondents, respondent) else {
            return Ok(());
        };
        let wait = limit.count(&self.hashes.hash_one((site, respondent)), 1);
        wait.map_err(|wait| too_many("of one respondent", wait))
    }

    /// Counts a try to sign in.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub(super) fn count_sign_in(&self, client: IpAddr) -> Result<(), Problem> {
        self.sign_ins.count(&network(client), 1).map_err(|wait| {
            let detail = format!("too many tries to sign in; try again in {wait} s");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait)
        })
    }
}

fn too_many(whose: &str, wait_s: u64) -> Problem {
    let detail = format!("too many responses {whose}; send this again in {wait_s} s");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait_s)
}

/// One limit for each key.
struct Keyed<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    swept: Mutex<Instant>,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    /// So many a second; `None` for 0.
    fn per_second(rate: u32) -> Option<Keyed<K>> {
        let burst = rate.saturating_mul(BURST).max(BURST_MIN);
        NonZeroU32::new(rate).map(|rate| Keyed::new(Quota::per_second(rate), burst))
    }

    fn new(quota: Quota, burst: u32) -> Keyed<K> {
        let limiter = DefaultKeyedRateLimiter::keyed(quota.allow_burst(at_least_one(burst)));
        Keyed { limiter, swept: Mutex::new(Instant::now()) }
    }

    /// Counts, or tells after how many seconds it can be tried again.
    fn count(&self, key: &K, n: usize) -> Result<(), u64> {
        self.sweep();
        let Some(n) = u32::try_from(n).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match self.limiter.check_key_n(key, n) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                Err(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
            }
            Err(_) => Err(1),
        }
    }

    /// Forgets who has been quiet, when there are many, and not at each of their requests.
    fn sweep(&self) {
        if self.limiter.len() <= KEYS_MAX {
            return;
        }
        let Ok(mut swept) = self.swept.try_lock() else { return };
        if swept.elapsed() >= SWEEP_EVERY {
            self.limiter.retain_recent();
            *swept = Instant::now();
        }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// Who a client is: of an IPv6 address the network, in which one host has as many as it likes.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_has_more_than_a_respondent() {
        let limiter = Limiter::new(20, 0);
        let office = IpAddr::from([203, 0, 113, 7]);
        let passed = |count: &dyn Fn(usize) -> Result<(), Problem>| {
            (0..1_000).take_while(|number| count(*number).is_ok()).count()
        };
        assert!(passed(&|_| limiter.count_from(office, 1)) >= 200);
        assert!(limiter.count_from(IpAddr::from([203, 0, 113, 8]), 50).is_ok());
        let strict = passed(&|_| limiter.count_for("acme", Some("u_42")));
        assert!((30..40).contains(&strict), "{strict}");
        assert!(limiter.count_for("other", Some("u_42")).is_ok());
        assert_eq!(passed(&|number| limiter.count_for("acme", Some(&number.to_string()))), 1_000);
    }

    #[test]
    fn without_limits_everything_passes_but_guessing() {
        let limiter = Limiter::new(0, 0);
        let client = IpAddr::from([203, 0, 113, 7]);
        assert!((0..1_000).all(|_| limiter.count_from(client, 50).is_ok()));
        assert!((0..1_000).all(|_| limiter.count_for("acme", Some("u_42")).is_ok()));
        assert!(!(0..20).all(|_| limiter.count_sign_in(client).is_ok()));
        let limiter = Limiter::new(0, 5);
        assert!(!(0..100).all(|_| limiter.count_for("acme", None).is_ok()));
    }

    #[test]
    fn one_host_has_one_network() {
        let check = |address: &str, expected: &str| {
            assert_eq!(network(address.parse().unwrap()).to_string(), expected);
        };
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("203.0.113.7", "203.0.113.7");
    }
}

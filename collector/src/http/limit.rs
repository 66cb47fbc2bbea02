//! How much one client may post.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::problem::Problem;

/// A burst may be so many times the rate.
const BURST: u32 = 10;
/// And at least so many, or a full list would never pass.
const BURST_MIN: NonZeroU32 = NonZeroU32::new(50).expect("not 0");
/// Clients remembered before those who have been quiet are forgotten.
const CLIENTS_MAX: usize = 10_000;

/// Counts responses by client address, which is kept in memory only.
pub(crate) struct Limiter(Option<DefaultKeyedRateLimiter<IpAddr>>);

impl Limiter {
    /// So many responses a second and client; 0 for no limit.
    pub(crate) fn new(per_second: u32) -> Limiter {
        Limiter(NonZeroU32::new(per_second).map(|rate| {
            let burst = rate.saturating_mul(NonZeroU32::new(BURST).unwrap_or(rate)).max(BURST_MIN);
            DefaultKeyedRateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        }))
    }

    /// Counts responses of a client.
    ///
    /// # Errors
    /// 429 when that is too many.
    pub(super) fn count(&self, client: IpAddr, responses: usize) -> Result<(), Problem> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        if limiter.len() > CLIENTS_MAX {
            limiter.retain_recent();
        }
        let Some(responses) = u32::try_from(responses).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        let wait_s = match limiter.check_key_n(&network(client), responses) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(until)) => until.wait_time_from(DefaultClock::default().now()).as_secs() + 1,
            Err(_) => 1,
        };
        let detail = format!("too many responses from one address; send this again in {wait_s} s");
        Err(Problem::new(axum::http::StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait_s))
    }
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

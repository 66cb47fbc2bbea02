//! How many file handles this process may have.

/// Handles kept for everything that is no connection of a client: the database, site files, logs.
const RESERVED: u64 = 256;

/// Raises the limit of file handles as far as this process may, and returns for how many
/// connections it is enough, at most those wanted. Service managers start with a low limit that is
/// meant to be raised.
#[cfg(unix)]
pub(super) fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = wanted as u64 + RESERVED;
    let reachable = maximum.map_or(needed, |maximum| needed.min(maximum));
    let limit = match current {
        Some(current) if current < reachable => {
            let raised = Rlimit { current: Some(reachable), maximum };
            setrlimit(Resource::Nofile, raised).map_or(current, |()| reachable)
        }
        _ => current.map_or(needed, |current| current.min(needed)),
    };
    let enough = limit.saturating_sub(RESERVED).max(1);
    usize::try_from(enough).map_or(wanted, |enough| enough.min(wanted))
}

#[cfg(not(unix))]
pub(super) fn connections(wanted: usize) -> usize {
    wanted
}

//! Servers that are loaded in turns: a machine is not as fast at one moment as at another.

use std::process::Command;

use crate::server::{Loaded, Server};

/// How often each has its turn: an odd number, so that one lies in the middle.
const TURNS: usize = 3;

/// A server's name, what starts it, and how many showings are under way.
pub(crate) type Contender = (&'static str, Command, &'static str);

/// Loads all servers one after the other, again and again. Prints of each the turn that lies in the
/// middle, by the share of what the first one reached in the same round, and the least and the
/// greatest share.
///
/// # Errors
/// When a server does not start, or does not answer as it should.
pub(crate) fn take<const N: usize>(
    connections: &str,
    load: impl Fn(&Server, &str) -> anyhow::Result<Loaded>,
    contenders: impl Fn(usize) -> [Contender; N],
) -> anyhow::Result<()> {
    let mut turns = [const { Vec::new() }; N];
    let mut names = [""; N];
    for turn in 0..TURNS {
        let mut ceiling = None;
        for (at, (name, mut command, showings)) in contenders(turn).into_iter().enumerate() {
            let loaded = load(&Server::start(&mut command)?, showings)?;
            let share = loaded.rate / *ceiling.get_or_insert(loaded.rate);
            turns[at].push((100.0 * share, loaded));
            names[at] = name;
        }
    }
    for (name, mut turns) in names.into_iter().zip(turns) {
        turns.sort_by(|(one, _), (next, _)| one.total_cmp(next));
        let [least, middle, most] = [0, TURNS / 2, TURNS - 1].map(|at| turns[at].0);
        let share = format!("{middle:.0} % ({least:.0}–{most:.0})");
        turns[TURNS / 2].1.print(name, connections, &share);
    }
    Ok(())
}

//! Copies what was committed from the log into the database, on a thread of its own: the thread
//! that commits has somebody waiting for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How long commits gather before they are copied.
const EVERY: Duration = Duration::from_millis(200);
/// Pages in the log (64 MB) from which on the committing thread copies, too. Without it a log that
/// never rests would grow for ever: only when all of it was copied can it begin anew. Seldom, because
/// everybody waits meanwhile, and then not much is left to copy.
pub(super) const LOG_PAGES_MAX: u32 = 16_000;

/// Copies until it is dropped; idle while nothing is committed.
pub(super) struct Checkpoints {
    flags: Arc<Flags>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Flags {
    committed: AtomicBool,
    ended: AtomicBool,
}

impl Checkpoints {
    /// Starts the thread, with a connection of its own.
    ///
    /// # Errors
    /// When the database cannot be opened once more.
    pub(super) fn start(database: &Path) -> rusqlite::Result<Checkpoints> {
        let connection = Connection::open(database)?;
        let flags = Arc::new(Flags::default());
        let run = {
            let flags = flags.clone();
            move || run(&connection, &flags)
        };
        let thread = std::thread::Builder::new().name("checkpoints".to_owned()).spawn(run).ok();
        Ok(Checkpoints { flags, thread })
    }

    /// Tells that something was committed.
    pub(super) fn committed(&self) {
        if !self.flags.committed.swap(true, Ordering::Relaxed) {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.flags.ended.store(true, Ordering::Relaxed);
        self.wake();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(connection: &Connection, flags: &Flags) {
    let ended = || flags.ended.load(Ordering::Relaxed);
    while !ended() {
        if !flags.committed.load(Ordering::Relaxed) {
            std::thread::park();
            continue;
        }
        let due = Instant::now() + EVERY;
        while !ended() && Instant::now() < due {
            std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
        }
        flags.committed.store(false, Ordering::Relaxed);
        let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = copied {
            tracing::warn!(%error, "the log could not be copied into the database; it is tried again");
        }
    }
}

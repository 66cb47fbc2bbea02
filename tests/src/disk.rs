//! Faults of the disk under a collector that is started on a frail one.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The file in which the disk finds its orders, in the folder of the collector.
const FILE: &str = "disk";

/// What goes wrong with a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes, and with it any part of what was not synced.
    Cut,
    /// The power goes, and with it all that was written: the disk has only said that it synced.
    Lie,
    /// There is no more room, as on a file system that copies what it changes.
    Full,
    /// Nothing can be written or synced.
    Break,
    /// Nothing can be read, though all that is written is kept.
    Unreadable,
}

/// An order to a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What is to go wrong.
    pub fault: Fault,
    /// After how many changes it does, or reads where it is about those; a sync is a change, too.
    pub after: u64,
    /// What chance decides, if anything.
    pub seed: u64,
}

impl Order {
    /// The order that stands in a folder.
    pub fn find(folder: &Path) -> Option<Order> {
        std::fs::read_to_string(folder.join(FILE)).ok()?.parse().ok()
    }

    /// Leaves the order in a folder, at once and whole.
    ///
    /// # Panics
    /// When that cannot be written.
    pub fn leave(self, folder: &Path) {
        let unfinished = folder.join("disk.new");
        std::fs::write(&unfinished, self.to_string()).expect("a file in a temporary folder");
        std::fs::rename(unfinished, folder.join(FILE)).expect("a file in a temporary folder");
    }

    /// Takes back whatever order stands in a folder.
    pub fn take_back(folder: &Path) {
        let _ = std::fs::remove_file(folder.join(FILE));
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?} {} {}", self.fault, self.after, self.seed)
    }
}

impl FromStr for Order {
    type Err = ();

    fn from_str(text: &str) -> Result<Order, ()> {
        let [fault, after, seed] = text.split(' ').collect::<Vec<_>>()[..] else { return Err(()) };
        let known = [Fault::Cut, Fault::Lie, Fault::Full, Fault::Break, Fault::Unreadable];
        let fault = known.into_iter().find(|known| format!("{known:?}") == fault).ok_or(())?;
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Order { fault, after: number(after)?, seed: number(seed)? })
    }
}

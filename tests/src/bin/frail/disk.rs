//! What a power cut can take: everything that was written since the last sync, sector by sector.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Bytes that are written whole or not at all. Real disks have sectors of 512 or 4,096.
const SECTOR: u64 = 512;

type Sector = [u8; SECTOR as usize];

/// The files of a disk, and what is not on it yet.
#[derive(Default)]
pub(super) struct Disk {
    files: HashMap<PathBuf, Unsynced>,
    /// Deleted files that the folder may still name after a power cut.
    deleted: HashMap<PathBuf, Vec<u8>>,
}

/// A file, and what became of it since its last sync.
struct Unsynced {
    /// Never closed while the file is in use: a process that closes any handle of a file lets go
    /// of all its locks, those of SQLite included (POSIX, `fcntl`).
    file: File,
    /// Of each changed sector what it was, from what is synced on.
    sectors: BTreeMap<u64, Vec<Sector>>,
    /// What its length was, from the one that is synced on; empty while that is unchanged.
    lengths: Vec<u64>,
    /// Whether its name in the folder is not synced yet.
    is_new: bool,
}

impl Disk {
    /// Knows a file from now on, which was made just now or was there.
    pub(super) fn opened(&mut self, path: &Path, is_new: bool) -> std::io::Result<()> {
        if !self.files.contains_key(path) {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            let (sectors, lengths) = (BTreeMap::new(), Vec::new());
            self.files.insert(path.to_owned(), Unsynced { file, sectors, lengths, is_new });
        }
        Ok(())
    }

    /// Changes bytes of a file, or what follows them if their end is open, and notes how it was.
    pub(super) fn change<T>(
        &mut self,
        path: &Path,
        bytes: Range<u64>,
        change: impl FnOnce() -> T,
    ) -> T {
        let Some(file) = self.files.get_mut(path) else { return change() };
        file.note(&bytes);
        let changed = change();
        file.note(&bytes);
        changed
    }

    /// The length of a file, in bytes.
    pub(super) fn length(&self, path: &Path) -> u64 {
        self.files.get(path).map_or(0, Unsynced::length)
    }

    /// All of a file is on the disk. Its name may not be, except with a new log or journal: at
    /// the first sync of one, SQLite syncs the folder, too.
    pub(super) fn synced(&mut self, path: &Path) {
        let Some(file) = self.files.get_mut(path) else { return };
        file.sectors.clear();
        file.lengths.clear();
        if file.is_new && is_log(path) {
            self.folder_synced();
        }
    }

    /// All names in the folder are on the disk.
    pub(super) fn folder_synced(&mut self) {
        self.deleted.clear();
        self.files.values_mut().for_each(|file| file.is_new = false);
    }

    /// Lets go of a file that is about to be deleted.
    pub(super) fn deleting(&mut self, path: &Path) {
        if let Some(file) = self.files.remove(path).filter(|file| !file.is_new) {
            self.deleted.insert(path.to_owned(), file.content());
        }
    }

    /// Leaves of all files what a power cut would leave: of each sector any of the contents it had
    /// since the last sync, or that of the sync where `takes_all`.
    pub(super) fn cut(&mut self, seed: u64, takes_all: bool) -> std::io::Result<()> {
        let mut chance = fastrand::Rng::with_seed(seed);
        // Now and then a disk has done all or nothing of it.
        let bias = chance.u8(0..4);
        let mut pick = |count: usize| match bias {
            _ if takes_all => 0,
            0 => 0,
            1 => count - 1,
            _ => chance.usize(..count),
        };
        for (path, content) in self.deleted.drain() {
            if pick(2) == 0 && !path.exists() {
                std::fs::write(path, content)?;
            }
        }
        for (path, file) in self.files.drain() {
            if file.is_new && pick(2) == 0 {
                std::fs::remove_file(path)?;
            } else {
                file.leave(&mut pick)?;
            }
            // Its locks are still wanted.
            std::mem::forget(file);
        }
        Ok(())
    }
}

/// Whether SQLite named a file so because it belongs to another one.
fn is_log(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with("-wal") || name.ends_with("-journal")
}

impl Unsynced {
    fn length(&self) -> u64 {
        self.file.metadata().map_or(0, |about| about.len())
    }

    fn content(&self) -> Vec<u8> {
        let mut content = vec![0; usize::try_from(self.length()).unwrap_or_default()];
        let _ = self.file.read_exact_at(&mut content, 0);
        content
    }

    /// Notes how the sectors of these bytes are, and how long the file is.
    fn note(&mut self, bytes: &Range<u64>) {
        for number in bytes.start / SECTOR..bytes.end.div_ceil(SECTOR) {
            let mut sector = [0; SECTOR as usize];
            // What lies behind the end reads as zeros.
            let mut got = 0;
            while let Ok(more @ 1..) =
                self.file.read_at(&mut sector[got..], number * SECTOR + got as u64)
            {
                got += more;
            }
            self.sectors.entry(number).or_default().push(sector);
        }
        self.lengths.push(self.length());
    }

    fn leave(&self, pick: &mut impl FnMut(usize) -> usize) -> std::io::Result<()> {
        for (number, contents) in &self.sectors {
            self.file.write_all_at(&contents[pick(contents.len())], number * SECTOR)?;
        }
        match self.lengths.len() {
            0 => Ok(()),
            count => self.file.set_len(self.lengths[pick(count)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a synced file of two sectors, then changes half of each and adds a third.
    fn cut(seed: u64, takes_all: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, [b'a'; 1_024]).unwrap();
        let mut disk = Disk::default();
        disk.opened(&path, false).unwrap();
        let write = |disk: &mut Disk, at: u64, bytes: &[u8]| {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let end = at + bytes.len() as u64;
            disk.change(&path, at..end, || file.write_all_at(bytes, at).unwrap());
        };
        write(&mut disk, 0, &[b'b'; 256]);
        disk.synced(&path);
        write(&mut disk, 256, &[b'c'; 512]);
        write(&mut disk, 1_024, &[b'd'; 512]);
        disk.cut(seed, takes_all).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn what_was_synced_stays_and_the_rest_may_go_by_sectors() {
        let synced = [[b'b'; 256], [b'a'; 256], [b'a'; 256], [b'a'; 256]].concat();
        assert_eq!(cut(7, true), synced);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let left = cut(seed, false);
            assert!(matches!(left.len(), 1_024 | 1_536), "{}", left.len());
            assert_eq!(left[..256], synced[..256], "what was synced");
            let third = left.get(1_024).copied();
            seen.insert((left[256], left[512], third));
            assert!(left[256..512].iter().all(|byte| *byte == left[256]), "a sector is whole");
        }
        // Each of the two old sectors old or new, the third missing, empty or there.
        assert_eq!(seen.len(), 2 * 2 * 3, "{seen:?}");
    }

    #[test]
    fn names_in_the_folder_may_go_and_come_back() {
        let (mut made, mut back) = (0, 0);
        for seed in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let [old, new] = ["old", "new-wal"].map(|name| folder.path().join(name));
            let mut disk = Disk::default();
            for (path, is_new) in [(&old, false), (&new, true)] {
                std::fs::write(path, "content").unwrap();
                disk.opened(path, is_new).unwrap();
            }
            disk.deleting(&old);
            std::fs::remove_file(&old).unwrap();
            if seed < 50 {
                disk.synced(&new);
            }
            disk.cut(seed, false).unwrap();
            if seed < 50 {
                assert!(new.exists() && !old.exists(), "the folder was synced");
            }
            made += usize::from(new.exists());
            back += usize::from(old.exists());
        }
        assert!((60..100).contains(&made), "{made}");
        assert!((10..50).contains(&back), "{back}");
    }
}

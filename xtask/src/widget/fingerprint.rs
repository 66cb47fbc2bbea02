//! Telling whether the widget must be built again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// Everything the built widget depends on. The lock file stands for all dependencies.
const SOURCES: [&str; 6] =
    ["Cargo.lock", "Cargo.toml", "survey/Cargo.toml", "survey/src", "widget", "xtask/src"];

/// The result of the build (and what an interrupted one left) is no source of it.
const BUILT: [&str; 3] = ["widget/dist", "widget/dist.new", "widget/dist.old"];

/// A hash over the names and contents of all sources.
pub(crate) fn of_sources(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(root, &root.join(source), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        // Lengths part names from contents, so that no two trees look the same.
        hash.update(format!("{} {}\n", file.display(), content.len()));
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

fn collect(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if BUILT.iter().any(|built| path == root.join(built)) {
        return Ok(());
    }
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(root, &entry?.path(), files)?;
        }
    }
    Ok(())
}

/// The first 16 hexadecimal digits of a content's SHA-256, enough to name a file by.
pub(crate) fn of_content(content: &[u8]) -> String {
    let mut digits = hex(&Sha256::digest(content));
    digits.truncate(16);
    digits
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_names_files() {
        assert_eq!(of_content(b""), "e3b0c44298fc1c14");
    }
}

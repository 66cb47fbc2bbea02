//! The package for pages that are built by a bundler: the files of widget/npm, with a version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::run;

/// What the package holds; the licence comes along.
const FILES: [&str; 3] = ["nabz.js", "nabz.d.ts", "README.md"];
/// The version as it stands in the source.
const NO_VERSION: &str = "\"version\": \"0.0.0\"";

/// Puts the package into a folder, from which `npm publish` could send it, and packs it as npm
/// would. Returns the archive.
pub(crate) fn pack(root: &Path, dist: &Path, version: &str) -> Result<PathBuf> {
    let source = root.join("widget/npm");
    // The name that npm gives to the folder inside of an archive.
    let folder = dist.join("package");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let manifest = std::fs::read_to_string(source.join("package.json"))?;
    ensure!(manifest.contains(NO_VERSION), "widget/npm/package.json has no place for the version");
    let manifest = manifest.replace(NO_VERSION, &format!("\"version\": \"{version}\""));
    std::fs::write(folder.join("package.json"), manifest)?;
    let files = FILES.map(|name| source.join(name)).into_iter().chain([root.join("LICENSE")]);
    for file in files {
        let to = folder.join(file.file_name().context("a file has a name")?);
        std::fs::copy(&file, to).with_context(|| format!("copy {}", file.display()))?;
    }
    let archive = dist.join(format!("nabz-{version}.tgz"));
    run(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(dist).arg("package"))?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::output;

    #[test]
    fn the_package_holds_what_its_manifest_names() {
        let dist = std::env::temp_dir().join(format!("nabz-npm-{}", std::process::id()));
        std::fs::create_dir_all(&dist).unwrap();
        let archive = pack(&crate::workspace_root(), &dist, "1.2.3").unwrap();
        let listed = output(Command::new("tar").arg("-tzf").arg(archive)).unwrap();
        let manifest = std::fs::read_to_string(dist.join("package/package.json")).unwrap();
        std::fs::remove_dir_all(&dist).unwrap();
        let mut files: Vec<_> = listed.lines().filter(|name| !name.ends_with('/')).collect();
        files.sort_unstable();
        let expected = ["LICENSE", "README.md", "nabz.d.ts", "nabz.js", "package.json"];
        assert_eq!(files, expected.map(|name| format!("package/{name}")));
        assert!(manifest.contains("\"version\": \"1.2.3\""), "{manifest}");
    }
}

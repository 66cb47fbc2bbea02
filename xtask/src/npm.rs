//! The package for pages that are built by a bundler: the files of widget/npm, with a version; and
//! the proof that such a page can be built with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::packages;
use crate::run::{run, target_dir};

/// What the package holds; the licence comes along.
const FILES: [&str; 3] = ["nabz.js", "nabz.d.ts", "README.md"];
/// The bundler that a page is built with.
const ESBUILD: &str = "esbuild@0.28.2";
/// A page whose calls the compiler checks, in widget/npm.
const PAGE: &str = "test.ts";
/// A module that is imported on a server too, where there is no page and so nothing happens.
const MODULE: &str = r#"import { load, on, track } from "nabz";
load("/acme/nabz.js");
track("ordered");
on("shown", () => {})();
"#;
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

/// Installs the packed package as a stranger would, has the compiler check a page that imports it,
/// bundles that, and runs a bundle where there is no page.
pub(crate) fn check(root: &Path, typescript: &Path) -> Result<()> {
    let esbuild = packages::npm(root, ESBUILD)?.join("bin/esbuild");
    let folder = target_dir(root).join("npm-page");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let archive = pack(root, &folder, "0.0.1")?;
    std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
    std::fs::write(folder.join("module.js"), MODULE)?;
    std::fs::copy(root.join("widget/npm").join(PAGE), folder.join(PAGE))?;
    let here = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(&folder);
        command
    };
    let install = ["install", "--offline", "--no-audit", "--no-fund", "--silent"];
    run(here("npm").args(install).arg(&archive))?;
    for resolution in [["--module", "es2022", "bundler"], ["--module", "nodenext", "nodenext"]] {
        let [module, kind, resolution] = resolution;
        let mut tsc = here("node");
        tsc.arg(typescript).args(["--noEmit", "--strict", "--target", "es2022", module, kind]);
        run(tsc.args(["--moduleResolution", resolution, PAGE]))?;
    }
    for entry in [PAGE, "module.js"] {
        let mut bundle = Command::new(&esbuild);
        bundle.current_dir(&folder).args(["--bundle", "--minify", "--log-level=warning"]);
        run(bundle.args(["--format=esm", "--outdir=bundled", entry]))?;
    }
    run(here("node").arg("bundled/module.js"))
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

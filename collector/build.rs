//! Embeds the built widget: `widget/dist`, which `cargo xtask build` makes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    // The folder of this run, not the one in which this script was once compiled.
    let crate_folder = env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder");
    let dist = Path::new(&crate_folder).join("../widget/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let Ok(folder) = fs::read_dir(&dist).and_then(|folder| {
        // The table of contents is written last: without it the build was interrupted.
        fs::metadata(dist.join("assets.json")).map(|_| folder)
    }) else {
        println!("cargo::error=The widget has not been built. Run `cargo xtask build` first.");
        return;
    };
    let mut names: Vec<String> = folder
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name != "fingerprint.txt")
        .collect();
    names.sort();
    let mut code = String::from("&[\n");
    for name in names {
        let path = dist.join(&name).canonicalize().expect("a file just listed");
        let _ = writeln!(code, "    ({name:?}, include_bytes!({path:?})),");
    }
    code.push(']');
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("dist.rs"), code).expect("OUT_DIR can be written");
}

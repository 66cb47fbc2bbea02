//! A running collector, held against the document in which it describes its interface.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::dist::{address, stop};
use crate::packages;
use crate::run::{run, target_dir};

/// Makes requests of all kinds from an `OpenAPI` document and checks the answers.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const TOKEN: &str = "token-of-the-contract";
/// Requests of each kind and call; the whole takes about a minute.
const EXAMPLES: &str = "10";
/// What every answer is checked for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance";

/// Starts the collector with the demo's site and lets Schemathesis try it.
pub(crate) fn check(root: &Path) -> Result<()> {
    let programs = packages::python(root, SCHEMATHESIS)?;
    let folder = std::env::temp_dir().join(format!("nabz-contract-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(root.join("demo/sofal.json"), folder.join("sofal.json"))?;
    let result = check_in(root, &folder, &programs.join("st"));
    std::fs::remove_dir_all(&folder)?;
    result
}

fn check_in(root: &Path, folder: &Path, schemathesis: &Path) -> Result<()> {
    let mut serve = Command::new(target_dir(root).join("debug/nabz"));
    serve.args(["serve", "sofal.json", "--listen", "127.0.0.1:0", "--rate-limit", "0"]);
    serve.args(["--admin-token", TOKEN, "--log", "warn"]).current_dir(folder);
    let mut collector = serve.stdout(Stdio::piped()).spawn().context("cannot start nabz")?;
    let stdout = collector.stdout.take().context("standard output was not piped")?;
    let result = address(stdout).and_then(|address| {
        let mut check = Command::new(schemathesis);
        check.args(["run", &format!("http://{address}/api/openapi.json")]);
        check.args(["--header", &format!("Authorization: Bearer {TOKEN}")]);
        check.args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "1"]);
        // Its phase of coverage fails on schemas as deep as those of a site.
        check.args(["--phases", "examples,fuzzing,stateful"]);
        run(check.args(["--workers", "2", "--no-color"]).current_dir(folder))
    });
    stop(&mut collector)?;
    result
}

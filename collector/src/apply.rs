//! `nabz diff` and `nabz apply`: a site file against a running collector.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::diff::changes;
use crate::remote::Remote;
use crate::sites;

/// Which collector, and what to compare with.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The site file
    #[arg(value_name = "SITE.json")]
    file: PathBuf,
    /// The running collector
    #[arg(long, env = "NABZ_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Its admin token
    #[arg(long, env = "NABZ_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: String,
}

/// Says what a site file would change, and changes it if wanted.
///
/// # Errors
/// When the file has problems, the collector cannot be reached, or it refuses the change.
pub(crate) fn run(apply: &Apply, change: bool) -> anyhow::Result<ExitCode> {
    let path = apply.file.display();
    let text =
        std::fs::read_to_string(&apply.file).with_context(|| format!("{path} cannot be read"))?;
    let site = sites::check(&text).map_err(|problems| {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{path}: {problem}")).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })?;
    let collector = Remote::new(&apply.server, &apply.admin_token);
    let before = collector.site(&site.site)?;
    let changes = changes(before.as_ref(), &site);
    if changes.is_empty() {
        println!("site {:?} is as {path} says", site.site);
        return Ok(ExitCode::SUCCESS);
    }
    changes.iter().for_each(|change| println!("{change}"));
    collector.put_site(&site.site, &text, !change)?;
    println!("{} fields {}", changes.len(), if change { "changed" } else { "would change" });
    Ok(ExitCode::SUCCESS)
}

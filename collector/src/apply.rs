//! `nabz diff` and `nabz apply`: a site file against a running collector.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;
use survey::Site;

use crate::diff::changes;
use crate::sites;

/// Longest wait for the collector.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

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
    let collector = Remote::new(apply);
    let before = collector.site(&site.site)?;
    let changes = changes(before.as_ref(), &site);
    if changes.is_empty() {
        println!("site {:?} is as {path} says", site.site);
        return Ok(ExitCode::SUCCESS);
    }
    changes.iter().for_each(|change| println!("{change}"));
    collector.put(&site.site, &text, !change)?;
    println!("{} fields {}", changes.len(), if change { "changed" } else { "would change" });
    Ok(ExitCode::SUCCESS)
}

/// A running collector.
struct Remote {
    agent: ureq::Agent,
    server: String,
    bearer: String,
}

impl Remote {
    fn new(apply: &Apply) -> Remote {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent = config.http_status_as_error(false).build().into();
        let server = apply.server.trim_end_matches('/').to_owned();
        Remote { agent, server, bearer: format!("Bearer {}", apply.admin_token) }
    }

    /// The site as the collector has it; `None` when it has none of this name.
    fn site(&self, key: &str) -> anyhow::Result<Option<Site>> {
        let url = format!("{}/api/v1/sites/{key}", self.server);
        let request = self.agent.get(&url).header("authorization", &self.bearer);
        let mut reply = request.call().with_context(|| self.unreachable())?;
        match reply.status().as_u16() {
            200 => Ok(Some(
                reply.body_mut().read_json().context("the collector's answer is no site file")?,
            )),
            404 => Ok(None),
            _ => bail!("{}", refusal(&mut reply)),
        }
    }

    /// Changes the site, or only asks whether that could be done.
    fn put(&self, key: &str, text: &str, dry_run: bool) -> anyhow::Result<()> {
        let dry_run = if dry_run { "?dry_run=true" } else { "" };
        let url = format!("{}/api/v1/sites/{key}{dry_run}", self.server);
        let request = self.agent.put(&url).header("authorization", &self.bearer);
        let mut reply = request.send(text).with_context(|| self.unreachable())?;
        if reply.status().is_success() {
            return Ok(());
        }
        bail!("{}", refusal(&mut reply))
    }

    fn unreachable(&self) -> String {
        format!("no collector answers at {}: start it, or name another with --server", self.server)
    }
}

/// What the collector says is wrong.
fn refusal(reply: &mut ureq::http::Response<ureq::Body>) -> String {
    let status = reply.status();
    let problem: Value = reply.body_mut().read_json().unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it does not say why");
    format!("the collector refuses ({status}): {detail}")
}

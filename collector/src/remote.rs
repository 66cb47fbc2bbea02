//! A running collector, as the command line speaks to it.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use survey::Site;
use ureq::http::Response;
use ureq::{Agent, Body, BodyReader, SendBody};

/// Longest wait for the collector to begin to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running collector.
pub(crate) struct Remote {
    agent: Agent,
    url: String,
    bearer: String,
}

impl Remote {
    /// The collector at an address, with its admin token.
    pub(crate) fn new(url: &str, admin_token: &str) -> Remote {
        let config = Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE));
        let agent = config.http_status_as_error(false).build().into();
        let url = url.trim_end_matches('/').to_owned();
        Remote { agent, url, bearer: format!("Bearer {admin_token}") }
    }

    /// The site as the collector has it; `None` when it has none of this name.
    pub(crate) fn site(&self, key: &str) -> anyhow::Result<Option<Site>> {
        let url = format!("{}/api/v1/sites/{key}", self.url);
        let request = self.agent.get(&url).header("authorization", &self.bearer);
        let mut reply = request.call().with_context(|| self.unreachable())?;
        match reply.status().as_u16() {
            200 => Ok(Some(
                reply.body_mut().read_json().context("the collector's answer is no site file")?,
            )),
            404 if is_problem(&reply) => Ok(None),
            404 => {
                bail!("what answers at {} is no collector: name another with --server", self.url)
            }
            _ => bail!("{}", refusal(&mut reply)),
        }
    }

    /// Changes the site, or only asks whether that could be done.
    pub(crate) fn put_site(&self, key: &str, text: &str, dry_run: bool) -> anyhow::Result<()> {
        let dry_run = if dry_run { "?dry_run=true" } else { "" };
        let url = format!("{}/api/v1/sites/{key}{dry_run}", self.url);
        let request = self.agent.put(&url).header("authorization", &self.bearer);
        let reply = request.send(text).with_context(|| self.unreachable())?;
        accepted(reply).map(|_| ())
    }

    /// Sends something to a path and returns what comes back, as it comes.
    pub(crate) fn post<R: Read>(
        &self,
        path: &str,
        mut body: R,
    ) -> anyhow::Result<BodyReader<'static>> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("authorization", &self.bearer);
        let reply = request.send(SendBody::from_reader(&mut body));
        Ok(accepted(reply.with_context(|| self.unreachable())?)?.into_body().into_reader())
    }

    fn unreachable(&self) -> String {
        format!("no collector answers at {}: start it, or name another with --server", self.url)
    }
}

fn accepted(mut reply: Response<Body>) -> anyhow::Result<Response<Body>> {
    if reply.status().is_success() {
        return Ok(reply);
    }
    bail!("{}", refusal(&mut reply))
}

/// Whether an answer is one that a collector gives when it refuses something.
fn is_problem(reply: &Response<Body>) -> bool {
    let kind = reply.headers().get("content-type");
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

/// What the collector says is wrong.
fn refusal(reply: &mut Response<Body>) -> String {
    let status = reply.status();
    let problem: Value = reply.body_mut().read_json().unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it does not say why");
    format!("the collector refuses ({status}): {detail}")
}

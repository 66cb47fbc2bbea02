//! `POST …/import`: a file's responses into a survey while the collector goes on.
//!
//! The file is received whole before anything is done with it. The answer tells line by line what
//! happens, as JSON: the same events that the command line shows.

use std::fs::File;
use std::io::Write as _;
use std::thread::available_parallelism;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use clap::ValueEnum as _;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::Shared;
use super::admin::{find_as_admin, no_such_survey};
use super::parameters::{Parameters, Values, flag};
use super::problem::Problem;
use crate::store::StoreError;
use crate::transfer::{Event, Format, From, How, Importer};

/// Most bytes of a file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Longest time without a byte from the sender.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Rows written in one transaction: few milliseconds that other answers have to wait.
const BATCH: usize = 1_000;
/// Events that may wait for a slow client.
const EVENTS_AHEAD: usize = 100;

/// One at a time: each reads and writes as fast as the machine can.
static IMPORTING: Semaphore = Semaphore::const_new(1);

/// `POST /api/v1/surveys/{site}/{survey}/import`
#[utoipa::path(
    post, path = "/api/v1/surveys/{site}/{survey}/import",
    params(
        ("site" = String, Path, example = "sofal"),
        ("survey" = String, Path, example = "checkout"), ("format" = Option<String>, Query),
        ("from" = Option<String>, Query), ("skip_bad" = Option<bool>, Query)
    ),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (
            status = 200, description = "what happened to each line, and the sums at the end",
            body = String, content_type = "application/x-ndjson",
        ),
    ),
    security(("token" = [])),
)]
pub(super) async fn post(
    State(app): Shared,
    Path((site, survey)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let site = find_as_admin(&app, &headers, &site).await?;
    site.survey(&survey).ok_or_else(|| no_such_survey(&site.site, &survey))?;
    let how = how(&parameters.only(&["format", "from", "skip_bad"])?)?;
    let turn = IMPORTING.try_acquire().map_err(|_| {
        let detail = "another import is under way; send the file again when it is done";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(10)
    })?;
    let importer = Importer { store: app.store.clone(), site, survey, how };
    let (sender, events) = Channel::new(EVENTS_AHEAD);
    // The answer begins at once: no limit in time for a request holds a large file up.
    tokio::spawn(async move {
        let file = receive(body).await;
        let import = move || {
            let told = run(&importer, file, sender);
            // Whoever has read the answer to its end may send another file.
            drop(turn);
            drop(told);
        };
        let _ = tokio::task::spawn_blocking(import).await;
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::new(events)).into_response())
}

fn how(asked: &Values) -> Result<How, Problem> {
    let given = |name: &str| asked.get(name).map(String::as_str);
    let format = given("format").map(|name| Format::from_str(name, true));
    let format = format.transpose().map_err(|_| Problem::bad("format", "use csv or ndjson"))?;
    let from = given("from").map(|name| From::from_str(name, true));
    let from = from.transpose().map_err(|_| {
        Problem::bad("from", "use nabz, delighted, wootric or posthog, or leave it out")
    })?;
    let skip_bad = flag(asked, "skip_bad")?.unwrap_or(false);
    // Half of the machine stays for those who answer.
    let threads = available_parallelism().map_or(1, |all| usize::from(all).div_ceil(2));
    Ok(How {
        format: format.unwrap_or(Format::Csv),
        from,
        skip_bad,
        batch: BATCH,
        threads,
        alone: false,
    })
}

/// The body as a file, or why there is none.
async fn receive(mut body: Body) -> Result<File, String> {
    let full = |error: std::io::Error| {
        tracing::error!(%error, "a file that is to be imported cannot be kept");
        "the file cannot be kept while it is read: is the collector's disk full?".to_owned()
    };
    let mut file = tempfile::tempfile().map_err(full)?;
    let mut bytes = 0;
    loop {
        let frame = tokio::time::timeout(SILENCE_MAX, body.frame()).await;
        let silent = |_| "no more of the file came for half a minute; send it again".to_owned();
        let Some(frame) = frame.map_err(silent)? else { return Ok(file) };
        let broken = |_| "the file did not arrive whole; send it again".to_owned();
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        bytes += data.len() as u64;
        if bytes > FILE_BYTES_MAX {
            return Err(format!("a file has at most {FILE_BYTES_MAX} bytes: send it in parts"));
        }
        file.write_all(&data).map_err(full)?;
    }
}

/// Imports a file and tells the client, whose answer ends when what comes back is dropped. What was
/// begun is finished even if nobody listens.
fn run(
    importer: &Importer,
    file: Result<File, String>,
    sender: Sender<Bytes, StoreError>,
) -> Option<Sender<Bytes, StoreError>> {
    let mut listener = Some(sender);
    let mut tell = |event: Event| {
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        let heard = listener.as_mut().is_some_and(|sender| {
            let send =
                async { tokio::time::timeout(SILENCE_MAX, sender.send_data(line.into())).await };
            matches!(Handle::current().block_on(send), Ok(Ok(())))
        });
        if !heard {
            listener = None;
        }
    };
    match file {
        Ok(file) => importer.run(&file, &mut tell),
        Err(reason) => tell(Event::Failed { reason }),
    }
    listener
}

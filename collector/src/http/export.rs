//! `GET …/export.csv` and `GET …/export.ndjson`: all responses to a survey, as a stream.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::{Channel, Sender};

use super::admin::{find_as_admin, no_such_survey};
use super::problem::Problem;
use super::{App, Shared};
use crate::store::StoreError;
use crate::transfer::{Exporter, Format};

/// Chunks that may wait for a slow client.
const CHUNKS_AHEAD: usize = 2;

/// `GET /api/v1/surveys/{site}/{survey}/export.csv`
#[utoipa::path(
    get, path = "/api/v1/surveys/{site}/{survey}/export.csv",
    params(
        ("site" = String, Path, example = "sofal"),
        ("survey" = String, Path, example = "checkout")
    ),
    responses((
        status = 200, description = "a table with a row for each response, the oldest first",
        body = String, content_type = "text/csv",
    )),
    security(("token" = [])),
)]
pub(super) async fn csv(
    State(app): Shared,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    export(&app, path, &headers, Format::Csv).await
}

/// `GET /api/v1/surveys/{site}/{survey}/export.ndjson`
#[utoipa::path(
    get, path = "/api/v1/surveys/{site}/{survey}/export.ndjson",
    params(
        ("site" = String, Path, example = "sofal"),
        ("survey" = String, Path, example = "checkout")
    ),
    responses(
        (
            status = 200, description = "a line of JSON for each response, the oldest first",
            body = String, content_type = "application/x-ndjson",
        ),
    ),
    security(("token" = [])),
)]
pub(super) async fn ndjson(
    State(app): Shared,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    export(&app, path, &headers, Format::Ndjson).await
}

async fn export(
    app: &App,
    (site, survey): (String, String),
    headers: &HeaderMap,
    format: Format,
) -> Result<Response, Problem> {
    let site = find_as_admin(app, headers, &site).await?;
    let live = site.survey(&survey).ok_or_else(|| no_such_survey(&site.site, &survey))?;
    let exporter = Exporter::new(app.store.clone(), &site, &survey, live, format).await?;
    let (sender, body) = Channel::new(CHUNKS_AHEAD);
    tokio::spawn(send(exporter, sender));
    let name = format!("{}-{survey}.{}", site.site.site, format.ending());
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// Sends chunk by chunk, as fast as the client takes them.
async fn send(mut exporter: Exporter, mut sender: Sender<Bytes, StoreError>) {
    loop {
        match exporter.chunk().await {
            Ok(None) => return,
            Ok(Some(chunk)) => {
                // The client hung up.
                if sender.send_data(chunk.into()).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                // Cutting the connection is the only way to say so: the status was sent long ago.
                return sender.abort(error);
            }
        }
    }
}

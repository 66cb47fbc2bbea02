//! `POST /api/v1/due`: whether a user of the host may be asked, whatever device they are on.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use survey::frequency::{self, Past};
use survey::site::SURVEYS_MAX;

use super::body::whole;
use super::client::Client;
use super::ingest::{Sender, no_such};
use super::problem::Problem;
use super::{App, Shared, json};
use crate::{clock, signature};

/// Responses of one user that are looked at, the newest.
const LOOKED_AT_MAX: usize = 1_000;

/// What is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    site: String,
    respondent: String,
    surveys: Vec<String>,
    #[serde(default)]
    user_signature: Option<String>,
}

/// What is answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Due {
    /// Those of the surveys that may be shown now.
    due: Vec<String>,
    /// What happened with each survey, last.
    past: BTreeMap<String, Past>,
    /// Proves for a day that the respondent was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Answers from what is stored of a user, once their id is proven to be theirs. Of somebody who
/// only claims to be a user nothing is told, and every survey that is asked at all may be shown.
#[utoipa::path(
    post, path = "/api/v1/due",
    request_body(content = ref("#/components/schemas/Asked"), content_type = "application/json"),
    responses((
        status = 200,
        description = "the surveys that may be shown now, and what happened last with each",
        body = ref("#/components/schemas/Due"),
    )),
)]
pub(super) async fn post(
    State(app): Shared,
    Client(client): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Due>, Problem> {
    let body = whole(body, super::REQUEST_BYTES_MAX).await?;
    app.limiter.count_from(client, 1)?;
    let asked: Asked = json::parse_as(&body)?;
    if asked.surveys.len() > SURVEYS_MAX {
        let detail = format!("{} surveys; ask for at most {SURVEYS_MAX}", asked.surveys.len());
        return Err(Problem::bad("surveys", detail));
    }
    let live = app.sites.get(&asked.site).ok_or_else(|| no_such("site", &asked.site))?;
    Sender::of(&app, &headers).await.may_post_to(&app, &live)?;
    let (now_ms, proven) = (clock::now_ms(), prove(&app, &asked).await?);
    let past = if proven.is_some() { past_of(&app, &asked).await? } else { BTreeMap::new() };
    let is_due = |survey: &String| frequency::may_show(&live.site, survey, &past, now_ms);
    let due = asked.surveys.iter().filter(|survey| is_due(survey)).cloned().collect();
    let token = proven.map(|secret| signature::token(&secret, &asked.respondent, now_ms));
    Ok(Json(Due { due, past, token }))
}

/// The site's secret, when the respondent is proven with it.
async fn prove(app: &App, asked: &Asked) -> Result<Option<String>, Problem> {
    let Some(signed) = &asked.user_signature else { return Ok(None) };
    expect_signed(app, &asked.site, &asked.respondent, signed).await.map(Some)
}

/// The site's secret, with which a user id has to be signed.
///
/// # Errors
/// 403 when it is not.
pub(super) async fn expect_signed(
    app: &App,
    site: &str,
    user: &str,
    signed: &str,
) -> Result<String, Problem> {
    let secret = app.sites.secret(site).await?;
    if signature::fits(&secret, user, signed) {
        return Ok(secret);
    }
    let detail = "this is not the HMAC-SHA-256 of the user id with the site's secret, in hexadecimal \
        digits; `nabz secret` prints the secret";
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, detail).at("user_signature"))
}

async fn past_of(app: &App, asked: &Asked) -> Result<BTreeMap<String, Past>, Problem> {
    let (site, respondent) = (asked.site.clone(), asked.respondent.clone());
    let records = app.store.of_respondent(site, respondent, LOOKED_AT_MAX).await?;
    Ok(frequency::past(records.iter().map(|record| (&record.response, record.submitted_at_ms))))
}

//! `POST /api/v1/due`: whether a user of the host may be asked, whatever device they are on, and
//! tokens that prove so.

use std::collections::{BTreeMap, HashSet};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use survey::frequency::{self, Past};
use survey::response::uuid_v7_ms;
use survey::site::SURVEYS_MAX;
use survey::standing::Standing;

use super::body::whole;
use super::client::Client;
use super::ingest::{Sender, no_such};
use super::problem::Problem;
use super::{App, Shared, json, standing};
use crate::clock;
use crate::signature::{self, About};

/// Responses of one user that are looked at, the newest.
const LOOKED_AT_MAX: usize = 1_000;

/// What is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    site: String,
    /// Who is to be asked; proven by `user_signature`.
    #[serde(default)]
    respondent: Option<String>,
    /// Those that are to be shown.
    #[serde(default)]
    surveys: Vec<String>,
    /// The id of the response whose survey is about to be shown.
    #[serde(default)]
    response: Option<String>,
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
    /// Proves for seven days that this was asked about the response; without one, for a day that
    /// the respondent was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Answers from what is stored of a user, once their id is proven to be theirs. Of somebody who
/// only claims to be a user nothing is told, and every survey that is asked at all may be shown.
/// Whoever names a response gets the token that a site with `proof` wants to come with its answers:
/// one call for each.
#[utoipa::path(
    post, path = "/api/v1/due",
    request_body(content = ref("#/components/schemas/Asked"), content_type = "application/json"),
    responses((
        status = 200,
        description = "the surveys that may be shown now, what happened last with each, and a token",
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
    Sender::of(&app, &headers).may_post_to(&app, &live)?;
    let (now_ms, proven) = (clock::now_ms(), prove(&app, &asked).await?);
    let past = match proven {
        Some(user) => past_of(&app, &asked.site, user).await?,
        None => BTreeMap::new(),
    };
    let (mut due, mut seen) = (Vec::new(), HashSet::new());
    // Some have their answers counted for that: once, however often they are named.
    for survey in asked.surveys.iter().filter(|survey| seen.insert(*survey)) {
        if frequency::may_show(&live.site, survey, &past, now_ms)
            && standing::of(&app, &live, survey).await? == Standing::Live
        {
            due.push(survey.clone());
        }
    }
    let token = token(&app, &asked, proven, now_ms).await?;
    Ok(Json(Due { due, past, token }))
}

/// The respondent, when that is proven with the site's secret.
async fn prove<'a>(app: &App, asked: &'a Asked) -> Result<Option<&'a str>, Problem> {
    let Some(signed) = &asked.user_signature else { return Ok(None) };
    let Some(user) = &asked.respondent else {
        return Err(Problem::bad("respondent", "say whose \"user_signature\" it is"));
    };
    expect_signed(app, &asked.site, user, signed).await?;
    Ok(Some(user))
}

/// A token about the response that is named, else about the respondent, if they are proven.
async fn token(
    app: &App,
    asked: &Asked,
    proven: Option<&str>,
    now_ms: i64,
) -> Result<Option<String>, Problem> {
    let id = asked.response.as_ref().map(|id| id.to_ascii_lowercase());
    let about = match (&id, proven) {
        (Some(id), _) if uuid_v7_ms(id).is_none() => {
            return Err(Problem::bad("response", "this is not a UUID v7"));
        }
        (Some(id), _) => About::Showing(id),
        (None, Some(user)) => About::Respondent(user),
        (None, None) => return Ok(None),
    };
    let secret = app.sites.secret(&asked.site).await?;
    Ok(Some(signature::token(&secret, about, now_ms)))
}

/// Expects that a user id is signed with the site's secret.
///
/// # Errors
/// 403 when it is not.
pub(super) async fn expect_signed(
    app: &App,
    site: &str,
    user: &str,
    signed: &str,
) -> Result<(), Problem> {
    if signature::fits(&app.sites.secret(site).await?, user, signed) {
        return Ok(());
    }
    let detail = "this is not the HMAC-SHA-256 of the user id with the site's secret, in hexadecimal \
        digits; `nabz secret` prints the secret";
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, detail).at("user_signature"))
}

async fn past_of(app: &App, site: &str, user: &str) -> Result<BTreeMap<String, Past>, Problem> {
    let (site, user) = (site.to_owned(), user.to_owned());
    let records = app.store.of_respondent(site, user, LOOKED_AT_MAX).await?;
    Ok(frequency::past(records.iter().map(|record| (&record.response, record.submitted_at_ms))))
}

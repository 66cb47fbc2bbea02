//! What is stored of one person: shown to the owner, and erased for the owner or for the person.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use survey::response::uuid_v7_ms;

use super::access::expect_admin;
use super::admin::find;
use super::body::whole;
use super::client::Client;
use super::due::expect_signed;
use super::ingest::{Sender, no_such};
use super::problem::Problem;
use super::{App, Shared, json};
use crate::transfer::listed;

/// Most responses of one person that are shown.
const SHOWN_MAX: usize = 10_000;
/// Responses erased in one transaction: ingest waits for it.
const STEP: usize = 100;
/// Most ids of one request: a browser holds a hundred, and perhaps as many from before.
const IDS_MAX: usize = 200;

/// `GET /api/v1/respondents/{site}/{respondent}`
#[utoipa::path(
    get, path = "/api/v1/respondents/{site}/{respondent}",
    params(("site" = String, Path, example = "sofal"), ("respondent" = String, Path)),
    responses((
        status = 200, description = "all that is stored of the respondent",
        body = ref("#/components/schemas/Person"),
    )),
    security(("token" = [])),
)]
pub(super) async fn get(
    State(app): Shared,
    Path((site, respondent)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    expect_admin(&app, &headers).await?;
    let records = app.store.of_respondent(site.clone(), respondent.clone(), SHOWN_MAX).await?;
    if records.is_empty() {
        return Err(unknown(&app, &site, &respondent));
    }
    let responses: Vec<Value> = records.iter().map(listed).collect();
    Ok(Json(json!({ "site": site, "respondent": respondent, "responses": responses })))
}

/// `DELETE /api/v1/respondents/{site}/{respondent}`
#[utoipa::path(
    delete, path = "/api/v1/respondents/{site}/{respondent}",
    params(("site" = String, Path, example = "sofal"), ("respondent" = String, Path)),
    responses((
        status = 200, description = "how many responses were erased",
        body = ref("#/components/schemas/Erased"),
    )),
    security(("token" = [])),
)]
pub(super) async fn delete(
    State(app): Shared,
    Path((site, respondent)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    expect_admin(&app, &headers).await?;
    match erase_all(&app, &site, &respondent).await? {
        0 => Err(unknown(&app, &site, &respondent)),
        erased => Ok(Json(json!({ "erased": erased }))),
    }
}

/// The problem with somebody of whom nothing is stored. The answers of a site stay when it is
/// served no more, and so does what their people may ask for: only here it matters whether it is.
fn unknown(app: &App, site: &str, respondent: &str) -> Problem {
    find(app, site).err().unwrap_or_else(|| no_such("respondent", respondent))
}

/// What a browser asks to be erased.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Forget {
    site: String,
    /// Of responses.
    #[serde(default)]
    ids: Option<Vec<String>>,
    /// Whose responses; proven by `user_signature`.
    #[serde(default)]
    respondent: Option<String>,
    #[serde(default)]
    user_signature: Option<String>,
}

impl Forget {
    /// Nobody is to believe that something was erased of which nothing was said.
    ///
    /// # Errors
    /// 400, at what is missing.
    fn expect_something(&self) -> Result<(), Problem> {
        let names_none = self.ids.as_ref().is_none_or(Vec::is_empty);
        let (field, detail) = match (&self.respondent, &self.user_signature) {
            (None, Some(_)) => ("respondent", "say whose \"user_signature\" it is"),
            (Some(_), None) if names_none => (
                "user_signature",
                "a respondent is erased only with the HMAC-SHA-256 of their id with the site's \
                secret: send it, or the \"ids\" of responses",
            ),
            (None, None) if self.ids.is_none() => (
                "ids",
                "say what is to be erased: the \"ids\" of responses, or a \"respondent\" with \
                \"user_signature\"",
            ),
            _ => return Ok(()),
        };
        Err(Problem::bad(field, detail))
    }
}

/// `POST /api/v1/forget`: erases the responses whose ids somebody knows, which nobody can guess,
/// and all of a user whose id is proven to be theirs. What was there is not told.
#[utoipa::path(
    post, path = "/api/v1/forget",
    request_body(content = ref("#/components/schemas/Forget"), content_type = "application/json"),
    responses((status = 204, description = "erased, as far as there was anything")),
)]
pub(super) async fn forget(
    State(app): Shared,
    Client(client): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let body = whole(body, super::REQUEST_BYTES_MAX).await?;
    app.limiter.count_from(client, 1)?;
    let asked: Forget = json::parse_as(&body)?;
    let live = app.sites.get(&asked.site).ok_or_else(|| no_such("site", &asked.site))?;
    Sender::of(&app, &headers).may_post_to(&app, &live)?;
    asked.expect_something()?;
    let Forget { site, ids, respondent, user_signature } = asked;
    let mut ids = ids.unwrap_or_default();
    if ids.len() > IDS_MAX {
        let detail = format!("{} ids; send at most {IDS_MAX} at once", ids.len());
        return Err(Problem::bad("ids", detail));
    }
    if let Some(at) = ids.iter().position(|id| uuid_v7_ms(id).is_none()) {
        return Err(Problem::bad(format!("ids[{at}]"), "this is not a UUID v7"));
    }
    if let (Some(user), Some(signed)) = (&respondent, &user_signature) {
        expect_signed(&app, &site, user, signed).await?;
        erase_all(&app, &site, user).await?;
    }
    ids.iter_mut().for_each(|id| id.make_ascii_lowercase());
    app.store.erase(site, ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases everything of a respondent; tells how many responses that were.
async fn erase_all(app: &App, site: &str, respondent: &str) -> Result<usize, Problem> {
    let mut erased = 0;
    loop {
        let records = app.store.of_respondent(site.to_owned(), respondent.to_owned(), STEP).await?;
        let ids: Vec<String> = records.into_iter().map(|record| record.response.id).collect();
        if ids.is_empty() {
            return Ok(erased);
        }
        erased += app.store.erase(site.to_owned(), ids).await?;
    }
}

//! `PATCH /api/v1/responses/{site}/{id}`: leaves a response out of the numbers, or says who takes
//! care of it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use survey::Day;

use super::admin::find_as_admin;
use super::body::whole;
use super::problem::Problem;
use super::{Shared, json};
use crate::store::{Amendment, HANDLING_CHARS_MAX};

/// What can be changed.
const FIELDS: [&str; 6] = ["excluded", "why", "status", "owner", "note", "due"];

/// Changes what was made of a response.
#[utoipa::path(
    patch, path = "/api/v1/responses/{site}/{id}",
    params(("site" = String, Path, example = "sofal"), ("id" = String, Path)),
    request_body(
        content = ref("#/components/schemas/Amendment"),
        content_type = "application/json",
    ),
    responses((status = 204, description = "changed, durably")),
    security(("token" = [])),
)]
pub(super) async fn patch(
    State(app): Shared,
    Path((site, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    find_as_admin(&app, &headers, &site).await?;
    let body = whole(body, super::REQUEST_BYTES_MAX).await?;
    let Value::Object(fields) = json::parse(&body)? else {
        let detail = "the body is an object of what is to be changed";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    let id = id.to_ascii_lowercase();
    let found = app.store.amend(site.clone(), id.clone(), amendment(&fields)?).await?;
    let missing = || Problem::not_found(format!("site {site:?} has no response {id:?}")).at("id");
    found.then_some(StatusCode::NO_CONTENT).ok_or_else(missing)
}

fn amendment(fields: &Map<String, Value>) -> Result<Amendment, Problem> {
    if let Some(unknown) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        let detail = format!("there is no such field; known are {}", FIELDS.join(", "));
        return Err(Problem::bad(unknown.as_str(), detail));
    }
    if fields.contains_key("why") && !fields.contains_key("excluded") {
        let detail = "this is why something is left out or counts again: send \"excluded\" with it";
        return Err(Problem::bad("why", detail));
    }
    let why = text(fields, "why")?.flatten();
    let excluded = fields.get("excluded").map(|value| {
        let excluded = value.as_bool();
        excluded.ok_or_else(|| Problem::bad("excluded", "use true or false"))
    });
    let by = "the admin interface";
    Ok(Amendment {
        excluded: excluded.transpose()?.map(|excluded| (excluded, by.to_owned(), why)),
        status: text(fields, "status")?,
        owner: text(fields, "owner")?,
        note: text(fields, "note")?,
        due: due(fields)?,
    })
}

/// A text, or `null` to clear it; `None` when the field is not given.
fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<Option<String>>, Problem> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) if text.chars().count() <= HANDLING_CHARS_MAX => {
            Ok(Some(Some(text.clone())))
        }
        Some(_) => Err(Problem::bad(
            name,
            format!("use a text of at most {HANDLING_CHARS_MAX} characters, or null"),
        )),
    }
}

fn due(fields: &Map<String, Value>) -> Result<Option<Option<Day>>, Problem> {
    let Some(text) = text(fields, "due")? else { return Ok(None) };
    let day = text.map(|text| text.parse::<Day>()).transpose();
    day.map(Some).map_err(|detail| Problem::bad("due", detail))
}

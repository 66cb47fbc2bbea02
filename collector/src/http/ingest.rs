//! `POST /api/v1/responses`: limit → parse → accept → store → 204.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as Reply};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use survey::Site;
use survey::response::{Response, uuid_v7_ms};
use survey::revise::submitted_at_ms;

use super::body::whole;
use super::client::Client;
use super::problem::{Problem, too_large};
use super::{App, Shared, doubts, json};
use crate::clock;
use crate::signature::{self, About};
use crate::sites::{LiveSite, LiveSurvey};
use crate::store::{Handling, Kept, Posted, StoreError};

/// Most bytes of one response.
const RESPONSE_BYTES_MAX: usize = 16 * 1024;
/// Most responses of one request.
const RESPONSES_MAX: usize = 50;
/// Stands for an Origin header that is none, or for several of them.
const NO_ORIGIN: &str = "an origin that is not clear";

/// Takes one response, or a list of them. Whatever the content type says, it is read as JSON: a
/// simple request, which needs no preflight, cannot say so.
#[utoipa::path(
    post, path = "/api/v1/responses",
    request_body(content = ref("#/components/schemas/Posted"), content_type = "application/json"),
    responses(
        (status = 204, description = "all are stored durably, or were before"),
        (
            status = 200,
            description = "of a list with wrong ones: the status of each; the good ones are stored",
            body = ref("#/components/schemas/Statuses"),
        ),
    ),
)]
pub(super) async fn post(
    app: Shared,
    Client(client): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Reply, Problem> {
    let body = whole(body, super::REQUEST_BYTES_MAX).await?;
    let is_list = body.trim_ascii_start().starts_with(b"[");
    // Boxed, because who waits for the disk holds no more memory than needed: others use it while
    // it is hot.
    let (batch, statuses) = Box::pin(accept_all(&app, client, headers, body, is_list)).await?;
    let mut statuses = store(&app, batch, statuses).await?;
    if is_list {
        return Ok(reply_to_list(statuses));
    }
    statuses.pop().unwrap_or(Ok(())).map(|()| StatusCode::NO_CONTENT.into_response())
}

/// Parses the responses of a body and checks them; those accepted, and for each how it went.
async fn accept_all(
    app: &App,
    client: IpAddr,
    headers: HeaderMap,
    body: Bytes,
    is_list: bool,
) -> Result<(Vec<Posted>, Vec<Result<(), Problem>>), Problem> {
    let items = if is_list { split(&body)? } else { vec![&body[..]] };
    let sender = Sender::of(app, &headers);
    if !sender.is_admin {
        app.limiter.count_from(client, items.len())?;
    }
    let mut batch = Vec::with_capacity(items.len());
    let mut statuses = Vec::with_capacity(items.len());
    for item in items {
        statuses.push(accept(app, &sender, item).await.map(|posted| batch.push(posted)));
    }
    Ok((batch, statuses))
}

fn split(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let items: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    if items.len() > RESPONSES_MAX {
        let detail = format!("{} responses; send at most {RESPONSES_MAX} at once", items.len());
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(items.into_iter().map(|item| item.get().as_bytes()).collect())
}

/// Who sends a request, as far as that decides what is taken.
pub(super) struct Sender<'a> {
    origin: Option<&'a str>,
    is_admin: bool,
}

impl Sender<'_> {
    /// The sender of a request with these headers.
    pub(super) fn of<'a>(app: &App, headers: &'a HeaderMap) -> Sender<'a> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next().map(|origin| match (origin.to_str(), origins.next()) {
            (Ok(origin), None) => origin,
            _ => NO_ORIGIN,
        });
        // Only a request without an origin needs the token, so only then is it looked at.
        let is_admin = origin.is_none() && app.access.has_token(headers);
        Sender { origin, is_admin }
    }

    /// Lets a request about a site pass.
    ///
    /// # Errors
    /// 403 when the site takes nothing from there.
    pub(super) fn may_post_to(&self, app: &App, site: &LiveSite) -> Result<(), Problem> {
        let allowed = match self.origin {
            Some(origin) => origin == app.public_url || site.site.allows(origin),
            None => self.is_admin || site.site.allows_everybody(),
        };
        let key = &site.site.site;
        allowed.then_some(()).ok_or_else(|| {
            let detail = match self.origin {
                Some(origin) => format!("site {key:?} takes no answers from {origin}; its owner can add it to \"origins\""),
                None => format!("site {key:?} takes answers without an Origin header only with the admin token"),
            };
            Problem::new(StatusCode::FORBIDDEN, detail)
        })
    }
}

/// Parses one response and checks it against the definition it was asked with.
async fn accept(app: &App, sender: &Sender<'_>, item: &[u8]) -> Result<Posted, Problem> {
    if item.len() > RESPONSE_BYTES_MAX {
        return Err(too_large("a response", RESPONSE_BYTES_MAX));
    }
    let read: Option<Response> = json::read(item);
    // Whose it is comes before what is wrong with it.
    let value = if read.is_none() { json::parse(item)? } else { Value::Null };
    let (site, survey) = match &read {
        Some(response) => (response.site.as_str(), response.survey.as_str()),
        None => (named(&value, "site")?, named(&value, "survey")?),
    };
    let site = app.sites.get(site).ok_or_else(|| no_such("site", site))?;
    let live = site.survey(survey).ok_or_else(|| no_such("survey", survey))?;
    sender.may_post_to(app, &site)?;
    let text = read.as_ref().and_then(|response| as_it_came(item, response));
    let mut response = read.map_or_else(|| json::parse_as(item), Ok)?;
    response.id.make_ascii_lowercase();
    if response.version.is_none() {
        response.version = Some(version_of(app, &response, live).await?);
    }
    let definition = live.version(response.version.as_deref()).ok_or_else(|| {
        Problem::bad(
            "version",
            "this survey was never asked in that version; leave the field out for the current one",
        )
    })?;
    survey::accept(&definition, &response)?;
    if !sender.is_admin {
        app.limiter.count_for(&response.site, response.respondent.as_deref())?;
    }
    let received_at_ms = clock::now_ms();
    response.verified = is_proven(app, &response, received_at_ms).await?;
    let id_ms = uuid_v7_ms(&response.id).unwrap_or(received_at_ms);
    let submitted_at_ms = submitted_at_ms(id_ms, received_at_ms);
    let doubt = match sender.is_admin {
        true => None,
        false => doubt(app, &site.site, &response, received_at_ms).await?,
    };
    Ok(Posted {
        imported: false,
        doubt,
        answer_min_ms: if sender.is_admin { 0 } else { site.site.answer_min_ms() },
        excluded: response.test,
        handling: Handling::default(),
        response,
        text,
        definition,
        received_at_ms,
        submitted_at_ms,
    })
}

/// The text of an item, in one line, if the response in it is stored as it came: the collector has
/// nothing to fill in, to mend or to leave out.
fn as_it_came(item: &[u8], response: &Response) -> Option<String> {
    let Response { id, version, token, user_signature, verified, .. } = response;
    let is_whole = version.is_some() && !id.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_bare = token.is_none() && user_signature.is_none() && !verified;
    // A line's end stands between two tokens only, where a space means the same.
    let text = (is_whole && is_bare).then(|| std::str::from_utf8(item).ok())?;
    text.map(|text| text.replace('\n', " "))
}

/// Whether a response proves that its respondent is who they are said to be.
async fn is_proven(app: &App, posted: &Response, now_ms: i64) -> Result<bool, Problem> {
    let Response { site, respondent, token, user_signature, .. } = posted;
    let (Some(respondent), true) = (respondent, token.is_some() || user_signature.is_some()) else {
        return Ok(false);
    };
    let secret = app.sites.secret(site).await?;
    let is_signed = |signed: &String| signature::fits(&secret, respondent, signed);
    let about = About::Respondent(respondent);
    let is_good = |token: &String| signature::is_good(&secret, about, token, now_ms);
    Ok(user_signature.as_ref().is_some_and(is_signed) || token.as_ref().is_some_and(is_good))
}

/// Why a response looks like the work of a program, if it does.
async fn doubt(
    app: &App,
    site: &Site,
    posted: &Response,
    now_ms: i64,
) -> Result<Option<String>, Problem> {
    let doubt = app.doubts.about(posted, now_ms);
    // A test counts nowhere as it is.
    let needs_none = !site.proof || posted.verified || posted.test || !posted.is_answered();
    if doubt.is_some() || needs_none {
        return Ok(doubt);
    }
    let secret = app.sites.secret(&site.site).await?;
    Ok(doubts::unproven(posted, &secret, site.answer_min_ms(), now_ms))
}

/// The problem with something that is not there.
pub(super) fn no_such(what: &str, key: &str) -> Problem {
    Problem::not_found(format!("there is no {what} {key:?} here")).at(what)
}

/// The version of a response that names none: that of what is stored of it, else the current one.
async fn version_of(app: &App, posted: &Response, live: &LiveSurvey) -> Result<String, Problem> {
    let stored = match posted.revision {
        // Nearly always the first post, and if it is not, then it changes nothing.
        1 => None,
        _ if live.has_one_version() => None,
        _ => Box::pin(app.store.asked_version(posted.site.clone(), posted.id.clone())).await?,
    };
    // What is stored may be of another survey; appending it says so.
    let known = stored.filter(|version| live.version(Some(version)).is_some());
    Ok(known.unwrap_or_else(|| live.version.clone()))
}

fn named<'a>(value: &'a Value, field: &str) -> Result<&'a str, Problem> {
    if !value.is_object() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "a response is a JSON object"));
    }
    value[field]
        .as_str()
        .ok_or_else(|| Problem::bad(field, format!("{field:?} has to be given, as a text")))
}

/// Stores what was accepted, all at once, and says for each item how it went.
async fn store(
    app: &App,
    batch: Vec<Posted>,
    statuses: Vec<Result<(), Problem>>,
) -> Result<Vec<Result<(), Problem>>, Problem> {
    let kept = if batch.is_empty() { Vec::new() } else { app.store.append(batch).await? };
    let mut kept = kept.into_iter();
    // Those accepted come back in the order in which they went in.
    let told = |status: Result<(), Problem>| {
        let told = status.and_then(|()| kept.next().map_or(Ok(false), tell));
        app.metrics.posted(&told);
        told.map(|_| ())
    };
    Ok(statuses.into_iter().map(told).collect())
}

/// Whether a response is new to the store, or why it was refused.
fn tell(kept: Kept) -> Result<bool, Problem> {
    match kept {
        Kept::New | Kept::Revised => Ok(true),
        Kept::Known => Ok(false),
        Kept::OtherSurvey(survey) => {
            let detail =
                format!("this id belongs to a response of survey {survey:?}; make a new one");
            Err(Problem::new(StatusCode::CONFLICT, detail).at("id"))
        }
        Kept::Unanswered => {
            let detail = "a response is answered or completed only with at least one answer";
            Err(Problem::bad("state", detail))
        }
        Kept::Damaged(reason) => Err(StoreError::Damaged(reason).into()),
    }
}

/// 204 when all are stored, else 200 with a status for each, and when all of them can be sent again.
fn reply_to_list(statuses: Vec<Result<(), Problem>>) -> Reply {
    if statuses.iter().all(Result::is_ok) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let problems = statuses.iter().filter_map(|status| status.as_ref().err());
    let wait_s = problems.filter_map(Problem::retry_after_s).max();
    let items = statuses.into_iter().map(|status| match status {
        Ok(()) => json!({ "status": 204 }),
        Err(problem) => json!(problem),
    });
    let mut reply = axum::Json(items.collect::<Value>()).into_response();
    if let Some(wait_s) = wait_s {
        reply.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    }
    reply
}

fn broken(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, format!("the body is not the JSON it should be: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stored_as_it_came_is_taken_over_as_text() {
        let check = |more: &str, expected: bool| {
            let body = format!(
                r#" {{"id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","site":"a",
                "survey":"s","state":"shown"{more}}}"#
            );
            let response = json::read(body.as_bytes()).expect(&body);
            let text = as_it_came(body.as_bytes(), &response);
            assert_eq!(text.is_some(), expected, "{body}");
            let shouted = Response { id: response.id.to_ascii_uppercase(), ..response.clone() };
            assert!(as_it_came(body.as_bytes(), &shouted).is_none());
            let Some(text) = text else { return };
            assert!(!text.contains('\n'));
            assert_eq!(serde_json::from_str::<Response>(&text).unwrap(), response);
        };
        check("", false);
        let version = r#","version":"1""#;
        check(version, true);
        check(&format!(r#"{version},"locale":"en\n","page":null,"new":[{{}}]"#), true);
        for secret in ["token", "user_signature", "user\\u005fsignature"] {
            check(&format!(r#"{version},"{secret}":"1""#), false);
        }
        check(&format!(r#"{version},"verified":true"#), false);
    }
}

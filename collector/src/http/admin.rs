//! The admin interface: sites, surveys, summaries and responses as JSON.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use survey::{Group, Site, Summary};

use super::access::expect_admin;
use super::body::whole;
use super::parameters::{Parameters, Values, flag};
use super::problem::Problem;
use super::{App, Shared};
use crate::sites::{self, LiveSite, SiteError};
use crate::store::{Page, PageQuery};
use crate::transfer::listed;

/// Most responses on one page, and how many when none are asked for.
const PAGE_MAX: usize = 500;
const PAGE_DEFAULT: usize = 100;

/// `GET /api/v1/surveys`
#[utoipa::path(
    get, path = "/api/v1/surveys",
    responses((
        status = 200, description = "every survey of every site",
        body = ref("#/components/schemas/Surveys"),
    )),
    security(("token" = [])),
)]
pub(super) async fn surveys(
    State(app): Shared,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    expect_admin(&app, &headers).await?;
    let sites = app.sites.all();
    let of_site = |site: &std::sync::Arc<LiveSite>| -> Vec<Value> {
        let entry = |(id, live): (&String, &sites::LiveSurvey)| {
            json!({
                "site": site.site.site,
                "survey": id,
                "version": live.version,
                "active": live.active,
                "managed_by": if site.is_managed_by_file() { "file" } else { "api" },
            })
        };
        site.surveys.iter().map(entry).collect()
    };
    let surveys: Vec<Value> = sites.iter().flat_map(of_site).collect();
    Ok(Json(json!({ "surveys": surveys })))
}

/// `GET /api/v1/sites/{site}`
#[utoipa::path(
    get, path = "/api/v1/sites/{site}",
    params(("site" = String, Path, example = "sofal")),
    responses((
        status = 200, description = "the site's file as it is in use",
        body = ref("#/components/schemas/Site"),
    )),
    security(("token" = [])),
)]
pub(super) async fn site(
    State(app): Shared,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Site>, Problem> {
    Ok(Json(find_as_admin(&app, &headers, &site).await?.site.clone()))
}

/// `GET /api/v1/sites/{site}/secret`
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/secret",
    params(("site" = String, Path, example = "sofal")),
    responses((
        status = 200, description = "what the site's own server signs the ids of its users with",
        body = ref("#/components/schemas/Secret"),
    )),
    security(("token" = [])),
)]
pub(super) async fn secret(
    State(app): Shared,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    find_as_admin(&app, &headers, &site).await?;
    Ok(Json(json!({ "secret": app.sites.secret(&site).await? })))
}

/// `PUT /api/v1/sites/{site}`
#[utoipa::path(
    put, path = "/api/v1/sites/{site}",
    params(("site" = String, Path, example = "sofal"), ("dry_run" = Option<bool>, Query)),
    request_body(content = ref("#/components/schemas/Site"), content_type = "application/json"),
    responses((
        status = 200, description = "the site's file as it is in use from now on",
        body = ref("#/components/schemas/Site"),
    )),
    security(("token" = [])),
)]
pub(super) async fn put_site(
    State(app): Shared,
    Path(key): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Site>, Problem> {
    expect_admin(&app, &headers).await?;
    let is_dry_run = flag(&parameters.only(&["dry_run"])?, "dry_run")?.unwrap_or(false);
    let body = whole(body, super::SITE_FILE_BYTES_MAX).await?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the site file is not UTF-8"))?;
    let site = sites::check(text).map_err(SiteError::Problems)?;
    if site.site != key {
        let detail = format!("the file is of site {:?}, the address of {key:?}", site.site);
        return Err(Problem::bad("site", detail));
    }
    app.sites.put_by_api(site.clone(), is_dry_run).await?;
    Ok(Json(site))
}

/// `DELETE /api/v1/sites/{site}`
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}",
    params(("site" = String, Path, example = "sofal")),
    responses((status = 204, description = "the site is served no more; its answers stay")),
    security(("token" = [])),
)]
pub(super) async fn delete_site(
    State(app): Shared,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    find_as_admin(&app, &headers, &site).await?;
    app.sites.delete_by_api(&site).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/surveys/{site}/{survey}/summary`
#[utoipa::path(
    get, path = "/api/v1/surveys/{site}/{survey}/summary",
    params(
        ("site" = String, Path, example = "sofal"),
        ("survey" = String, Path, example = "checkout"), ("from" = Option<String>, Query),
        ("to" = Option<String>, Query), ("interval" = Option<String>, Query),
        ("by" = Option<String>, Query), ("compare" = Option<String>, Query),
        ("also" = Option<String>, Query), ("explain" = Option<bool>, Query)
    ),
    responses((
        status = 200, description = "counts, scores and their intervals over the days asked for",
        body = ref("#/components/schemas/Summary"),
    )),
    security(("token" = [])),
)]
pub(super) async fn summary(
    State(app): Shared,
    Path((site, survey)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Json<Summary>, Problem> {
    expect_admin(&app, &headers).await?;
    let asked = parameters.only(&super::summary::PARAMETERS)?;
    super::summary::of(&app, &site, &survey, &asked).await.map(Json)
}

/// `GET /api/v1/surveys/{site}/{survey}/responses`
#[utoipa::path(
    get, path = "/api/v1/surveys/{site}/{survey}/responses",
    params(
        ("site" = String, Path, example = "sofal"),
        ("survey" = String, Path, example = "checkout"), ("after" = Option<String>, Query),
        ("limit" = Option<u16>, Query), ("group" = Option<String>, Query),
        ("comment" = Option<bool>, Query), ("excluded" = Option<bool>, Query)
    ),
    responses((
        status = 200,
        description = "a page of responses, the newest first, and where the next page starts",
        body = ref("#/components/schemas/Page"),
    )),
    security(("token" = [])),
)]
pub(super) async fn responses(
    State(app): Shared,
    Path((site, survey)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let live = find_as_admin(&app, &headers, &site).await?;
    live.survey(&survey).ok_or_else(|| no_such_survey(&live.site, &survey))?;
    let asked = parameters.only(&["after", "limit", "group", "comment", "excluded"])?;
    let Page { responses, next } = app.store.responses(page_query(site, survey, &asked)?).await?;
    Ok(Json(json!({
        "responses": responses.iter().map(listed).collect::<Vec<_>>(),
        "next": next.map(|(time, id)| format!("{time}-{id}")),
    })))
}

fn page_query(site: String, survey: String, asked: &Values) -> Result<PageQuery, Problem> {
    let get = |name: &str| asked.get(name).map(String::as_str);
    let limit = get("limit").map_or(Ok(PAGE_DEFAULT), |text| {
        let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        limit.ok_or_else(|| Problem::bad("limit", format!("use a number from 1 to {PAGE_MAX}")))
    })?;
    let after = get("after").map(|cursor| {
        let is_id = |id: &str| id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let parts = cursor.split_once('-').filter(|(_, id)| is_id(id));
        let parts = parts.and_then(|(time, id)| Some((time.parse().ok()?, id.to_owned())));
        parts.ok_or_else(|| Problem::bad("after", "use the \"next\" of the page before"))
    });
    let group = get("group").map(|name| {
        let group = serde_json::from_value::<Group>(json!(name));
        group.map_err(|_| {
            Problem::bad("group", format!("{name:?} is not a group, such as detractor"))
        })
    });
    Ok(PageQuery {
        site,
        survey,
        after: after.transpose()?,
        limit,
        group: group.transpose()?,
        commented: flag(asked, "comment")?.unwrap_or(false),
        excluded: flag(asked, "excluded")?,
    })
}

/// The site with this key, for whoever may look at it and change it.
pub(super) async fn find_as_admin(
    app: &App,
    headers: &HeaderMap,
    site: &str,
) -> Result<std::sync::Arc<LiveSite>, Problem> {
    expect_admin(app, headers).await?;
    find(app, site)
}

/// The site with this key.
pub(super) fn find(app: &App, site: &str) -> Result<std::sync::Arc<LiveSite>, Problem> {
    app.sites.get(site).ok_or_else(|| {
        let known: Vec<String> =
            app.sites.all().iter().map(|site| site.site.site.clone()).collect();
        Problem::not_found(format!("there is no site {site:?}; there are {}", known.join(", ")))
            .at("site")
    })
}

/// The problem with a survey that is not there.
pub(super) fn no_such_survey(site: &Site, survey: &str) -> Problem {
    let known: Vec<&str> = site.surveys.iter().map(|survey| survey.id.as_str()).collect();
    let detail =
        format!("site {:?} has no survey {survey:?}; it has {}", site.site, known.join(", "));
    Problem::not_found(detail).at("survey")
}

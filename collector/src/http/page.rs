//! The pages of the dashboard, and what shares their addresses: loader and definitions.

use std::sync::Arc;

use axum::Form;
use axum::extract::{OriginalUri, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::access::{expect_from_here, sign_in_first};
use super::admin::{find, no_such_survey};
use super::parameters::{Parameters, Values};
use super::problem::Problem;
use super::{App, Shared, public, summary};
use crate::pages::{self, Card};
use crate::sites::LiveSite;
use crate::store::{Amendment, PageQuery};

/// Comments, and responses left out, on a survey's page.
const LATEST: usize = 20;

/// `GET /`
pub(super) async fn overview(State(app): Shared, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(sign_in) = sign_in_first(&app, &headers, "/").await? {
        return Ok(sign_in);
    }
    let mut sites = Vec::new();
    for site in app.sites.all() {
        let cards = cards(&app, &site).await?;
        sites.push((site, cards));
    }
    Ok(pages::overview(&sites, &app.public_url).into_response())
}

/// `GET /{site}`
pub(super) async fn site(
    State(app): Shared,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(sign_in) = sign_in_first(&app, &headers, &format!("/{site}")).await? {
        return Ok(sign_in);
    }
    let site = find(&app, &site)?;
    let cards = cards(&app, &site).await?;
    Ok(pages::overview(&[(site, cards)], &app.public_url).into_response())
}

/// `GET /{site}/{file}`: the loader, a definition, or the page of a survey.
pub(super) async fn site_file(
    State(app): Shared,
    Path((site, file)): Path<(String, String)>,
    OriginalUri(address): OriginalUri,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = parameters.any();
    match file.as_str() {
        "nabz.js" => public::loader(&app, &site, &headers).await,
        "why.json" => public::why(&app, &site).await,
        file if file.ends_with(".json") => {
            let is_preview = parameters.contains_key("preview");
            public::definition(&app, &site, file, &headers, is_preview).await
        }
        survey => {
            if let Some(sign_in) = sign_in_first(&app, &headers, &address.to_string()).await? {
                return Ok(sign_in);
            }
            survey_page(&app, &site, survey, parameters).await
        }
    }
}

async fn survey_page(
    app: &App,
    site: &str,
    survey: &str,
    mut parameters: Values,
) -> Result<Response, Problem> {
    let live = find(app, site)?;
    let asked = live.survey(survey).ok_or_else(|| no_such_survey(&live.site, survey))?;
    // The page's form sends its empty fields along.
    parameters.retain(|_, value| !value.is_empty());
    let given = parameters.clone();
    parameters.entry("compare".to_owned()).or_insert_with(|| "previous".to_owned());
    parameters.insert("explain".to_owned(), "true".to_owned());
    let summary = summary::of(app, site, survey, &parameters).await?;
    let latest = |commented, excluded| PageQuery {
        site: site.to_owned(),
        survey: survey.to_owned(),
        after: None,
        limit: LATEST,
        group: None,
        commented,
        excluded,
    };
    let comments = app.store.responses(latest(true, None)).await?.responses;
    let left_out = app.store.responses(latest(false, Some(true))).await?.responses;
    let page = pages::SurveyPage {
        site: &live,
        definition: &asked.definition(),
        ever_asked: &asked.ever_asked(),
        active: asked.active,
        summary: &summary,
        view: pages::View::new(&summary, &given),
        alike: &summary::alike(&live, &asked.definition()),
        comments: &comments,
        left_out: &left_out,
        public_url: &app.public_url,
    };
    Ok(pages::survey(&page).into_response())
}

/// What the form beside a response sends.
#[derive(Debug, Deserialize)]
pub(super) struct Exclusion {
    excluded: bool,
    why: Option<String>,
}

/// `POST /{site}/{survey}/{id}`: leaves a response out of the numbers, or brings it back.
pub(super) async fn exclude(
    State(app): Shared,
    Path((site, survey, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    Form(Exclusion { excluded, why }): Form<Exclusion>,
) -> Result<Response, Problem> {
    let page = format!("/{site}/{survey}");
    if let Some(sign_in) = sign_in_first(&app, &headers, &page).await? {
        return Ok(sign_in);
    }
    expect_from_here(&app, &headers)?;
    let why = why.filter(|why| !why.is_empty());
    let by = "somebody signed in to the dashboard".to_owned();
    let amendment = Amendment { excluded: Some((excluded, by, why)), ..Amendment::default() };
    app.store.amend(site, id, amendment).await?;
    Ok(Redirect::to(&page).into_response())
}

/// What the overview shows of each survey: its last 90 days.
async fn cards(app: &App, site: &Arc<LiveSite>) -> Result<Vec<Card>, Problem> {
    let mut cards = Vec::new();
    for (id, live) in &site.surveys {
        let summary = summary::of(app, &site.site.site, id, &Default::default()).await?;
        cards.push(Card { definition: live.definition(), active: live.active, summary });
    }
    // Those that are asked now come first.
    cards.sort_by_key(|card| !card.active);
    Ok(cards)
}

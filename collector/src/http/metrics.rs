//! `GET /metrics`: what a running collector tells its operators, as Prometheus text.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::access::expect_operator;
use super::problem::Problem;
use super::{RESPONSES, Shared};

/// The status of a request whose responses are all stored.
const STORED: StatusCode = StatusCode::NO_CONTENT;
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper bounds of latencies, in seconds.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What is counted. Nothing of it is about a single client or respondent.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_seconds: Family<Route, Histogram>,
    responses: Family<Outcome, Counter>,
    usual: UsualMetrics,
    commits: Counter,
    waiting: Gauge,
    /// Connections that are open.
    pub connections: Gauge,
    /// Connections that found no place, or none for what they sent.
    pub turned_away: Counter,
}

/// What a response that is stored counts in, so that it has not to be found for each.
struct UsualMetrics {
    requests: Counter,
    request_seconds: Histogram,
    stored: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: Cow<'static, str>,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: Cow<'static, str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Metrics {
    /// Everything at zero.
    pub(crate) fn new() -> Metrics {
        let requests = Family::<Answered, Counter>::default();
        let request_seconds: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let responses = Family::<Outcome, Counter>::default();
        let route: Cow<'static, str> = RESPONSES.into();
        let answered = Answered { route: route.clone(), status: STORED.as_u16() };
        let usual = UsualMetrics {
            requests: requests.get_or_create_owned(&answered),
            request_seconds: request_seconds.get_or_create_owned(&Route { route }),
            stored: responses.get_or_create_owned(&Outcome { outcome: "stored" }),
        };
        let mut metrics = Metrics {
            registry: Registry::with_prefix("nabz"),
            requests,
            request_seconds,
            responses,
            usual,
            commits: Counter::default(),
            waiting: Gauge::default(),
            connections: Gauge::default(),
            turned_away: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let Metrics { registry, requests, request_seconds, responses, .. } = self;
        registry.register("requests", "Requests answered", requests.clone());
        let help = "Time from the head of a request to its answer";
        registry.register_with_unit("request", help, Unit::Seconds, request_seconds.clone());
        let help = "Responses posted: stored, known already, or why they were refused";
        registry.register("responses", help, responses.clone());
        registry.register("commits", "Transactions that stored responses", self.commits.clone());
        let help = "Requests that wait for the writer of the store";
        registry.register("waiting", help, self.waiting.clone());
        registry.register("connections", "Connections that are open", self.connections.clone());
        let help = "Connections that found no place, or none for what they sent";
        registry.register("connections_turned_away", help, self.turned_away.clone());
    }

    /// Counts a request that was answered.
    pub(super) fn answered(&self, route: Cow<'static, str>, status: StatusCode, took: Duration) {
        if route == RESPONSES && status == STORED {
            self.usual.request_seconds.observe(took.as_secs_f64());
            self.usual.requests.inc();
            return;
        }
        let seconds = self.request_seconds.get_or_create(&Route { route: route.clone() });
        seconds.observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { route, status: status.as_u16() }).inc();
    }

    /// Counts a response that was posted, by what became of it.
    pub(super) fn posted(&self, outcome: &Result<bool, Problem>) {
        let outcome = match outcome {
            Ok(true) => {
                self.usual.stored.inc();
                return;
            }
            Ok(false) => "known",
            Err(problem) => reason(problem.status()),
        };
        self.responses.get_or_create(&Outcome { outcome }).inc();
    }
}

/// Why a response was refused, in a word.
fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "origin",
        StatusCode::NOT_FOUND => "unknown_survey",
        StatusCode::CONFLICT => "other_survey",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNPROCESSABLE_ENTITY => "out_of_bounds",
        StatusCode::TOO_MANY_REQUESTS => "too_many",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "malformed",
    }
}

/// The route of a request, as it stands in the table of routes: one of few, whatever is asked for.
pub(super) fn route_of(request: &Request) -> Cow<'static, str> {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or("none".into(), |matched| matched.as_str().to_owned().into())
}

/// `GET /metrics`
#[utoipa::path(
    get, path = "/metrics",
    responses(
        (
            status = 200, description = "counters and times, for Prometheus",
            body = String, content_type = "application/openmetrics-text",
        ),
    ),
    security(("token" = [])),
)]
pub(super) async fn metrics(app: Shared, headers: HeaderMap) -> Result<Response, Problem> {
    expect_operator(&app, &headers).await?;
    let metrics = &app.metrics;
    let activity = app.store.activity();
    metrics.waiting.set(i64::try_from(activity.waiting).unwrap_or(i64::MAX));
    metrics.commits.inc_by(activity.commits.saturating_sub(metrics.commits.get()));
    let mut body = String::new();
    let failed =
        |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written");
    text::encode(&mut body, &metrics.registry).map_err(failed)?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], body).into_response())
}

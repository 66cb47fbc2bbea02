//! From the parameters of an address to a summary: the same for JSON and for pages.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use survey::scope::{Every, Range, Scope};
use survey::summary::Subject;
use survey::tally::{EVERYBODY, Row, STATES, option_series};
use survey::{Day, Definition, Question, Site, Summary, summarize};

use super::App;
use super::admin::{find, no_such_survey};
use super::parameters::{Values, flag};
use super::problem::Problem;
use crate::clock;
use crate::sites::LiveSite;
use crate::store::TallyQuery;

/// What can be asked about a summary.
pub(super) const PARAMETERS: [&str; 7] =
    ["from", "to", "interval", "by", "compare", "also", "explain"];

/// The summary of a survey that parameters ask for.
pub(super) async fn of(
    app: &App,
    site: &str,
    survey: &str,
    parameters: &Values,
) -> Result<Summary, Problem> {
    let live = find(app, site)?;
    let asked = live.survey(survey).ok_or_else(|| no_such_survey(&live.site, survey))?;
    let explain = flag(parameters, "explain")?.unwrap_or(false);
    let definition = asked.definition();
    let by = parameters.get("by").map(|key| declared(&live.site, key)).transpose()?;
    let mut sources = vec![Source { survey: survey.to_owned(), names: None }];
    if let Some(also) = parameters.get("also") {
        sources.push(same_questions(&live, &definition, also)?);
    }
    let (scope, counted) = read(app, &live, parameters, &sources, by).await?;
    let subject = Subject {
        site,
        time_zone: &counted.time_zone,
        week_starts: live.site.week_starts(),
        definition: &definition,
        ever_asked: &asked.ever_asked(),
    };
    let summary = summarize(subject, scope, &counted.everybody, &counted.by_key);
    let explain = explain.then(|| survey::explain(&summary, clock::rfc3339(clock::now_ms())));
    Ok(Summary { explain, ..summary })
}

/// What was counted, all at one moment.
struct Counted {
    /// Whose days they are.
    time_zone: String,
    everybody: Vec<Row>,
    by_key: Vec<Row>,
}

/// Reads all tallies that a summary needs. While a changed time zone is being counted, the days are
/// those of the old one; should the new one be shown between two looks, it looks again.
async fn read(
    app: &App,
    live: &LiveSite,
    parameters: &Values,
    sources: &[Source],
    by: Option<&str>,
) -> Result<(Scope, Counted), Problem> {
    let (mut name, mut zone) = (live.site.time_zone.clone(), live.zone.clone());
    loop {
        let scope = scope(parameters, clock::day_of(clock::now_ms(), &zone))?;
        let counted = read_once(app, &live.site.site, scope, sources, by).await?;
        if name == counted.time_zone {
            return Ok((scope, counted));
        }
        zone = TimeZone::get(&counted.time_zone).unwrap_or(TimeZone::UTC);
        name = counted.time_zone;
    }
}

async fn read_once(
    app: &App,
    site: &str,
    scope: Scope,
    sources: &[Source],
    by: Option<&str>,
) -> Result<Counted, Problem> {
    let everybody = scope.ranges().map(|range| (EVERYBODY, range));
    let wanted: Vec<_> = everybody.chain(by.map(|key| (key, scope.range))).collect();
    let queries = sources.iter().flat_map(|source| wanted.iter().map(|it| source.query(*it)));
    let tallies = app.store.tally(site.to_owned(), queries.collect()).await?;
    let mut counted =
        Counted { time_zone: tallies.time_zone, everybody: Vec::new(), by_key: Vec::new() };
    let asked = sources.iter().flat_map(|source| wanted.iter().map(move |it| (source, it.0)));
    for (rows, (source, key)) in tallies.rows.into_iter().zip(asked) {
        let place = if key == EVERYBODY { &mut counted.everybody } else { &mut counted.by_key };
        place.extend(rows.into_iter().filter_map(|row| source.renamed(row)));
    }
    Ok(counted)
}

/// A survey whose tallies are added up.
struct Source {
    survey: String,
    /// For another survey: its questions, and what the same questions are called in ours.
    names: Option<HashMap<String, String>>,
}

impl Source {
    fn query(&self, (key, range): (&str, Range)) -> TallyQuery {
        let Range { from, to } = range;
        TallyQuery { survey: self.survey.clone(), key: key.to_owned(), from, to }
    }

    /// A row under the name that our question has; `None` for a question that we do not ask.
    fn renamed(&self, mut row: Row) -> Option<Row> {
        let Some(names) = self.names.as_ref().filter(|_| row.series != STATES) else {
            return Some(row);
        };
        row.series = match row.series.split_once('/') {
            None => names.get(&row.series)?.clone(),
            Some((question, option)) => option_series(names.get(question)?, option),
        };
        Some(row)
    }
}

/// Another survey whose answers may be merged, because it asks a question of ours: the same
/// scale, the same prompt, the same options.
fn same_questions(site: &LiveSite, ours: &Definition, also: &str) -> Result<Source, Problem> {
    let other = site.survey(also).ok_or_else(|| no_such_survey(&site.site, also))?.definition();
    let same = |a: &Question, b: &Question| {
        (a.scale, a.points(), &a.prompt, &a.options) == (b.scale, b.points(), &b.prompt, &b.options)
    };
    let name = |theirs: &Question| {
        let ours = ours.questions.iter().find(|ours| same(ours, theirs))?;
        Some((theirs.id().to_owned(), ours.id().to_owned()))
    };
    let names: HashMap<_, _> = other.questions.iter().filter_map(name).collect();
    if names.is_empty() || also == ours.survey {
        let detail = format!("survey {also:?} asks no question with the same scale and prompt");
        return Err(Problem::bad("also", detail));
    }
    Ok(Source { survey: also.to_owned(), names: Some(names) })
}

/// The other surveys whose answers may be merged with those of a survey.
pub(super) fn alike(site: &LiveSite, ours: &Definition) -> Vec<String> {
    let others = site.surveys.keys().filter(|other| **other != ours.survey);
    others.filter(|other| same_questions(site, ours, other).is_ok()).cloned().collect()
}

/// The days and the periods that parameters ask for.
fn scope(parameters: &Values, today: Day) -> Result<Scope, Problem> {
    let day = |name: &'static str| {
        let given = parameters.get(name).map(|text| text.parse::<Day>());
        given.transpose().map_err(|detail| Problem::bad(name, detail))
    };
    let range = Range::new(day("from")?, day("to")?, today)
        .map_err(|(field, detail)| Problem::bad(field, detail))?;
    let every = match parameters.get("interval").map(String::as_str) {
        None | Some("day") => Every::Day,
        Some("week") => Every::Week,
        Some("month") => Every::Month,
        Some(other) => {
            let detail = format!("{other:?} is not known; use day, week or month");
            return Err(Problem::bad("interval", detail));
        }
    };
    let compare = parameters.get("compare").map(|named| earlier(named, range)).transpose()?;
    Ok(Scope { range, every, compare })
}

/// The days to compare with: `previous`, or `2026-01-01..2026-03-31`.
fn earlier(named: &str, range: Range) -> Result<Range, Problem> {
    if named == "previous" {
        return Ok(range.previous());
    }
    let unknown = || {
        let detail =
            format!("{named:?} is not known; use previous, or days such as 2026-01-01..2026-03-31");
        Problem::bad("compare", detail)
    };
    let (from, to) = named.split_once("..").ok_or_else(unknown)?;
    let [from, to] = [from, to].map(|day| day.parse::<Day>().map_err(|_| unknown()));
    let (from, to) = (from?, to?);
    Range::new(Some(from), Some(to), to).map_err(|(_, detail)| Problem::bad("compare", detail))
}

fn declared<'a>(site: &Site, key: &'a str) -> Result<&'a str, Problem> {
    if site.breakdowns.iter().any(|declared| declared == key) {
        return Ok(key);
    }
    let detail = match site.breakdowns.as_slice() {
        [] => format!("{key:?} is not counted; add it to \"breakdowns\" in the site file"),
        keys => {
            format!("{key:?} is not counted; use {}, or add it to \"breakdowns\"", keys.join(", "))
        }
    };
    Err(Problem::bad("by", detail))
}

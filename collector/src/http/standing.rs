//! Whether surveys are asked at all, told to the loader before it shows one and to
//! `nabz.why()`.

use std::time::Duration;

use serde_json::{Value, json};
use survey::rules::CONDITIONS;
use survey::standing::Standing;
use survey::tally::{ANSWERED, EVERYBODY, STATES};
use survey::{Day, Survey};
use tokio::time::timeout;

use super::App;
use super::problem::Problem;
use crate::clock;
use crate::sites::LiveSite;
use crate::store::TallyQuery;

/// For how long a page waits for its loader because answers are counted.
const PATIENCE: Duration = Duration::from_millis(500);

/// How a survey of a site stands now.
pub(super) async fn of(app: &App, live: &LiveSite, id: &str) -> Result<Standing, Problem> {
    match live.site.survey(id) {
        Some(survey) => standing(app, live, survey).await,
        None => Ok(Standing::Removed),
    }
}

/// The surveys of a site that are over. One whose answers cannot be counted now is not.
pub(super) async fn over(app: &App, live: &LiveSite) -> Vec<String> {
    let mut over = Vec::new();
    for survey in &live.site.surveys {
        let found = timeout(PATIENCE, standing(app, live, survey)).await;
        if found.is_ok_and(|found| found.is_ok_and(Standing::is_over)) {
            over.push(survey.id.clone());
        }
    }
    over
}

async fn standing(app: &App, live: &LiveSite, survey: &Survey) -> Result<Standing, Problem> {
    // Counted only where it matters.
    let answered = match survey.responses_max {
        Some(_) => answered(app, &live.site.site, &survey.id).await?,
        None => 0,
    };
    let today = clock::day_of(clock::now_ms(), &live.zone);
    Ok(survey.standing(today, answered))
}

async fn answered(app: &App, site: &str, survey: &str) -> Result<u64, Problem> {
    let (from, to) = (Day(i32::MIN), Day(i32::MAX));
    let query = TallyQuery { survey: survey.to_owned(), key: EVERYBODY.to_owned(), from, to };
    let tallies = app.store.tally(site.to_owned(), vec![query]).await?;
    let states = tallies.rows.iter().flatten().filter(|row| row.series == STATES);
    let sum: i64 = states.map(|row| row.cells[ANSWERED]).sum();
    Ok(sum.try_into().unwrap_or_default())
}

/// `GET /{site}/why.json`: every survey the site has, most urgent first, with the element it stands
/// in if that is one of the page, and what each condition of its rule looks at.
pub(super) async fn table(app: &App, live: &LiveSite) -> Result<Value, Problem> {
    let rules = live.rules(|_| true);
    let mut surveys = Vec::new();
    for rule in rules.surveys {
        let standing = of(app, live, &rule.id).await?;
        surveys.push(json!({
            "id": rule.id,
            "standing": standing,
            "words": standing.words(),
            "target": live.site.survey(&rule.id).and_then(|survey| survey.target.as_ref()),
            "rule": rule,
        }));
    }
    let about: Value = CONDITIONS.iter().map(|it| (it.name.to_owned(), json!(it.about))).collect();
    Ok(json!({ "site": live.site.site, "surveys": surveys, "about": about }))
}

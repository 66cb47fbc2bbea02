//! Defines [`Summary`]: everything that is shown about one survey over one range of days.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::day::Day;
use crate::definition::{Definition, Opt, Question};
use crate::explain::Explanation;
use crate::metric::MetricSummary;
use crate::scale::{Group, Scale};
use crate::scope::{Every, Range, Scope};
use crate::score::{Change, Distribution, Score, Share};
use crate::site::WeekDay;
use crate::tally::{
    self, ANSWERED, COMPLETED, Cells, DISMISSED, EXCLUDED, IMPORTED, IMPORTED_COMPLETED, METRIC,
    Row, SHOWN, STATES,
};

/// Everything shown about one survey over one range of days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// What cut time into days.
    pub time_zone: String,
    /// How often it was shown and what came of it.
    #[serde(flatten)]
    pub funnel: Funnel,
    /// Answered / shown, 0–1; `None` without showings.
    pub response_rate: Option<f64>,
    /// Completed / answered, 0–1; `None` without answers.
    pub completion_rate: Option<f64>,
    /// Each question.
    pub questions: Vec<QuestionSummary>,
    /// What both questions together measure.
    pub metric: Option<MetricSummary>,
    /// The length of the trend's periods.
    pub interval: Every,
    /// One entry a period, empty ones included.
    pub trend: Vec<Period>,
    /// One entry a value of the breakdown key asked for, most answers first.
    pub by: Vec<Breakdown>,
    /// The days before, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<Comparison>,
    /// Where the numbers come from, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

/// How often a survey was shown and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Funnel {
    /// Responses, whatever their state.
    pub shown: i64,
    /// Those with at least one answer.
    pub answered: i64,
    /// Those gone through to the end.
    pub completed: i64,
    /// Those closed without any answer.
    pub dismissed: i64,
    /// Responses left out of every number: tests, spam, staff. Not among those shown.
    pub excluded: i64,
    /// Those of the answered that were imported without showings, and so are in no rate.
    pub imported: i64,
    /// Those of the completed that were imported without showings.
    pub imported_completed: i64,
}

impl Funnel {
    /// Answered / shown, 0–1; `None` without showings. Imported responses have no showings, so no
    /// rate knows of them.
    pub fn response_rate(&self) -> Option<f64> {
        rate(self.answered - self.imported, self.shown)
    }

    /// Completed / answered, 0–1; `None` without answers.
    pub fn completion_rate(&self) -> Option<f64> {
        rate(self.completed - self.imported_completed, self.answered - self.imported)
    }
}

/// What was answered to one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestionSummary {
    /// The question's id.
    pub id: String,
    /// Its scale.
    pub scale: Scale,
    /// Whether it is no longer asked: then it is here because it was answered in these days.
    pub retired: bool,
    /// How many answered it.
    pub answered: i64,
    /// How often each value was given: the scale's, the number of problems named, or each option.
    #[serde(serialize_with = "as_map")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, i64>"))]
    pub counts: Vec<(String, i64)>,
    /// How many answers fell into each group, best first.
    #[serde(serialize_with = "as_map")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, i64>"))]
    pub groups: Vec<(Group, i64)>,
    /// The mean value; `None` without answers or for free text.
    pub mean: Option<f64>,
    /// The lower end of the mean's 95 % interval.
    pub mean_low: Option<f64>,
    /// The upper end of the mean's 95 % interval.
    pub mean_high: Option<f64>,
    /// The share of each option, or of each group where there are none, in percent.
    pub shares: BTreeMap<String, Share>,
    /// The scale's score; `None` for free text.
    pub score: Option<Score>,
}

/// One period of the trend.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Period {
    /// Its first day within the range.
    pub start: Day,
    /// Responses.
    pub shown: i64,
    /// Responses with at least one answer.
    pub answered: i64,
    /// Each question.
    pub questions: Vec<PeriodQuestion>,
}

/// One question in one period or bucket.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeriodQuestion {
    /// The question's id.
    pub id: String,
    /// How many answered it.
    pub answered: i64,
    /// The scale's score; `None` for free text.
    pub score: Option<Score>,
}

/// One value of a breakdown key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Breakdown {
    /// The value.
    pub value: String,
    /// How often it was shown to respondents with this value, and what came of it.
    #[serde(flatten)]
    pub funnel: Funnel,
    /// Each question.
    pub questions: Vec<PeriodQuestion>,
}

/// The change from an earlier range.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    /// The earlier range's first day.
    pub from: Day,
    /// The earlier range's last day.
    pub to: Day,
    /// Each question.
    pub questions: Vec<QuestionChange>,
}

/// The change of one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestionChange {
    /// The question's id.
    pub id: String,
    /// The change of its score.
    #[serde(flatten)]
    pub change: Change,
}

/// Whose summary it is.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The site's key.
    pub site: &'a str,
    /// The site's time zone.
    pub time_zone: &'a str,
    /// The site's first day of a week.
    pub week_starts: WeekDay,
    /// The survey's current definition.
    pub definition: &'a Definition,
    /// Every question it ever asked, with every option: see [`crate::ever_asked`].
    pub ever_asked: &'a [Question],
}

impl Subject<'_> {
    fn asks(&self, question: &Question) -> bool {
        self.definition.question(question.id()).is_some()
    }

    fn offers(&self, question: &Question, option: &Opt) -> bool {
        let now = self.definition.question(question.id());
        now.is_some_and(|now| now.options.iter().any(|offered| offered.id == option.id))
    }

    /// What is asked now, and of what was asked earlier whatever was answered.
    fn questions(&self, answered: &Sums) -> Vec<Question> {
        let mut questions = self.ever_asked.to_vec();
        questions.retain(|it| self.asks(it) || answered.cells(it.id()) != Cells::default());
        for question in &mut questions {
            let mut options = std::mem::take(&mut question.options);
            options.retain(|option| {
                self.offers(question, option) || answered.chosen(question, option) != 0
            });
            question.options = options;
        }
        questions
    }
}

/// Computes a summary from tallies: `everybody` over [`Scope::ranges`], and `by` the rows of the
/// breakdown key asked for. Rows outside the scope are left out.
pub fn summarize(subject: Subject, scope: Scope, everybody: &[Row], by: &[Row]) -> Summary {
    let range = scope.range;
    let total = Sums::of(everybody.iter().filter(|row| range.contains(row.day)));
    let questions = &subject.questions(&total);
    let funnel = total.funnel();
    Summary {
        site: subject.site.to_owned(),
        survey: subject.definition.survey.clone(),
        from: range.from,
        to: range.to,
        time_zone: subject.time_zone.to_owned(),
        funnel,
        response_rate: funnel.response_rate(),
        completion_rate: funnel.completion_rate(),
        questions: questions
            .iter()
            .map(|question| total.question(question, !subject.asks(question)))
            .collect(),
        metric: subject.definition.metric.map(|metric| metric.summarize(&total.cells(METRIC))),
        interval: scope.every,
        trend: trend(questions, scope, subject.week_starts, everybody),
        by: breakdown(questions, range, by),
        compare: scope.compare.map(|earlier| compare(questions, earlier, everybody, &total)),
        explain: None,
    }
}

fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn trend(questions: &[Question], scope: Scope, first: WeekDay, rows: &[Row]) -> Vec<Period> {
    let mut starts = vec![scope.range.from];
    let next = |start: &Day| scope.every.next(*start, first);
    let after = |start: &Day| Some(next(start)).filter(|next| *next <= scope.range.to);
    starts.extend(std::iter::successors(after(&scope.range.from), after));
    let mut sums = vec![Sums::default(); starts.len()];
    for row in rows.iter().filter(|row| scope.range.contains(row.day)) {
        // The range starts with the first period, so every row in range has one.
        sums[starts.partition_point(|start| *start <= row.day) - 1].add(row);
    }
    let period = |(start, sums): (Day, Sums)| {
        let Funnel { shown, answered, .. } = sums.funnel();
        Period { start, shown, answered, questions: sums.period_questions(questions) }
    };
    starts.into_iter().zip(sums).map(period).collect()
}

fn breakdown(questions: &[Question], range: Range, rows: &[Row]) -> Vec<Breakdown> {
    let mut buckets: BTreeMap<&str, Sums> = BTreeMap::new();
    for row in rows.iter().filter(|row| range.contains(row.day)) {
        buckets.entry(&row.bucket).or_default().add(row);
    }
    let entry = |(value, sums): (&str, Sums)| Breakdown {
        value: value.to_owned(),
        funnel: sums.funnel(),
        questions: sums.period_questions(questions),
    };
    let mut by: Vec<Breakdown> = buckets.into_iter().map(entry).collect();
    by.sort_by_key(|breakdown| std::cmp::Reverse(breakdown.funnel.answered));
    by
}

fn compare(questions: &[Question], earlier: Range, rows: &[Row], now: &Sums) -> Comparison {
    let before = Sums::of(rows.iter().filter(|row| earlier.contains(row.day)));
    let changes = questions.iter().filter_map(|question| {
        let change = now.distribution(question).change_from(&before.distribution(question))?;
        Some(QuestionChange { id: question.id().to_owned(), change })
    });
    Comparison { from: earlier.from, to: earlier.to, questions: changes.collect() }
}

/// Tally rows added up by series.
#[derive(Debug, Clone, Default)]
struct Sums<'a>(BTreeMap<&'a str, Cells>);

impl<'a> Sums<'a> {
    fn of(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut sums = Sums::default();
        rows.for_each(|row| sums.add(row));
        sums
    }

    fn add(&mut self, row: &'a Row) {
        tally::add(self.0.entry(&row.series).or_default(), &row.cells);
    }

    fn cells(&self, series: &str) -> Cells {
        self.0.get(series).copied().unwrap_or_default()
    }

    /// How often an option of a question was chosen.
    fn chosen(&self, question: &Question, option: &Opt) -> i64 {
        self.cells(&tally::option_series(question.id(), &option.id))[0]
    }

    fn distribution<'q>(&self, question: &'q Question) -> Distribution<'q> {
        let options = question.options.iter().map(|option| self.chosen(question, option)).collect();
        Distribution::new(question, self.cells(question.id()), options)
    }

    fn funnel(&self) -> Funnel {
        let states = self.cells(STATES);
        Funnel {
            shown: states[SHOWN],
            answered: states[ANSWERED],
            completed: states[COMPLETED],
            dismissed: states[DISMISSED],
            excluded: states[EXCLUDED],
            imported: states[IMPORTED],
            imported_completed: states[IMPORTED_COMPLETED],
        }
    }

    fn question(&self, question: &Question, retired: bool) -> QuestionSummary {
        let distribution = self.distribution(question);
        let (mean_low, mean_high) = distribution.mean_interval().unzip();
        QuestionSummary {
            id: question.id().to_owned(),
            scale: question.scale,
            retired,
            answered: distribution.answered(),
            counts: distribution.counts(),
            groups: distribution.groups(),
            mean: distribution.moments().map(|(mean, ..)| mean),
            mean_low,
            mean_high,
            shares: distribution.shares(),
            score: distribution.score(),
        }
    }

    fn period_questions(&self, questions: &[Question]) -> Vec<PeriodQuestion> {
        let summary = |question: &Question| {
            let distribution = self.distribution(question);
            PeriodQuestion {
                id: question.id().to_owned(),
                answered: distribution.answered(),
                score: distribution.score(),
            }
        };
        questions.iter().map(summary).collect()
    }
}

fn as_map<K: fmt::Display, S: serde::Serializer>(
    entries: &[(K, i64)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(key, count)| (key.to_string(), count)))
}

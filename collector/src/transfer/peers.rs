//! The exports of other services, told by the names of their columns.
//!
//! The names are those of their documented exports and interfaces, compared in lower case, with
//! `_` for blanks and without PostHog's `properties.`; what is not named becomes an attribute.

use clap::ValueEnum;
use survey::Question;

use super::columns::Column;

/// A service whose exports are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Peer {
    /// Delighted.
    Delighted,
    /// Wootric, later InMoment.
    Wootric,
    /// PostHog's surveys.
    #[value(name = "posthog")]
    PostHog,
}

/// What a peer's column is to us.
#[derive(Clone, Copy)]
enum Role {
    Key,
    SubmittedAt,
    Score,
    /// The answer to the question after the first: ours if we ask two, else a comment.
    Second,
    Comment,
    Respondent,
    Locale,
    Page,
    Excluded,
    Event,
}

/// How a peer names its columns. A `*` stands for any ending.
struct Names {
    peer: Peer,
    /// Columns of which one at least gives the peer away.
    telling: &'static [&'static str],
    /// Our columns by the peer's names, the likeliest first.
    roles: &'static [(Role, &'static [&'static str])],
    /// The beginnings of columns that are attributes.
    attributes: &'static [&'static str],
    /// Columns that are no attributes.
    left_out: &'static [&'static str],
}

/// What names or locates a person: never kept as an attribute.
const PERSONAL: &[&str] = &[
    "email*",
    "*_email",
    "e_mail",
    "name",
    "*_name",
    "phone*",
    "*_phone*",
    "ip",
    "ip_address",
    "$*",
];

const PEERS: [Names; 3] = [
    Names {
        peer: Peer::PostHog,
        telling: &["$survey_response*"],
        roles: &[
            // Each question may be an event of its own; those of one response share this id.
            (Role::Key, &["$survey_submission_id", "uuid", "id"]),
            (Role::SubmittedAt, &["timestamp", "created_at"]),
            (Role::Score, &["$survey_response", "$survey_response_0", "$survey_response_*"]),
            (Role::Second, &["$survey_response_1", "$survey_response_*"]),
            (Role::Respondent, &["distinct_id", "person.distinct_id", "person_id"]),
            (Role::Locale, &["$survey_language", "$browser_language"]),
            (Role::Page, &["$pathname"]),
            (Role::Event, &["event"]),
        ],
        attributes: &["person.", "person_properties."],
        left_out: &[],
    },
    Names {
        peer: Peer::Wootric,
        telling: &["text", "feedback", "end_user_id", "excluded_from_calculations"],
        roles: &[
            (Role::Key, &["response_id", "id"]),
            (Role::SubmittedAt, &["created_at", "date", "response_date", "responded_at"]),
            (Role::Score, &["score", "nps_score"]),
            (Role::Comment, &["text", "feedback", "comment"]),
            (Role::Respondent, &["external_id", "email", "end_user_email", "end_user_id"]),
            (Role::Locale, &["language", "locale"]),
            (Role::Page, &["origin_url"]),
            (Role::Excluded, &["excluded_from_calculations"]),
        ],
        attributes: &[""],
        left_out: &[
            "updated_at",
            "survey_id",
            "end_user_id",
            "external_id",
            "completed",
            "permalink",
        ],
    },
    Names {
        peer: Peer::Delighted,
        telling: &["comment", "survey_type", "person", "permalink"],
        roles: &[
            (Role::Key, &["response_id", "id"]),
            (
                Role::SubmittedAt,
                &[
                    "response_timestamp",
                    "submitted_at",
                    "responded_at",
                    "response_date",
                    "created_at",
                    "date",
                ],
            ),
            (Role::Score, &["score", "rating"]),
            (Role::Comment, &["comment", "comments"]),
            (Role::Respondent, &["customer_email", "person_email", "email", "person_id", "person"]),
            (Role::Locale, &["locale", "language"]),
            (Role::Page, &["page", "delighted_page_url"]),
        ],
        attributes: &[""],
        left_out: &[
            "updated_at",
            "survey_type",
            "permalink",
            "person",
            "person_id",
            "notes",
            "tags",
            "segment",
            "additional_answers",
        ],
    },
];

/// The peer whose header this is, if any.
pub(super) fn recognise(header: &[String]) -> Option<Peer> {
    let header: Vec<String> = header.iter().map(|name| plain(name)).collect();
    if header.iter().any(|name| name.starts_with("q:")) {
        return None;
    }
    let has = |patterns: &[&str]| header.iter().any(|name| any(patterns, name));
    let told =
        |names: &&Names| has(names.telling) && has(names.named(|role| matches!(role, Role::Score)));
    PEERS.iter().find(told).map(|names| names.peer)
}

impl Peer {
    fn names(self) -> &'static Names {
        PEERS.iter().find(|names| names.peer == self).unwrap_or(&PEERS[0])
    }

    /// What each column of this header holds.
    pub(super) fn columns(self, header: &[String], questions: &[Question]) -> Vec<Column> {
        let names = self.names();
        let header: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let mut columns: Vec<Option<Column>> = vec![None; header.len()];
        for (role, patterns) in names.roles {
            let place = patterns.iter().find_map(|pattern| {
                (0..header.len()).find(|at| columns[*at].is_none() && fits(pattern, &header[*at]))
            });
            if let Some(at) = place {
                columns[at] = Some(role.column(questions));
            }
        }
        let rest = |(column, name): (Option<Column>, &String)| {
            column.or_else(|| names.attribute(name)).unwrap_or(Column::Nothing)
        };
        columns.into_iter().zip(&header).map(rest).collect()
    }

    /// The names of the two columns without which nothing can be read: the time and the score.
    pub(super) fn needed(self) -> (String, String) {
        let first = |wanted: fn(Role) -> bool| self.names().named(wanted)[0].to_owned();
        (first(|role| matches!(role, Role::SubmittedAt)), first(|role| matches!(role, Role::Score)))
    }
}

impl Names {
    fn named(&self, wanted: fn(Role) -> bool) -> &'static [&'static str] {
        self.roles.iter().find(|(role, _)| wanted(*role)).map_or(&[], |(_, names)| names)
    }

    fn attribute(&self, name: &str) -> Option<Column> {
        let key = self.attributes.iter().find_map(|prefix| name.strip_prefix(prefix))?;
        let nested = ["properties.", "person_properties."];
        let key = nested.iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
        let kept = !key.is_empty() && !any(PERSONAL, key) && !any(self.left_out, key);
        kept.then(|| Column::Attribute(key.to_owned()))
    }
}

impl Role {
    fn column(self, questions: &[Question]) -> Column {
        // The score is the answer to the first question that takes a number.
        let score = questions.iter().position(|question| question.range().is_some()).unwrap_or(0);
        match self {
            Role::Key => Column::Key,
            Role::SubmittedAt => Column::SubmittedAt,
            Role::Score => Column::Value(score),
            Role::Second if questions.len() > score + 1 => Column::Value(score + 1),
            Role::Second | Role::Comment => Column::Comment(score),
            Role::Respondent => Column::Respondent,
            Role::Locale => Column::Locale,
            Role::Page => Column::Page,
            Role::Excluded => Column::Excluded,
            Role::Event => Column::Event,
        }
    }
}

/// A column's name as it is compared.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase().replace([' ', '-'], "_");
    name.strip_prefix("properties.").map_or(name.clone(), str::to_owned)
}

fn any(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
}

/// Whether a name fits a pattern with a `*` at its beginning, its end, or nowhere.
fn fits(pattern: &str, name: &str) -> bool {
    let (open, close) = (pattern.starts_with('*'), pattern.len() > 1 && pattern.ends_with('*'));
    let part = pattern.trim_matches('*');
    match (open, close) {
        (true, true) => name.contains(part),
        (true, false) => name.ends_with(part),
        (false, true) => name.starts_with(part),
        (false, false) => name == part,
    }
}

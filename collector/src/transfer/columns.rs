//! What the columns of a table hold.

use survey::Question;
use survey::nearest::nearest;

use super::peers::{self, Peer};

/// What a column holds; questions are named by their place among all that were ever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// Our id.
    Id,
    /// A peer's id.
    Key,
    /// When it was given.
    SubmittedAt,
    /// How far it came.
    State,
    /// Whose it is.
    Respondent,
    /// The locale it was shown in.
    Locale,
    /// The page it was shown on.
    Page,
    /// Whether it is left out of every number.
    Excluded,
    /// How often it was posted.
    Revision,
    /// The version of the definition it was asked with.
    Version,
    /// Whether it was given while trying things out.
    Test,
    /// Whether the host or the collector proved whose it is.
    Verified,
    /// How far it has come.
    Status,
    /// Who takes care of it.
    Owner,
    /// What is to be remembered.
    Note,
    /// The day by which it is to be done.
    Due,
    /// Who left it out of the numbers, or brought it back.
    ExcludedBy,
    /// Why.
    ExcludedWhy,
    /// The answer to a question.
    Value(usize),
    /// The comment on an answer.
    Comment(usize),
    /// An attribute.
    Attribute(String),
    /// The name of an event, where a file holds events of other kinds too.
    Event,
    /// Nothing that is kept.
    Nothing,
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// What each column holds.
    pub columns: Vec<Column>,
    /// What each column is called.
    pub names: Vec<String>,
    /// Whose export it is; ours when `None`.
    pub peer: Option<Peer>,
}

/// The columns that an export of ours begins with.
pub(super) const FIXED: [(&str, Column); 7] = [
    ("id", Column::Id),
    ("submitted_at", Column::SubmittedAt),
    ("state", Column::State),
    ("respondent", Column::Respondent),
    ("locale", Column::Locale),
    ("page", Column::Page),
    ("excluded", Column::Excluded),
];

/// The columns that stand after those of questions and attributes.
pub(super) const FURTHER: [(&str, Column); 10] = [
    ("revision", Column::Revision),
    ("version", Column::Version),
    ("test", Column::Test),
    ("verified", Column::Verified),
    ("status", Column::Status),
    ("owner", Column::Owner),
    ("note", Column::Note),
    ("due", Column::Due),
    ("excluded_by", Column::ExcludedBy),
    ("excluded_why", Column::ExcludedWhy),
];

/// Something wrong with a column: its name and what is wrong.
pub(super) type Wrong = (String, String);

impl Layout {
    /// The columns of a file by its header.
    ///
    /// # Errors
    /// Every column that is missing, unknown or there twice.
    pub(super) fn of(
        header: &[String],
        from: Option<Option<Peer>>,
        questions: &[Question],
    ) -> Result<Layout, Vec<Wrong>> {
        let peer = from.unwrap_or_else(|| peers::recognise(header));
        let (columns, mut wrong) = match peer {
            Some(peer) => (peer.columns(header, questions), Vec::new()),
            None => own(header, questions),
        };
        for (at, name) in header.iter().enumerate() {
            if header[..at].contains(name) && columns[at] != Column::Nothing {
                wrong.push((name.clone(), "there are two columns of this name".to_owned()));
            }
        }
        wrong.extend(missing(header, &columns, peer, questions));
        let layout = Layout { columns, names: header.to_vec(), peer };
        if wrong.is_empty() { Ok(layout) } else { Err(wrong) }
    }

    /// Whether rows say how far they came; where none does, nothing is known of showings.
    pub(super) fn has_state(&self) -> bool {
        self.columns.contains(&Column::State)
    }
}

fn own(header: &[String], questions: &[Question]) -> (Vec<Column>, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let columns = header.iter().map(|name| {
        own_column(name, questions).unwrap_or_else(|| {
            wrong.push((name.clone(), unknown(name, questions)));
            Column::Nothing
        })
    });
    (columns.collect(), wrong)
}

fn own_column(name: &str, questions: &[Question]) -> Option<Column> {
    let place = |id: &str| questions.iter().position(|question| question.id() == id);
    match name.split_once(':') {
        Some(("q", id)) => place(id).map(Column::Value),
        Some(("comment", id)) => place(id).map(Column::Comment),
        Some(("attr", key)) => Some(Column::Attribute(key.to_owned())),
        _ => own_names().find(|(known, _)| *known == name).map(|(_, column)| column.clone()),
    }
}

fn own_names() -> impl Iterator<Item = &'static (&'static str, Column)> {
    FIXED.iter().chain(&FURTHER)
}

fn known_names(questions: &[Question]) -> Vec<String> {
    let fixed = own_names().map(|(name, _)| (*name).to_owned());
    let of_questions =
        questions.iter().flat_map(|q| ["q", "comment"].map(|kind| format!("{kind}:{}", q.id())));
    fixed.chain(of_questions).collect()
}

fn unknown(name: &str, questions: &[Question]) -> String {
    let known = known_names(questions);
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("{near:?} is probably meant"),
        None => format!("call it \"attr:{name}\" to keep it as an attribute, or take it out"),
    };
    format!("there is no such column; {hint}")
}

/// The columns without which nothing can be read.
fn missing(
    header: &[String],
    columns: &[Column],
    peer: Option<Peer>,
    questions: &[Question],
) -> Vec<Wrong> {
    let names = |has: &dyn Fn(&Column) -> bool, needed: String| {
        let lacks = || {
            let near = nearest(&needed, header.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(" ({near:?} is near)"));
            format!("this column is missing; the file has {}{near}", header.join(", "))
        };
        (!columns.iter().any(has)).then(|| (needed.clone(), lacks()))
    };
    let (time, value) = match peer {
        Some(peer) => peer.needed(),
        None => {
            let id = questions.first().map_or("…", Question::id);
            ("submitted_at".to_owned(), format!("q:{id}"))
        }
    };
    let time = names(&|column| *column == Column::SubmittedAt, time);
    let value = names(&|column| matches!(column, Column::Value(_)), value);
    time.into_iter().chain(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions() -> Vec<Question> {
        serde_json::from_str(
            r#"[{"id":"nps","scale":"nps","prompt":"a"},{"id":"why","scale":"text","prompt":"b"}]"#,
        )
        .unwrap()
    }

    fn check(header: &str, expected: &str) {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let found = match Layout::of(&header, None, &questions()) {
            Ok(layout) => format!("{:?} {:?}", layout.peer, layout.columns),
            Err(wrong) => {
                wrong.iter().map(|(name, what)| format!("{name}: {what}\n")).collect::<String>()
            }
        };
        assert!(found.contains(expected), "{header:?}\n{found}");
    }

    #[test]
    fn our_own_columns_are_known() {
        check(
            "submitted_at,q:nps,comment:nps,q:why,attr:plan",
            r#"None [SubmittedAt, Value(0), Comment(0), Value(1), Attribute("plan")]"#,
        );
        check("q:nps", "submitted_at: this column is missing; the file has q:nps");
        check("submitted_at", "q:nps: this column is missing");
        check("submited_at,q:nps", "(\"submited_at\" is near)");
        check("submitted_at,q:npx", "q:npx: there is no such column; \"q:nps\" is probably meant");
        check("submitted_at,q:nps,colour", "call it \"attr:colour\"");
        check("submitted_at,q:nps,q:nps", "two columns of this name");
    }

    #[test]
    fn peers_are_recognised_by_their_columns() {
        check(
            "Score,Comment,Survey type,Response ID,Created at,Person email,Name,Plan",
            r#"Some(Delighted) [Value(0), Comment(0), Nothing, Key, SubmittedAt, Respondent, Nothing, Attribute("plan")]"#,
        );
        check(
            "email,score,text,created_at,excluded_from_calculations,Plan Type",
            r#"Some(Wootric) [Respondent, Value(0), Comment(0), SubmittedAt, Excluded, Attribute("plan_type")]"#,
        );
        check(
            "uuid,event,timestamp,distinct_id,properties.$survey_response,properties.$survey_response_1,properties.$ip,person.properties.plan",
            r#"Some(PostHog) [Key, Event, SubmittedAt, Respondent, Value(0), Value(1), Nothing, Attribute("plan")]"#,
        );
        check(
            "timestamp,$survey_response_0192-ab,$survey_response_0193-cd",
            "Some(PostHog) [SubmittedAt, Value(0), Value(1)]",
        );
    }
}

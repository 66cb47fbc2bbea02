//! Decides what becomes of a stored response when another post about it arrives.

use crate::response::{Answer, Response, State, uuid_v7_ms};

/// Milliseconds after its first storing during which a response can be revised.
pub const OPEN_MS: i64 = 24 * 3_600_000;
/// The same while it has no answer: the first one may wait in a browser without a connection.
pub const UNANSWERED_OPEN_MS: i64 = 31 * 24 * 3_600_000;
/// Milliseconds before its first storing to which the time in a response's id is believed.
pub const BELIEVED_MS: i64 = 7 * 24 * 3_600_000;

/// What a post about a response comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The first post about this id.
    New(Response),
    /// Something was added: this is what is to be stored now.
    Revised(Response),
    /// Nothing new; acknowledged all the same, so that retries end.
    Known,
    /// The id belongs to a response of another survey, named here.
    OtherSurvey(String),
    /// It claims to be answered, but no answer was ever given.
    Unanswered,
}

/// What there is of a response, as far as that decides what a further post comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The survey's id.
    pub survey: &'a str,
    /// The highest revision so far.
    pub revision: u32,
    /// Whether there is an answer.
    pub is_answered: bool,
    /// When it was first stored, in milliseconds since 1970.
    pub stored_at_ms: i64,
}

/// What a post about a response comes to, before anything is merged. See [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// The first post about this id.
    New,
    /// Something is added.
    Revised,
    /// Nothing new.
    Known,
    /// The id belongs to a response of another survey, named here.
    OtherSurvey(&'a str),
    /// It claims to be answered, but no answer was ever given.
    Unanswered,
}

/// What `posted` comes to when it arrives at `now_ms` and there is this of its response.
///
/// After [`OPEN_MS`], or [`UNANSWERED_OPEN_MS`], a response is closed.
pub fn judge<'a>(standing: Option<Standing<'a>>, posted: &Response, now_ms: i64) -> Verdict<'a> {
    let lacks_answers = posted.answers.is_empty() && posted.state >= State::Answered;
    let Some(Standing { survey, revision, is_answered, stored_at_ms }) = standing else {
        return if lacks_answers { Verdict::Unanswered } else { Verdict::New };
    };
    if survey != posted.survey {
        return Verdict::OtherSurvey(survey);
    }
    let open_ms = if is_answered { OPEN_MS } else { UNANSWERED_OPEN_MS };
    if posted.revision <= revision || now_ms - stored_at_ms >= open_ms {
        return Verdict::Known;
    }
    if lacks_answers && !is_answered { Verdict::Unanswered } else { Verdict::Revised }
}

/// What becomes of `stored`, first stored at `stored_at_ms`, when `posted` arrives at `now_ms`.
///
/// Retries and posts out of order change nothing; an answer once given is never lost; the state
/// never moves back; a closed response stays as it is.
pub fn revise(stored: Option<(&Response, i64)>, posted: Response, now_ms: i64) -> Outcome {
    let standing = stored.map(|(stored, stored_at_ms)| Standing {
        survey: &stored.survey,
        revision: stored.revision,
        is_answered: !stored.answers.is_empty(),
        stored_at_ms,
    });
    match (judge(standing, &posted, now_ms), stored) {
        (Verdict::Known, _) => Outcome::Known,
        (Verdict::OtherSurvey(survey), _) => Outcome::OtherSurvey(survey.to_owned()),
        (Verdict::Unanswered, _) => Outcome::Unanswered,
        (Verdict::Revised, Some((stored, _))) => Outcome::Revised(settle(merge(stored, posted))),
        (Verdict::New | Verdict::Revised, _) => Outcome::New(settle(posted)),
    }
}

/// The posted revision with what only the stored one knows.
fn merge(stored: &Response, posted: Response) -> Response {
    let kept = |old: &&Answer| !posted.answers.iter().any(|new| new.question == old.question);
    let mut answers: Vec<Answer> = stored.answers.iter().filter(kept).cloned().collect();
    answers.extend(posted.answers);
    let attributes =
        if posted.attributes.is_empty() { stored.attributes.clone() } else { posted.attributes };
    Response {
        state: stored.state.max(posted.state),
        answers,
        version: posted.version.or_else(|| stored.version.clone()),
        respondent: posted.respondent.or_else(|| stored.respondent.clone()),
        attributes,
        locale: posted.locale.or_else(|| stored.locale.clone()),
        page: posted.page.or_else(|| stored.page.clone()),
        test: stored.test || posted.test,
        verified: stored.verified || posted.verified,
        ..posted
    }
}

/// The response with a state that agrees with its answers.
fn settle(mut response: Response) -> Response {
    if !response.answers.is_empty() {
        response.state = response.state.max(State::Answered);
    }
    response
}

/// Milliseconds that a response was in view when the post arrived that brings its first answer, as
/// far as that is known: since it was first stored, or since the time in its id, whichever is
/// longer. A visitor's clock that is ahead tells nothing.
///
/// `None` when the post brings no first answer, or the collector's own clock was set back.
pub fn answered_after_ms(
    stored: Option<(&Response, i64)>,
    posted: &Response,
    now_ms: i64,
) -> Option<i64> {
    let was_answered = stored.is_some_and(|(stored, _)| !stored.answers.is_empty());
    let since_stored_ms = now_ms - stored.map_or(now_ms, |(_, stored_at_ms)| stored_at_ms);
    if was_answered || posted.answers.is_empty() || since_stored_ms < 0 {
        return None;
    }
    let since_made_ms = uuid_v7_ms(&posted.id).map_or(0, |id_ms| now_ms - id_ms);
    Some(since_stored_ms.max(since_made_ms))
}

/// When a response counts as given: the time in its id, within the seven days before it was first
/// stored. Both in milliseconds since 1970.
pub fn submitted_at_ms(id_ms: i64, stored_at_ms: i64) -> i64 {
    id_ms.clamp(stored_at_ms - BELIEVED_MS, stored_at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(revision: u32, state: &str, answers: &str) -> Response {
        let json = format!(
            r#"{{"id":"i","site":"a","survey":"s","revision":{revision},"state":"{state}","answers":[{answers}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    /// Stored: revision 2 with `stored` (state, answers); posted: (revision, state, answers).
    fn check(stored: (&str, &str), posted: (u32, &str, &str), expected: &str) {
        let stored = response(2, stored.0, stored.1);
        let found = match revise(Some((&stored, 0)), response(posted.0, posted.1, posted.2), 1) {
            Outcome::Revised(r) => {
                let answers: Vec<_> =
                    r.answers.iter().map(|a| format!(" {}={:?}", a.question, a.value)).collect();
                format!("{} {}{}", r.revision, r.state.name(), answers.concat())
            }
            other => format!("{other:?}"),
        };
        assert_eq!(found, expected, "{posted:?}");
    }

    const A9: &str = r#"{"question":"a","value":9}"#;
    const A3: &str = r#"{"question":"a","value":3}"#;
    const B1: &str = r#"{"question":"b","value":1}"#;

    #[test]
    fn a_later_revision_replaces_and_never_loses() {
        check(("answered", A9), (2, "completed", A3), "Known");
        check(("answered", A9), (1, "shown", ""), "Known");
        check(("answered", A9), (3, "answered", A3), "3 answered a=Number(3)");
        check(("answered", A9), (3, "completed", ""), "3 completed a=Number(9)");
        check(("answered", A9), (3, "completed", B1), "3 completed a=Number(9) b=Number(1)");
        check(("answered", A9), (3, "dismissed", ""), "3 answered a=Number(9)");
        check(("completed", A9), (3, "answered", A3), "3 completed a=Number(3)");
        check(("shown", ""), (3, "dismissed", ""), "3 dismissed");
        check(("dismissed", ""), (3, "shown", ""), "3 dismissed");
        check(("dismissed", ""), (3, "answered", A9), "3 answered a=Number(9)");
        check(("shown", ""), (3, "dismissed", A9), "3 answered a=Number(9)");
        check(("shown", ""), (3, "completed", ""), "Unanswered");
    }

    #[test]
    fn a_closed_response_and_a_foreign_id_stay_as_they_are() {
        let stored = response(1, "answered", A3);
        let later = |now| revise(Some((&stored, 0)), response(2, "answered", A9), now);
        assert!(matches!(later(OPEN_MS - 1), Outcome::Revised(_)));
        assert_eq!(later(OPEN_MS), Outcome::Known);
        let stored = response(1, "shown", "");
        let later = |now| revise(Some((&stored, 0)), response(2, "answered", A9), now);
        assert!(matches!(later(UNANSWERED_OPEN_MS - 1), Outcome::Revised(_)));
        assert_eq!(later(UNANSWERED_OPEN_MS), Outcome::Known);
        let other = Response { survey: "t".into(), ..response(2, "shown", "") };
        assert_eq!(revise(Some((&stored, 0)), other, 1), Outcome::OtherSurvey("s".into()));
        assert_eq!(revise(None, response(1, "answered", ""), 0), Outcome::Unanswered);
    }

    #[test]
    fn only_a_first_answer_has_a_time_that_it_took() {
        let at = |id_ms: i64, answers: &str| Response {
            id: format!("{:08x}-{:04x}-7000-8000-000000000000", id_ms >> 16, id_ms & 0xffff),
            ..response(2, "shown", answers)
        };
        let check = |stored: Option<(&str, i64)>, id_ms, answers: &str, expected| {
            let before = stored.map(|(answers, at_ms)| (at(id_ms, answers), at_ms));
            let before = before.as_ref().map(|(response, at_ms)| (response, *at_ms));
            let found = answered_after_ms(before, &at(id_ms, answers), 100_000);
            assert_eq!(found, expected, "{stored:?} {id_ms} {answers}");
        };
        check(None, 100_000, A9, Some(0));
        check(None, 99_300, A9, Some(700));
        check(None, 99_300, "", None);
        check(Some(("", 98_000)), 97_900, A9, Some(2_100));
        check(Some(("", 99_900)), 99_800, A9, Some(200));
        check(Some((A3, 99_900)), 99_800, A9, None);
        // Offline until now; with a clock that is an hour ahead; and once with one set back here.
        check(Some(("", 100_000)), 40_000, A9, Some(60_000));
        check(Some(("", 98_000)), 3_700_000, A9, Some(2_000));
        check(None, 3_700_000, A9, Some(0));
        check(Some(("", 3_700_000)), 3_700_000, A9, None);
    }

    #[test]
    fn the_time_of_an_id_is_believed_for_seven_days() {
        let now = 100 * BELIEVED_MS;
        assert_eq!(submitted_at_ms(now - 5, now), now - 5);
        assert_eq!(submitted_at_ms(now + 5, now), now);
        assert_eq!(submitted_at_ms(0, now), now - BELIEVED_MS);
    }
}

//! What a line of JSON says of one response.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use survey::State;
use survey::nearest::nearest;
use survey::response::Response;

use super::dates;
use super::draft::{Context, Draft, Wrong};
use crate::store::Handling;

/// The fields of a line of JSON: those of a response as it is posted, and those that an export adds.
const LINE_FIELDS: [&str; 25] = [
    "id",
    "site",
    "survey",
    "revision",
    "state",
    "answers",
    "version",
    "respondent",
    "attributes",
    "locale",
    "page",
    "test",
    "token",
    "user_signature",
    "verified",
    "submitted_at",
    "day",
    "excluded",
    "status",
    "owner",
    "note",
    "due",
    "excluded_by",
    "excluded_why",
    "imported",
];
/// The fields of its answers.
const ANSWER_FIELDS: [&str; 3] = ["question", "value", "comment"];

/// What a line of JSON says.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn read(text: &[u8], context: &Context) -> Result<Draft, Wrong> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let not_json = |error| (String::new(), format!("this is not JSON: {error}"));
    let mut object: Json = serde_json::from_slice(text).map_err(not_json)?;
    let Some(fields) = object.as_object_mut() else {
        return Err((String::new(), "this is not a JSON object".to_owned()));
    };
    only_known(fields)?;
    let submitted_at_ms =
        json_time(fields, context).map_err(|message| ("submitted_at".to_owned(), message))?;
    let excluded = json_flag(fields, "excluded")?;
    let imported =
        json_flag(fields, "imported")?.unwrap_or_default() || !fields.contains_key("state");
    if imported {
        // As in a table: what knows nothing of showings came to its end.
        fields.insert("state".to_owned(), State::Completed.name().into());
    }
    fields.entry("id").or_insert_with(|| "".into());
    fields.insert("site".to_owned(), context.site.as_str().into());
    fields.insert("survey".to_owned(), context.survey.as_str().into());
    let mut response: Response = part(&object)?;
    response.id.make_ascii_lowercase();
    let handling: Handling = part(&object)?;
    let draft = Draft::empty(context);
    Ok(Draft { response, submitted_at_ms, excluded, imported, handling, ..draft })
}

/// Whether a line and its answers have fields only that are read.
///
/// # Errors
/// Names the first that is not, and what is probably meant.
fn only_known(line: &Map<String, Json>) -> Result<(), Wrong> {
    let check = |object: &Map<String, Json>, known: &[&str], place: &str, remedy: &str| {
        let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("{near:?} is probably meant"),
            None => remedy.to_owned(),
        };
        Err((format!("{place}{name}"), format!("there is no such field; {hint}")))
    };
    let remedy = "move it into \"attributes\" to keep it, or take it out";
    check(line, &LINE_FIELDS, "", remedy)?;
    let answers = line.get("answers").and_then(Json::as_array).into_iter().flatten();
    let mut answers = answers.enumerate().filter_map(|(at, it)| Some((at, it.as_object()?)));
    answers.try_for_each(|(at, answer)| {
        check(answer, &ANSWER_FIELDS, &format!("answers[{at}]."), "take it out")
    })
}

fn json_time(fields: &Map<String, Json>, context: &Context) -> Result<i64, String> {
    let time: Cow<str> = match fields.get("submitted_at") {
        None | Some(Json::Null) => return Err("this field is missing".to_owned()),
        Some(Json::String(time)) => time.into(),
        Some(other) => other.to_string().into(),
    };
    dates::parse(&time, &context.zone, context.now_ms)
}

fn json_flag(fields: &Map<String, Json>, name: &str) -> Result<Option<bool>, Wrong> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err((name.to_owned(), "use true or false".to_owned())),
    }
}

fn part<T: DeserializeOwned>(object: &Json) -> Result<T, Wrong> {
    serde_path_to_error::deserialize(object)
        .map_err(|error| (error.path().to_string(), error.inner().to_string()))
}

//! JSON that is not what it has to be, in the words of who sent it.

use axum::http::StatusCode;
use serde_path_to_error::Path;

use crate::http::problem::Problem;

/// The problem with what serde found wrong at a place: it speaks of our own types, and has nothing
/// but words to tell what it means.
pub(super) fn wrong(path: &Path, found: &str) -> Problem {
    let missing = found.strip_prefix("missing field `").and_then(|it| it.strip_suffix('`'));
    if let Some(name) = missing {
        let field = place(path).map_or_else(|| name.to_owned(), |at| format!("{at}.{name}"));
        return Problem::bad(field, "this field is missing, and has to be given");
    }
    // Where a value may be of several types, they are all that is said.
    let expected = match found.rsplit_once(", expected ").map_or(found, |(_, expected)| expected) {
        "a string" | "string or map" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "u32" => "a whole number from 0 to 4294967295, without a point",
        other if other == "a map" || other.starts_with("struct ") => "an object",
        other => other,
    };
    at(Problem::new(StatusCode::BAD_REQUEST, format!("this has to be {expected}")), path)
}

/// A problem at a place in a body, if that is not the whole of it.
pub(super) fn at(problem: Problem, path: &Path) -> Problem {
    match place(path) {
        Some(place) => problem.at(place),
        None => problem,
    }
}

fn place(path: &Path) -> Option<String> {
    path.iter().next().map(|_| path.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use survey::response::Response;

    use crate::http::json::parse_as;

    #[test]
    fn what_does_not_fit_is_named_with_its_place_and_what_would() {
        let check = |change: &dyn Fn(&mut Value), expected: &str| {
            let mut body = serde_json::json!({ "id": "1", "site": "a", "survey": "s",
                "state": "answered", "answers": [{ "question": "nps", "value": 9 }] });
            change(&mut body);
            let problem = parse_as::<Response>(body.to_string().as_bytes()).expect_err(expected);
            let said = serde_json::json!(problem);
            let field = said["field"].as_str().unwrap_or("the whole");
            assert_eq!(format!("{field}: {}", said["detail"].as_str().unwrap()), expected);
        };
        let without = |value: &mut Value, name: &str| {
            value.as_object_mut().unwrap().remove(name);
        };
        let missing = "this field is missing, and has to be given";
        check(&|it| without(it, "id"), &format!("id: {missing}"));
        check(
            &|it| without(&mut it["answers"][0], "question"),
            &format!("answers[0].question: {missing}"),
        );
        let object = "the whole: the body has to be a JSON object, such as {\"site\": \"…\"}";
        check(&|it| *it = Value::Array(Vec::new()), object);
        check(&|it| *it = Value::from("{}"), object);
        let number =
            "revision: this has to be a whole number from 0 to 4294967295, without a point";
        check(&|it| it["revision"] = Value::from(1_000.0), number);
        check(&|it| it["revision"] = Value::from(-1), number);
        check(&|it| it["revision"] = Value::from("1, expected 2"), number);
        check(&|it| it["site"] = Value::from(7), "site: this has to be a text");
        check(&|it| it["test"] = Value::from("yes"), "test: this has to be true or false");
        check(&|it| it["answers"] = Value::Null, "answers: this has to be a list");
        for answer in [Value::from(9), Value::from(vec!["nps", "9"])] {
            let object = "answers[0]: this has to be an object";
            check(&|it| it["answers"][0] = answer.clone(), object);
        }
        check(
            &|it| it["answers"][0]["value"] = Value::from(true),
            "answers[0].value: this has to be a whole number, a text or a list of options",
        );
        check(&|it| it["attributes"] = Value::from("pro"), "attributes: this has to be an object");
        let states = "state: this has to be one of `shown`, `dismissed`, `answered`, `completed`";
        check(&|it| it["state"] = Value::from("done"), states);
        for state in [Value::from(7), serde_json::json!({ "shown": 1 })] {
            check(&|it| it["state"] = state.clone(), "state: this has to be a text");
        }
    }
}

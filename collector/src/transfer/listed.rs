//! A stored response as JSON: the same on a page of the admin interface and in an export.

use serde_json::{Value, json};

use crate::clock;
use crate::store::{Handling, Record};

/// What was posted and what became of it.
pub(crate) fn listed(stored: &Record) -> Value {
    let mut value = json!(stored.response);
    value["submitted_at"] = json!(clock::rfc3339(stored.submitted_at_ms));
    value["day"] = json!(stored.day());
    value["excluded"] = json!(stored.excluded);
    let Handling { status, owner, note, due, excluded_by, excluded_why } = &stored.handling;
    value["status"] = json!(status);
    value["owner"] = json!(owner);
    value["note"] = json!(note);
    value["due"] = json!(due);
    value["excluded_by"] = json!(excluded_by);
    value["excluded_why"] = json!(excluded_why);
    if stored.imported {
        value["imported"] = json!(true);
    }
    value
}

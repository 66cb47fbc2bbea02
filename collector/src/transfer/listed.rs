//! A stored response as JSON: the same on a page of the admin interface and in an export.

use serde_json::{Value, json};

use crate::clock;
use crate::store::Record;

/// What was posted and what became of it.
pub(crate) fn listed(stored: &Record) -> Value {
    let mut value = json!(stored.response);
    value["submitted_at"] = json!(clock::rfc3339(stored.submitted_at_ms));
    value["day"] = json!(stored.day());
    value["excluded"] = json!(stored.excluded);
    if let (Some(value), Value::Object(handling)) = (value.as_object_mut(), json!(stored.handling))
    {
        value.extend(handling);
    }
    if stored.imported {
        value["imported"] = json!(true);
    }
    value
}

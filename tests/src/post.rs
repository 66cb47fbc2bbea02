//! Responses to post and replies to look at.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// What the collector replied.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// Reads a reply to its end.
    pub(crate) async fn read(response: reqwest::Response) -> Reply {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap_or_default() }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text))
    }

    /// The status and, for an error, the field at fault.
    ///
    /// # Panics
    /// When an error is not a problem document that says so.
    pub fn verdict(&self) -> String {
        if self.status < 300 {
            return self.status.to_string();
        }
        let kind = self.header("content-type");
        assert_eq!(kind, "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
        format!("{} {}", self.status, problem["field"].as_str().unwrap_or_default())
            .trim()
            .to_owned()
    }

    /// A header, empty when missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A new id.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The time, in milliseconds since 1970.
///
/// # Panics
/// When the clock of this machine is far off.
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_millis()).expect("before the year 500,000,000")
}

/// A new id with a time of its own, in milliseconds since 1970.
pub fn id_made_at(ms: u64) -> String {
    let other = uuid::Uuid::now_v7().into_bytes();
    let random = other[6..].try_into().expect("ten of sixteen bytes");
    uuid::Builder::from_unix_timestamp_millis(ms, random).into_uuid().to_string()
}

/// The signature of a user id with the secret of a site, as the server of the site makes it.
///
/// # Panics
/// Never: HMAC takes a key of any length.
pub fn signed(secret: &str, user: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(user.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A response in this state with these answers (question and value).
pub fn response(
    survey: &str,
    id: &str,
    revision: u32,
    state: &str,
    answers: &[(&str, Value)],
) -> Value {
    let answer =
        |(question, value): &(&str, Value)| json!({ "question": question, "value": value });
    let answers: Vec<Value> = answers.iter().map(answer).collect();
    json!({
        "id": id, "site": "acme", "survey": survey, "revision": revision, "state": state,
        "answers": answers,
    })
}

/// A new response with one answer.
pub fn answered(survey: &str, question: &str, value: impl Into<Value>) -> Value {
    response(survey, &new_id(), 1, "answered", &[(question, value.into())])
}

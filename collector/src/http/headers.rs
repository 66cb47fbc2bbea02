//! Headers that stand on every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Nothing but our own style sheet, inline pictures and our own forms.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// As many headers as are set here and beside, at most.
const HEADERS: usize = 8;

/// Lets other origins read what is public, and locks down what is a page.
pub(super) fn add(headers: &mut HeaderMap, path: &str) {
    headers.reserve(HEADERS);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_private(path) {
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            set(headers, header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        }
        set(headers, OPENER_POLICY, "same-origin");
        set(headers, RESOURCE_POLICY, "same-origin");
        set(headers, header::REFERRER_POLICY, "same-origin");
        set(headers, header::X_FRAME_OPTIONS, "DENY");
        if !headers.contains_key(header::CACHE_CONTROL) {
            set(headers, header::CACHE_CONTROL, "no-store");
        }
    } else {
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after");
        set(headers, RESOURCE_POLICY, "cross-origin");
    }
}

/// Whether only a signed-in owner may see what is at a path.
fn is_private(path: &str) -> bool {
    let public = ["/api/v1/responses", "/api/v1/due", "/api/v1/forget"].contains(&path)
        || path.starts_with("/assets/")
        || path.starts_with("/schema/")
        || path.ends_with("/nabz.js")
        || (path.ends_with(".json") && !path.starts_with("/api/"));
    !public
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

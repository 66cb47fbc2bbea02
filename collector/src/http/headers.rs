//! Headers that stand on every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{ASSET, DUE, FORGET, RESPONSES, SCHEMA, SITE_FILE};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Nothing but our own style sheet, inline pictures and our own forms.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// As many headers as are set here and beside, at most.
const HEADERS: usize = 9;

/// Lets other origins read what is public, unless it is a page: that is locked down as everything
/// else is.
pub(super) fn add(headers: &mut HeaderMap, is_public: bool) {
    headers.reserve(HEADERS);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if !is_public || is_page(headers) {
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

/// Tells browsers to come over TLS only, to this host and for a year.
pub(super) fn add_transport(headers: &mut HeaderMap) {
    set(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
}

/// Whether every page of the web may read what a route answers.
pub(super) fn is_public(route: &str, path: &str) -> bool {
    match route {
        RESPONSES | DUE | FORGET | ASSET | SCHEMA => true,
        // A survey's own page is at such an address too.
        SITE_FILE => {
            let is_file = path.ends_with("/nabz.js") || path.ends_with(".json");
            is_file && !path.starts_with("/api/")
        }
        _ => false,
    }
}

/// Whether a browser would show it as a page.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

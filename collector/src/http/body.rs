//! Reads the body of a request, up to a limit.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;

use super::problem::{Problem, too_large};

/// How much of a body that is too large is read and thrown away. A client that is still sending
/// when the connection is closed would never read the answer that says why.
const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The whole body.
///
/// # Errors
/// 413 when it has more than `bytes_max` bytes, 400 when it does not arrive whole.
pub(super) async fn whole(mut body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    // Nearly always it arrives at once, and is taken as it is.
    let (mut first, mut rest) = (None, Vec::new());
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let broken = |_| {
            Problem::new(StatusCode::BAD_REQUEST, "the body did not arrive whole; send it again")
        };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        bytes += data.len();
        if bytes > DISCARDED_BYTES_MAX {
            break;
        }
        match first {
            _ if bytes > bytes_max => {}
            None => first = Some(data),
            Some(_) => rest.extend_from_slice(&data),
        }
    }
    if bytes > bytes_max {
        return Err(too_large("a request", bytes_max));
    }
    let first = first.unwrap_or_default();
    Ok(if rest.is_empty() { first } else { [&first[..], &rest].concat().into() })
}

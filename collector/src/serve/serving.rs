//! A request, from its head to the end of its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::places::Place;

/// A connection keeps what it needed for the largest head: with more than this it is closed.
const KEPT_BYTES_MAX: usize = 8 * 1024;

/// The place of a connection is in use until this is dropped.
pub(super) struct Serving {
    place: Arc<Place>,
    is_last: bool,
}

impl Serving {
    /// A request whose head has arrived.
    pub(super) fn begin<B>(place: Arc<Place>, request: &Request<B>) -> Serving {
        let is_last = place.unanswered() > KEPT_BYTES_MAX;
        place.begin(request.headers().len());
        Serving { place, is_last }
    }

    /// Its answer, which has still to be sent.
    pub(super) fn answered(self, mut answer: Response) -> Response<Answer> {
        self.place.answered();
        if self.is_last {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer.map(|body| Answer { body, _serving: self })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.place.end();
    }
}

/// The body of an answer. Some take long: an export, or what is told about an import.
pub(super) struct Answer {
    body: Body,
    _serving: Serving,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

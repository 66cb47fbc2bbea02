//! A stream that gives up on a client that does nothing for too long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};
use tokio::time::{Instant, Sleep, sleep};

use super::places::Place;

/// Most bytes that are read at once. Who reads would make a buffer larger that was ever filled, and
/// keep it as large as that: hyper's has one byte more than this.
const READ_BYTES_MAX: u64 = 8 * 1024 - 1;

/// How long is waited for a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Longest time between two requests.
    pub idle: Duration,
    /// Longest time for the head of a request, from its first byte on.
    pub head: Duration,
    /// Longest time without taking any byte of an answer.
    pub write: Duration,
}

/// More patient with a client between two requests than within one. The time for the body of a
/// request is not limited here but with that of its answer. There is one alarm for all of it, which
/// costs next to nothing while it is only put off.
pub(super) struct Patient<S> {
    stream: Take<S>,
    place: Arc<Place>,
    patience: Patience,
    /// How many requests there were when the head that is arriving began, and, once the rest of it
    /// is waited for, when it has to be whole.
    head: Option<(u32, Option<Instant>)>,
    /// Until when something has to be taken, while nothing is.
    stalled: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Patient<S> {
    /// A stream that has a place.
    pub(super) fn new(stream: S, place: Arc<Place>, patience: Patience) -> Patient<S> {
        let alarm = Box::pin(sleep(patience.head));
        let stream = stream.take(READ_BYTES_MAX);
        Patient { stream, place, patience, head: None, stalled: None, alarm }
    }

    fn pinned(&mut self) -> Pin<&mut S> {
        Pin::new(self.stream.get_mut())
    }

    /// Notes that bytes arrived; they begin a head unless they belong to what is being served.
    fn arrived(&mut self) {
        let requests = self.place.requests();
        let begun = matches!(self.head, Some((begun, _)) if begun == requests);
        if !begun && !self.place.is_serving() {
            self.head = Some((requests, None));
        }
    }

    /// Until when a request has to begin, or its head to be whole, while none is being served.
    fn until(&mut self) -> Option<Instant> {
        let since = self.place.idle_since()?;
        match &mut self.head {
            Some((begun, until)) if *begun == self.place.requests() => {
                Some(*until.get_or_insert_with(|| Instant::now() + self.patience.head))
            }
            _ => Some(since + self.patience.idle),
        }
    }

    /// Fails once `until` is past; else wakes the task then.
    fn wait_until(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<io::Error> {
        if self.alarm.deadline() != until {
            self.alarm.as_mut().reset(until);
        }
        self.alarm.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// The result of writing, or an error when the client has not taken anything for too long.
    fn written<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        let longest = self.patience.write;
        let until = *self.stalled.get_or_insert_with(|| Instant::now() + longest);
        self.wait_until(until, context).map(Err)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        self.stream.set_limit(READ_BYTES_MAX);
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            if buffer.filled().len() > before {
                self.arrived();
            }
            return Poll::Ready(read);
        }
        match self.until() {
            Some(until) if self.stalled.is_none() => {
                Poll::Ready(Err(ready!(self.wait_until(until, context))))
            }
            _ => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.pinned().poll_write(context, bytes);
        self.written(result, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The system is quicker with one piece when it is not told of a list.
        if let [slice] = slices {
            return self.poll_write(context, slice);
        }
        let result = self.pinned().poll_write_vectored(context, slices);
        self.written(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.get_ref().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.pinned().poll_flush(context);
        self.written(result, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.pinned().poll_shutdown(context);
        self.written(result, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::timeout;

    use super::super::places::{Places, Tenant};
    use super::*;
    use crate::http::Metrics;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3_600);

    fn patient(patience: Patience, bytes: usize) -> (DuplexStream, Patient<DuplexStream>, Tenant) {
        let tenant = Places::new(1, &Metrics::new()).take().expect("a free place");
        let (client, server) = duplex(bytes);
        (client, Patient::new(server, tenant.0.clone(), patience), tenant)
    }

    #[tokio::test]
    async fn half_a_head_and_an_answer_nobody_reads_have_their_time() {
        let patience = Patience { idle: LONG, head: SHORT, write: SHORT };
        let (mut client, mut server, tenant) = patient(patience, 16);
        let mut buffer = [0; 16];
        let idle = timeout(5 * SHORT, server.read(&mut buffer)).await;
        assert!(idle.is_err(), "between two requests it waits");
        client.write_all(b"GET").await.unwrap();
        assert_eq!(server.read(&mut buffer).await.unwrap(), 3);
        let late = server.read(&mut buffer).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        tenant.0.begin(0);
        let body = timeout(5 * SHORT, server.read(&mut buffer)).await;
        assert!(body.is_err(), "the time for a body is not limited here");
        tenant.0.answered();
        client.write_all(b"more").await.unwrap();
        assert_eq!(server.read(&mut buffer).await.unwrap(), 4);
        let passed_on = timeout(5 * SHORT, server.read(&mut buffer)).await;
        assert!(passed_on.is_err(), "and what belongs to an answer that is sent begins no head");
        let unread = server.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(unread.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn between_two_requests_is_not_waited_for_ever() {
        let patience = Patience { idle: SHORT, head: LONG, write: LONG };
        let (_client, mut server, tenant) = patient(patience, 16);
        let mut buffer = [0; 16];
        tenant.0.begin(0);
        let served = timeout(5 * SHORT, server.read(&mut buffer)).await;
        assert!(served.is_err(), "its answer may take longer");
        tenant.0.end();
        let idle = server.read(&mut buffer).await.unwrap_err();
        assert_eq!(idle.kind(), io::ErrorKind::TimedOut);
    }
    #[tokio::test]
    async fn little_is_read_at_once() {
        let patience = Patience { idle: LONG, head: LONG, write: LONG };
        let (mut client, mut server, _tenant) = patient(patience, 32 * 1024);
        let (sent, mut buffer) = (vec![0; 20_000], vec![0; 20_000]);
        let (written, read) = tokio::join!(client.write_all(&sent), async {
            let first = server.read(&mut buffer).await.unwrap();
            server.read_exact(&mut buffer[first..]).await.unwrap();
            first
        });
        written.unwrap();
        assert_eq!(read as u64, READ_BYTES_MAX);
    }
}

//! A stream of which every byte that arrives is counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::places::Place;

/// Tells its place what arrives, as it comes from the network: below TLS, which keeps what it cannot
/// read yet. While too much is held for all connections, what could wait is left to the system.
pub(super) struct Counted<S> {
    stream: S,
    place: Arc<Place>,
}

impl<S> Counted<S> {
    /// A stream that has a place.
    pub(super) fn new(stream: S, place: Arc<Place>) -> Counted<S> {
        Counted { stream, place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.place.may_read() {
            // Those who were called to leave have their turn before this task has its next.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.place.arrived(buffer.filled().len() - before);
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::super::places::{Places, Tenant};
    use super::*;
    use crate::http::Metrics;

    #[tokio::test]
    async fn while_too_much_is_held_more_is_left_where_it_is() {
        const LARGE: usize = 1024 * 1024;
        let places = Places::new(100, &Metrics::new());
        let tenant = places.take().expect("a free place");
        let (mut client, server) = duplex(LARGE);
        let mut server = Counted::new(server, tenant.0.clone());
        let mut buffer = vec![0; LARGE];
        client.write_all(&buffer).await.unwrap();
        server.read_exact(&mut buffer[..8_000]).await.unwrap();
        let others: Vec<Tenant> = (0..20).map(|_| places.take().expect("a free place")).collect();
        others.iter().for_each(|other| other.0.arrived(LARGE));
        let more = timeout(Duration::from_millis(20), server.read(&mut buffer)).await;
        assert!(more.is_err(), "nobody has left yet");
        drop(others);
        assert!(server.read(&mut buffer).await.unwrap() > 0);
    }
}

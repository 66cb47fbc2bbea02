//! Hears from other collectors which sites they changed.

use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;

use super::super::Changed;
use super::connect::{Target, said};
use super::sql;

/// Pause before a lost connection is made anew.
const PAUSE: Duration = Duration::from_millis(200);

/// Passes on what is heard, for as long as somebody listens. After a connection was lost, anything
/// may have changed.
pub(super) async fn run(target: Target, changed: mpsc::Sender<Changed>) {
    let mut lost = false;
    while !changed.is_closed() {
        match hear(&target, &changed).await {
            Err(error) if !lost => {
                let reason = said(&error);
                tracing::warn!(reason, "changes of sites are not heard of: trying again");
                lost = true;
            }
            Err(_) => {}
            Ok(()) => lost = false,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn hear(
    target: &Target,
    changed: &mpsc::Sender<Changed>,
) -> Result<(), tokio_postgres::Error> {
    let (config, tls) = target.config();
    let (client, mut connection) = config.connect(tls).await?;
    let listening = tokio::spawn({
        let changed = changed.clone();
        async move {
            client.batch_execute(sql::LISTEN).await?;
            let _ = changed.send(Changed::Anything).await;
            // The connection lives as long as its client.
            changed.closed().await;
            Ok::<_, tokio_postgres::Error>(())
        }
    });
    let heard = pass_on(&mut connection, changed).await;
    listening.abort();
    heard
}

/// Passes on what comes over a connection, until it ends.
async fn pass_on<S, T>(
    connection: &mut tokio_postgres::Connection<S, T>,
    changed: &mpsc::Sender<Changed>,
) -> Result<(), tokio_postgres::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(heard) = message? {
            let _ = changed.send(Changed::Site(heard.payload().to_owned())).await;
        }
    }
    Ok(())
}

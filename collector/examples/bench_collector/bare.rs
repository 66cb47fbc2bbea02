//! What a collector is measured beside.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use rusqlite::Connection;
use survey::response::Response;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::PATH;

/// The bare server: it parses and answers. With a file, it first commits what came, on its own.
pub(crate) async fn serve(file: Option<&Path>) -> anyhow::Result<()> {
    let database = file.map(database).transpose()?.map(|it| Arc::new(Mutex::new(it)));
    let take = move |body: Bytes| take(body, database.clone());
    listen(Router::new().route(PATH, post(take))).await
}

/// The same for what is fetched: whatever the address, it has so many bytes in memory.
pub(crate) async fn serve_bytes(bytes: usize) -> anyhow::Result<()> {
    let content = Bytes::from(vec![b' '; bytes]);
    let give = move || std::future::ready(content.clone());
    listen(Router::new().route("/{folder}/{file}", get(give))).await
}

async fn listen(router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

fn database(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE responses (site TEXT, id TEXT, response TEXT, PRIMARY KEY (site, id))
         WITHOUT ROWID",
    )?;
    Ok(connection)
}

async fn take(body: Bytes, database: Option<Arc<Mutex<Connection>>>) -> StatusCode {
    let Ok(response) = serde_json::from_slice::<Response>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Some(database) = database else { return StatusCode::NO_CONTENT };
    let database = database.lock_owned().await;
    let store =
        tokio::task::spawn_blocking(move || {
            database
                .prepare_cached("INSERT OR REPLACE INTO responses VALUES (?1, ?2, ?3)")?
                .execute((&response.site, &response.id, String::from_utf8_lossy(&body)))
        });
    match store.await {
        Ok(Ok(_)) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

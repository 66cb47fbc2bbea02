//! What there was of responses before a round was the first to name them.

use std::sync::atomic::{AtomicU32, Ordering};

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::super::record::Record;
use super::record::{id_of, of_row};
use super::round::Sheet;
use super::sql;
use super::trouble::Trouble;
use super::unfolded::Found;

/// So many times is looked closely at once after a glance was not enough.
const CLOSELY: u32 = 64;

/// How to look. Where the posts of a showing come together there is nothing, and a glance tells: the
/// server does half as much for it. Where they come far apart, or several collectors take posts about
/// a site, there is something; then the glance is left out, as it would cost a way there and back.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// So many times more without a glance.
    closely: AtomicU32,
}

impl Looks {
    /// What there is of the responses of a sheet that nothing is known of here.
    pub(super) async fn look(
        &self,
        client: &Client,
        writer: &str,
        sheet: &Sheet,
    ) -> Result<Found, Trouble> {
        let mut found = Found::default();
        if sheet.ids.is_empty() || !self.is_anything(client, writer, sheet).await? {
            return Ok(found);
        }
        let Sheet { site, ids, surveys, .. } = sheet;
        let look = client.prepare_cached(sql::LOOK).await?;
        for row in client.query(&look, &[site, ids, surveys, &writer]).await? {
            note(sheet, &row, &mut found)?;
        }
        Ok(found)
    }

    /// Whether there may be something of any of them.
    async fn is_anything(
        &self,
        client: &Client,
        writer: &str,
        Sheet { site, ids, .. }: &Sheet,
    ) -> Result<bool, Trouble> {
        let count = |times: u32| times.checked_sub(1);
        if self.closely.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok() {
            return Ok(true);
        }
        let glance = client.prepare_cached(sql::GLANCE).await?;
        let (first, last) = (ids.iter().min(), ids.iter().max());
        let is_anything =
            client.query_opt(&glance, &[site, &first, &last, &writer]).await?.is_some();
        if is_anything {
            self.closely.store(CLOSELY, Ordering::Relaxed);
        }
        Ok(is_anything)
    }
}

fn note(sheet: &Sheet, row: &Row, found: &mut Found) -> Result<(), Trouble> {
    let id = id_of(row)?;
    match of_row(row) {
        // What is only journaled yet has nothing but its id: that cannot be read either.
        Ok(record) if fits(sheet, &record) => drop(found.records.insert(id, record)),
        Ok(_) | Err(Trouble::Damaged(_)) => drop(found.unclear.insert(id)),
        Err(trouble) => return Err(trouble),
    }
    Ok(())
}

/// Whether all posts about a stored response were accepted against its definition.
fn fits(sheet: &Sheet, Record { response: stored, .. }: &Record) -> bool {
    let mut about = sheet.posts.iter().map(|it| &it.response).filter(|it| it.id == stored.id);
    about.all(|it| it.survey == stored.survey && it.version == stored.version)
}

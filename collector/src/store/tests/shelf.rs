//! A store to test.

use std::sync::Arc;

use survey::tally::{Cells, STATES};
use survey::{Day, Definition};

use super::super::*;

const DAY_MS: i64 = 86_400_000;
/// 2026-11-22, in days since 1970.
pub(in crate::store) const TODAY: i64 = 20_779;

/// A store with a database of its own, and one site that asks one survey.
pub(in crate::store) struct Shelf {
    pub(in crate::store) store: Store,
    pub(in crate::store) url: String,
    /// What the database is in, unless a server keeps it.
    pub(in crate::store) folder: tempfile::TempDir,
    pub(in crate::store) definition: Arc<Definition>,
    next: u64,
}

impl Shelf {
    /// A new database: on the server that the tests are given, else in a file.
    pub(in crate::store) async fn new() -> Shelf {
        match std::env::var("NABZ_TEST_POSTGRES") {
            Ok(server) => Shelf::at(scratch_postgres::new_database(&server).unwrap()).await,
            Err(_) => Shelf::in_a_file().await,
        }
    }

    /// A new database in a file.
    pub(in crate::store) async fn in_a_file() -> Shelf {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("t.db").display());
        Shelf { folder, ..Shelf::at(url).await }
    }

    async fn at(url: String) -> Shelf {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url).await.unwrap();
        let definition = r#"{"survey":"s","locale":"en","position":"bottom-end",
            "questions":[{"scale":"nps","prompt":"?"}]}"#;
        let definition = Arc::new(serde_json::from_str(definition).unwrap());
        let shelf = Shelf { store, url, folder, definition, next: 0 };
        shelf.keep("UTC", &[]).await;
        shelf
    }

    /// Has the site count in this time zone, broken down by these keys.
    pub(in crate::store) async fn keep(&self, zone: &str, keys: &[&str]) {
        self.keep_site("a", zone, keys).await;
    }

    /// The same for a site of this key.
    pub(in crate::store) async fn keep_site(&self, site: &str, zone: &str, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let site = StoredSite { site: site.to_owned(), file: String::new() };
        let definition = (*self.definition).clone();
        let definitions =
            vec![StoredDefinition { version: "1".to_owned(), definition, current: true }];
        self.store.keep_site(site, definitions, Placing::new(zone, &keys)).await.unwrap();
    }

    /// A response given at a time of today.
    pub(in crate::store) fn posted(&mut self, plan: &str, at_ms: i64) -> Posted {
        self.next += 1;
        let response = format!(
            r#"{{"id":"{:08x}-0000-7000-8000-000000000000","site":"a","survey":"s","version":"1",
            "revision":1,"state":"answered","answers":[{{"question":"nps","value":9}}],
            "attributes":{{"plan":"{plan}"}}}}"#,
            self.next.wrapping_mul(0x9e37_79b9) as u32
        );
        Posted {
            response: serde_json::from_str(&response).unwrap(),
            text: None,
            definition: self.definition.clone(),
            imported: false,
            excluded: false,
            doubt: None,
            answer_min_ms: 0,
            handling: Handling::default(),
            received_at_ms: TODAY * DAY_MS + at_ms,
            submitted_at_ms: TODAY * DAY_MS + at_ms,
        }
    }

    /// How many were answered: by key, as `day+offset bucket count`.
    pub(in crate::store) async fn answered(&self, key: &str) -> Vec<String> {
        let (from, to) = (Day(0), Day(40_000));
        let query = TallyQuery { survey: "s".into(), key: key.into(), from, to };
        let tallies = self.store.tally("a".into(), vec![query]).await.unwrap();
        let states = tallies.rows.into_iter().flatten().filter(|row| row.series == STATES);
        let shown = states.filter(|row| row.cells != Cells::default());
        shown
            .map(|row| format!("{:+}{} {}", i64::from(row.day.0) - TODAY, row.bucket, row.cells[1]))
            .collect()
    }

    /// The time zone whose days are shown.
    pub(in crate::store) async fn time_zone(&self) -> String {
        self.store.tally("a".into(), Vec::new()).await.unwrap().time_zone
    }

    /// Waits until tallies are as expected; whatever is seen before has to be as it was.
    pub(in crate::store) async fn becomes(&self, key: &str, before: &[&str], after: &[&str]) {
        loop {
            let found = self.answered(key).await;
            if found == after {
                return;
            }
            assert_eq!(found, before, "{key}: neither the old nor the new");
        }
    }

    pub(in crate::store) async fn differences(&self, repair: bool) -> Vec<String> {
        let verified = Store::verify(&self.url, repair).await.unwrap();
        verified.differences.iter().map(ToString::to_string).collect()
    }

    /// Runs a statement on the database.
    pub(in crate::store) async fn sql(&self, statement: &str) {
        if self.url.starts_with("sqlite:") {
            let file = self.folder.path().join("t.db");
            rusqlite::Connection::open(file).unwrap().execute(statement, []).unwrap();
        } else {
            let client = connect(&self.url).await;
            client.batch_execute("SET search_path = nabz").await.unwrap();
            client.batch_execute(statement).await.unwrap();
        }
    }
}

/// A connection to a database of a server.
pub(in crate::store) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

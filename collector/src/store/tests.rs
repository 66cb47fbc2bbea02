use std::sync::Arc;

use survey::response::Attribute;
use survey::tally::{Cells, EVERYBODY, STATES};
use survey::{Day, Definition};

use super::sqlite::{append, database, placement};
use super::*;

const DAY_MS: i64 = 86_400_000;
/// 2026-11-22, in days since 1970.
const TODAY: i64 = 20_779;

/// A store in a folder of its own, with one site that asks one survey.
struct Shelf {
    store: Store,
    folder: tempfile::TempDir,
    definition: Arc<Definition>,
    next: u64,
}

impl Shelf {
    async fn new() -> Shelf {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url(&folder)).await.unwrap();
        let definition = r#"{"survey":"s","locale":"en","position":"bottom-end",
            "questions":[{"scale":"nps","prompt":"?"}]}"#;
        let definition = Arc::new(serde_json::from_str(definition).unwrap());
        let shelf = Shelf { store, folder, definition, next: 0 };
        shelf.keep("UTC", &[]).await;
        shelf
    }

    async fn keep(&self, zone: &str, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let site = StoredSite { site: "a".to_owned(), file: String::new() };
        let definition = (*self.definition).clone();
        let definitions =
            vec![StoredDefinition { version: "1".to_owned(), definition, current: true }];
        self.store.keep_site(site, definitions, Placing::new(zone, &keys)).await.unwrap();
    }

    /// A response given at a time of today.
    fn posted(&mut self, plan: &str, at_ms: i64) -> Posted {
        self.next += 1;
        let response = format!(
            r#"{{"id":"{:08x}-0000-7000-8000-000000000000","site":"a","survey":"s","version":"1",
            "revision":1,"state":"answered","answers":[{{"question":"nps","value":9}}],
            "attributes":{{"plan":"{plan}"}}}}"#,
            self.next.wrapping_mul(0x9e37_79b9) as u32
        );
        Posted {
            response: serde_json::from_str(&response).unwrap(),
            definition: self.definition.clone(),
            imported: false,
            excluded: false,
            handling: Handling::default(),
            received_at_ms: TODAY * DAY_MS + at_ms,
            submitted_at_ms: TODAY * DAY_MS + at_ms,
        }
    }

    /// How many were answered: by key, as `day+offset bucket count`.
    async fn answered(&self, key: &str) -> Vec<String> {
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
    async fn time_zone(&self) -> String {
        self.store.tally("a".into(), Vec::new()).await.unwrap().time_zone
    }

    /// Waits until tallies are as expected; whatever is seen before has to be as it was.
    async fn becomes(&self, key: &str, before: &[&str], after: &[&str]) {
        loop {
            let found = self.answered(key).await;
            if found == after {
                return;
            }
            assert_eq!(found, before, "{key}: neither the old nor the new");
        }
    }

    async fn differences(&self, repair: bool) -> Vec<String> {
        let verified = Store::verify(&url(&self.folder), repair).await.unwrap();
        verified.differences.iter().map(ToString::to_string).collect()
    }

    fn sql(&self, statement: &str) {
        let connection = rusqlite::Connection::open(self.folder.path().join("t.db")).unwrap();
        connection.execute(statement, []).unwrap();
    }
}

fn url(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("t.db").display())
}

#[tokio::test]
async fn a_counter_that_is_wrong_is_found_and_repaired() {
    let mut shelf = Shelf::new().await;
    let batch = vec![shelf.posted("pro", 0), shelf.posted("free", 0)];
    shelf.store.append(batch).await.unwrap();
    let none: [&str; 0] = [];
    assert_eq!(shelf.differences(false).await, none);
    let check = async |statement: &str, expected: &[&str]| {
        shelf.sql(statement);
        assert_eq!(shelf.differences(false).await, expected, "{statement}");
        assert_eq!(shelf.differences(true).await, expected, "{statement}");
        assert_eq!(shelf.differences(false).await, none, "{statement}");
    };
    check(
        "UPDATE tallies SET c9 = c9 + 1 WHERE series = 'nps'",
        &["a/s 2026-11-22 nps[9]: 3 stored, 2 counted"],
    )
    .await;
    check(
        "DELETE FROM tallies WHERE series = ''",
        &[
            "a/s 2026-11-22 states[0]: 0 stored, 2 counted",
            "a/s 2026-11-22 states[1]: 0 stored, 2 counted",
        ],
    )
    .await;
    check(
        "INSERT INTO tallies SELECT site, generation, survey, 'plan', 'pro', day, series,
         c0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM tallies WHERE series = ''",
        &["a/s 2026-11-22 plan=pro states[0]: 2 stored, 0 counted"],
    )
    .await;
}

#[tokio::test]
async fn a_new_time_zone_moves_answers_to_their_new_day() {
    let mut shelf = Shelf::new().await;
    let late = 23 * 3_600_000 + 30 * 60_000;
    let batch = vec![shelf.posted("pro", 0), shelf.posted("pro", late)];
    shelf.store.append(batch).await.unwrap();
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 2"]);
    shelf.keep("Asia/Tehran", &[]).await;
    shelf.becomes(EVERYBODY, &["+0 2"], &["+0 1", "+1 1"]).await;
    assert_eq!(shelf.time_zone().await, "Asia/Tehran");
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
async fn ingest_goes_on_between_the_steps_of_a_rebuild() {
    let mut shelf = Shelf::new().await;
    let old: Vec<Posted> = (0..700).map(|_| shelf.posted("pro", 0)).collect();
    shelf.store.append(old.clone()).await.unwrap();
    shelf.store.clone().close().await;
    let mut connection = database::open(&shelf.folder.path().join("t.db")).unwrap();
    let mut ingest = ingest::Ingest::default();
    let transaction = connection.transaction().unwrap();
    let wanted = Placing::new("Asia/Tehran", &["plan".to_owned()]);
    placement::want(&transaction, "a", &wanted).unwrap();
    transaction.commit().unwrap();
    for (step, chunk) in old.chunks(100).enumerate() {
        // Some are revised and some are new, on both sides of what was placed so far.
        let mut batch: Vec<Posted> = chunk.iter().step_by(10).cloned().collect();
        batch.iter_mut().for_each(|posted| {
            posted.response.revision = 2;
            posted.response.attributes.insert("plan".to_owned(), Attribute::Text("free".into()));
        });
        batch.push(shelf.posted("team", 0));
        let transaction = connection.transaction().unwrap();
        append::append(&mut ingest, &transaction, &batch).unwrap();
        append::flush(&mut ingest, &transaction).unwrap();
        transaction.commit().unwrap();
        assert!(shelf.differences(false).await.is_empty());
        let shown_before = shelf.answered("plan").await;
        let transaction = connection.transaction().unwrap();
        let more = append::rebuild(&mut ingest, &transaction).unwrap();
        transaction.commit().unwrap();
        assert!(shelf.differences(false).await.is_empty());
        // Three steps place all rows, the fourth shows them; nothing is shown of the first three.
        assert_eq!((shown_before.is_empty(), more), (step <= 3, step <= 3), "step {step}");
        let zone = if step < 3 { "UTC" } else { "Asia/Tehran" };
        assert_eq!(shelf.time_zone().await, zone, "step {step}");
    }
    assert_eq!(shelf.answered("plan").await, ["+0free 70", "+0pro 630", "+0team 7"]);
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 707"]);
}

async fn wait(shelf: &Shelf, key: &str, expected: &[&str]) {
    while shelf.answered(key).await != expected {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_rebuild_goes_on_after_a_restart_and_gives_way_to_another() {
    let mut shelf = Shelf::new().await;
    let old: Vec<Posted> = (0..1_000).map(|_| shelf.posted("pro", 0)).collect();
    shelf.store.append(old).await.unwrap();
    shelf.keep("UTC", &["plan"]).await;
    shelf.keep("UTC", &[]).await;
    shelf.keep("Asia/Tehran", &["plan"]).await;
    shelf.store.clone().close().await;
    shelf.store = Store::open(&url(&shelf.folder)).await.unwrap();
    wait(&shelf, "plan", &["+0pro 1000"]).await;
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 1000"]);
    assert!(shelf.differences(false).await.is_empty());
}

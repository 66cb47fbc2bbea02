//! What is seen step by step inside the one file.

use futures_util::future::join_all;
use survey::response::Attribute;
use survey::tally::EVERYBODY;

use super::super::tests::shelf::Shelf;
use super::super::{Backend, Store};
use super::*;

#[tokio::test]
async fn ingest_goes_on_between_the_steps_of_a_rebuild() {
    let mut shelf = Shelf::in_a_file().await;
    let old: Vec<Posted> = (0..700).map(|_| shelf.posted("pro", 0)).collect();
    shelf.store.append(old.clone()).await.unwrap();
    shelf.store.clone().close().await;
    let mut connection = database::open(&shelf.folder.path().join("t.db")).unwrap();
    let mut memory = append::Memory::default();
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
        append::append(&mut memory, &transaction, batch).unwrap();
        fold::all(&mut memory, &transaction).unwrap();
        transaction.commit().unwrap();
        assert!(shelf.differences(false).await.is_empty());
        let shown_before = shelf.answered("plan").await;
        let transaction = connection.transaction().unwrap();
        let more = append::rebuild(&mut memory, &transaction).unwrap();
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

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_after_a_copy_was_made() {
    let mut shelf = Shelf::in_a_file().await;
    let (mut named, mut drawn) = (shelf.posted("pro", 0), shelf.posted("pro", 0));
    named.response.respondent = Some("u_42".to_owned());
    drawn.response.respondent = Some("~42".to_owned());
    shelf.store.append(vec![named, drawn]).await.unwrap();
    shelf.store.clone().close().await;
    let path = shelf.folder.path().join("t.db");
    let indexes = |path: &std::path::Path| -> Vec<String> {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut names = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name")
            .unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let now = indexes(&path);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let older = "DROP INDEX responses_left_out; DROP INDEX responses_with_words;
                 DROP INDEX responses_by_respondent; DROP TABLE secrets; DROP TABLE journal;
                 ALTER TABLE responses DROP COLUMN respondent; PRAGMA user_version = 1";
    connection.execute_batch(older).unwrap();
    drop(connection);
    let store = Sqlite::open(path.clone()).unwrap();
    assert_eq!(indexes(&path), now);
    for respondent in ["u_42", "~42"] {
        let found = store.of_respondent("a".into(), respondent.into(), 9).await.unwrap();
        assert_eq!(found.len(), 1, "{respondent}");
    }
    assert_eq!(store.secret("a".into(), "fresh".into()).await.unwrap(), "fresh");
    let copy = shelf.folder.path().join("t.db.schema-1");
    assert_eq!(indexes(&copy), ["responses_by_time"]);
    assert!(shelf.differences(false).await.is_empty());
}

/// Holds the writer until it is told to go on: all that is sent meanwhile becomes one batch.
async fn hold(sqlite: &Sqlite) -> std::sync::mpsc::Sender<()> {
    let (begun, begins) = oneshot::channel();
    let (go, held) = std::sync::mpsc::channel::<()>();
    let hold = move |_: &rusqlite::Transaction| {
        let _ = begun.send(());
        Ok(held.recv().is_ok())
    };
    let sqlite = sqlite.clone();
    tokio::spawn(async move { sqlite.write(hold).await });
    begins.await.unwrap();
    go
}

#[tokio::test]
async fn a_transaction_that_the_database_has_ended_takes_its_whole_batch_along() {
    let mut shelf = Shelf::in_a_file().await;
    let Backend::Sqlite(sqlite) = shelf.store.backend.clone() else { unreachable!() };
    let (earlier, later) = (shelf.posted("pro", 0), shelf.posted("pro", 0));
    let go = hold(&sqlite).await;
    let ended = sqlite.write(|transaction| {
        transaction.execute_batch("ROLLBACK")?;
        transaction.query_row("SELECT 1 WHERE 0", [], |_| Ok(()))
    });
    let (earlier, later) = (shelf.store.append(vec![earlier]), shelf.store.append(vec![later]));
    let (earlier, ended, later, ()) =
        tokio::join!(earlier, ended, later, async { go.send(()).unwrap() });
    assert!(earlier.is_err() && ended.is_err() && later.is_err());
    let none: [&str; 0] = [];
    assert_eq!(shelf.answered(EVERYBODY).await, none);
    assert_eq!(Store::verify(&shelf.url, false).await.unwrap().responses, 0);
    let next = shelf.posted("pro", 0);
    shelf.store.append(vec![next]).await.unwrap();
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 1"]);
}

#[tokio::test]
async fn what_was_written_before_is_found_among_much_that_is_new() {
    let mut shelf = Shelf::in_a_file().await;
    let Backend::Sqlite(sqlite) = shelf.store.backend.clone() else { unreachable!() };
    let posts: Vec<Posted> = (0..4 * append::MANY).map(|_| shelf.posted("pro", 0)).collect();
    let append = async |posts: Vec<Posted>| {
        let go = hold(&sqlite).await;
        let kept = join_all(posts.into_iter().map(|posted| shelf.store.append(vec![posted])));
        let (kept, ()) = tokio::join!(kept, async { go.send(()).unwrap() });
        kept.into_iter().flat_map(Result::unwrap).collect::<Vec<Kept>>()
    };
    let half: Vec<Posted> = posts.iter().step_by(2).cloned().collect();
    assert_eq!(append(half).await, vec![Kept::New; 2 * append::MANY]);
    // To count them is to have them written.
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 16"]);
    let expected = vec![[Kept::Known, Kept::New]; 2 * append::MANY].concat();
    assert_eq!(append(posts).await, expected);
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 32"]);
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
async fn an_index_left_out_for_many_rows_is_there_again_at_the_end_and_after_a_crash() {
    let mut shelf = Shelf::in_a_file().await;
    let path = shelf.folder.path().join("t.db");
    let is_there = || {
        let find = "SELECT count(*) FROM sqlite_schema WHERE name = 'responses_by_respondent'";
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.query_row(find, [], |row| row.get::<_, bool>(0)).unwrap()
    };
    let check = async |shelf: &mut Shelf, respondents: usize| {
        assert!(is_there());
        let store = shelf.store.clone();
        let found = store.of_respondent("a".into(), "u_42".into(), 9).await.unwrap();
        assert_eq!(found.len(), respondents);
    };
    let named = |shelf: &mut Shelf| {
        let mut posted = shelf.posted("pro", 0);
        posted.response.respondent = Some("u_42".to_owned());
        vec![posted]
    };
    shelf.store.begin_bulk(0).await.unwrap();
    assert!(is_there(), "a small file is not worth it");
    shelf.store.begin_bulk(1 << 30).await.unwrap();
    assert!(!is_there());
    let posted = named(&mut shelf);
    shelf.store.append(posted).await.unwrap();
    shelf.store.end_bulk().await.unwrap();
    check(&mut shelf, 1).await;
    shelf.store.begin_bulk(1 << 30).await.unwrap();
    let posted = named(&mut shelf);
    shelf.store.append(posted).await.unwrap();
    shelf.store.clone().close().await;
    assert!(!is_there());
    shelf.store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
    check(&mut shelf, 2).await;
    assert!(shelf.differences(false).await.is_empty());
}

/// Has posts acknowledged by a writer that ends before it writes them as rows.
fn acknowledge(path: &std::path::Path, batches: &[Vec<Posted>]) {
    let mut connection = database::open(path).unwrap();
    let mut memory = append::Memory::default();
    for batch in batches {
        let transaction = connection.transaction().unwrap();
        append::begin(&mut memory, &transaction).unwrap();
        let line = super::super::journal::write(&mut batch.clone());
        append::keep(&mut memory, &transaction, batch.clone(), Some(line)).unwrap();
        append::end(&mut memory, &transaction).unwrap();
        transaction.commit().unwrap();
    }
}

fn count(path: &std::path::Path, what: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_a_writer_left_in_the_journal_is_seen_by_whoever_comes_next() {
    let mut shelf = Shelf::in_a_file().await;
    shelf.keep("UTC", &["plan"]).await;
    let stored = shelf.posted("free", 0);
    shelf.store.append(vec![stored.clone()]).await.unwrap();
    shelf.store.clone().close().await;
    let path = shelf.folder.path().join("t.db");
    let left = |shelf: &mut Shelf| {
        let (new, mut revised) = (shelf.posted("pro", 0), stored.clone());
        revised.response.revision = 2;
        let retried = new.clone();
        acknowledge(&path, &[vec![new], vec![revised], vec![retried]]);
        assert!(count(&path, "journal") > 0);
    };
    left(&mut shelf);
    // Somebody who only counts, a new writer that is asked at once, somebody who only reads.
    let verified = Store::verify(&shelf.url, false).await.unwrap();
    assert_eq!((verified.responses, verified.differences.len()), (2, 0));
    left(&mut shelf);
    shelf.store = Store::open(&shelf.url).await.unwrap();
    assert_eq!(shelf.answered("plan").await, ["+0free 1", "+0pro 2"]);
    shelf.store.clone().close().await;
    left(&mut shelf);
    shelf.store = Store::open_to_read(&shelf.url).await.unwrap();
    assert_eq!(shelf.answered("plan").await, ["+0free 1", "+0pro 3"]);
    assert_eq!((count(&path, "journal"), count(&path, "responses")), (0, 4));
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
async fn a_part_of_the_journal_that_cannot_be_gone_on_with_is_kept_and_keeps_out_nothing_else() {
    let mut shelf = Shelf::in_a_file().await;
    shelf.store.clone().close().await;
    let path = shelf.folder.path().join("t.db");
    let (known, mut unknown) = (shelf.posted("pro", 0), shelf.posted("pro", 0));
    unknown.response.version = Some("9".to_owned());
    acknowledge(&path, &[vec![unknown], vec![known]]);
    shelf.sql("INSERT INTO journal (posts) VALUES ('[{')").await;
    shelf.store = Store::open(&shelf.url).await.unwrap();
    let next = shelf.posted("pro", 0);
    shelf.store.append(vec![next]).await.unwrap();
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 2"]);
    assert_eq!((count(&path, "journal WHERE aside"), count(&path, "journal")), (2, 2));
    // What was in the way of one of them is mended.
    let add = "INSERT INTO definitions SELECT site, survey, '9', definition, 0 FROM definitions";
    shelf.sql(add).await;
    shelf.store.clone().close().await;
    shelf.store = Store::open(&shelf.url).await.unwrap();
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 3"]);
    assert_eq!((count(&path, "journal WHERE aside"), count(&path, "journal")), (1, 1));
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_transaction_that_fails() {
    let mut shelf = Shelf::in_a_file().await;
    let Backend::Sqlite(sqlite) = shelf.store.backend.clone() else { unreachable!() };
    let first = shelf.posted("pro", 0);
    shelf.store.append(vec![first.clone()]).await.unwrap();
    let ended = sqlite.write(|transaction| transaction.execute_batch("ROLLBACK")).await;
    assert!(ended.is_err());
    let mut second = first;
    second.response.revision = 2;
    assert_eq!(shelf.store.append(vec![second]).await.unwrap(), [Kept::Revised]);
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 1"]);
    assert!(shelf.differences(false).await.is_empty());
}

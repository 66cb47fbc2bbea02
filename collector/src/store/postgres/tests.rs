//! What holds on a server only.

use super::super::tests::shelf::{Shelf, connect};
use super::super::{Amendment, Kept, Posted, Store, StoreError, journal};
use super::sql;

/// Statements about the whole database, and why they may be.
const OF_NO_SITE: [&str; 27] = [
    // Of the server and the schema.
    "SETTLE",
    "PLAN_ANEW",
    "PLAN_ONCE",
    "ADD_ROWS",
    "SERVER",
    "HAS_RELEASE",
    "RELEASE",
    "SET_RELEASE",
    "RAISE_RELEASE",
    "LOCK_SCHEMA",
    "BEGIN",
    "COMMIT",
    "ROLL_BACK",
    "PING",
    "LISTEN",
    "HAS_CITUS",
    "IS_DISTRIBUTED",
    "DISTRIBUTE",
    "COPY_EVERYWHERE",
    "SWEEP",
    // The list of sites, of those that have answers, and of those with answers to be folded.
    "SITES",
    "PLACED_SITES",
    "JOURNALED_SITES",
    // Locks and news, of the site that is their parameter.
    "HOLD_SITE",
    "CLOSE_SITE",
    "TAKE_TURN",
    "TELL",
];

#[test]
fn every_statement_is_about_one_site() {
    for (name, statement) in sql::ALL {
        let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let inserts = words.starts_with("INSERT INTO nabz.")
            && words.contains(" (site, ")
            && (words.contains(" VALUES ($1, ") || words.contains(" SELECT $1, "));
        let filters = words.contains("site = $1");
        let of_a_site = inserts || filters;
        let exempt = OF_NO_SITE.contains(name) || words.contains("nabz.sessions");
        assert!(of_a_site != exempt, "{name}: {words}");
    }
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn every_table_is_known_and_plain_postgresql_is_not_distributed() {
    let shelf = Shelf::new().await;
    let find = "SELECT 'nabz.' || relname FROM pg_class
        WHERE relnamespace = 'nabz'::regnamespace AND relkind = 'r' ORDER BY relname";
    let rows = connect(&shelf.url).await.query(find, &[]).await.unwrap();
    let mut tables = sql::TABLES.map(|(table, _)| table);
    tables.sort_unstable();
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), tables);
    let refusal = Store::distribute(&shelf.url).await.unwrap_err().to_string();
    assert!(refusal.contains("CREATE EXTENSION citus"), "{refusal}");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn every_key_begins_with_the_site() {
    let shelf = Shelf::new().await;
    let client = connect(&shelf.url).await;
    let find = "SELECT c.relname || ' ' || a.attname
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE c.relnamespace = 'nabz'::regnamespace ORDER BY 1";
    let rows = client.query(find, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let responses = ["responses", "responses", "responses"];
    let tables = ["buckets", "definitions", "journal", "journal", "placements"];
    let tables = tables.into_iter().chain(responses);
    let mut expected: Vec<_> = tables.map(|table| format!("{table} site")).collect();
    let last = ["secrets site", "sessions hash", "sites site", "tallies site"];
    expected.extend(last.map(str::to_owned));
    assert_eq!(found, expected);
    let sequences = "SELECT count(*) FROM pg_class
        WHERE relnamespace = 'nabz'::regnamespace AND relkind = 'S'";
    assert_eq!(client.query_one(sequences, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn plans_are_made_once_except_on_citus() {
    let shelf = Shelf::new().await;
    let mut client = connect(&shelf.url).await;
    for (citus, expected) in [(true, "force_custom_plan"), (false, "force_generic_plan")] {
        for statement in [sql::PLAN_ONCE, sql::ADD_ROWS] {
            let transaction = client.transaction().await.unwrap();
            if citus {
                let there = "INSERT INTO pg_extension
                    SELECT 1, 'citus', extowner, extnamespace, false, '13.0' FROM pg_extension
                    WHERE extname = 'plpgsql'";
                transaction.batch_execute(there).await.unwrap();
            }
            transaction.batch_execute(statement).await.unwrap();
            let row = transaction.query_one("SHOW plan_cache_mode", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), expected, "{statement}");
        }
    }
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn changes_that_wait_for_another_collector_are_counted_as_waiting() {
    let shelf = Shelf::new().await;
    let other = connect(&shelf.url).await;
    other.batch_execute(sql::BEGIN).await.unwrap();
    other.execute(sql::CLOSE_SITE, &[&"a"]).await.unwrap();
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let amend = || shelf.store.amend("a".into(), "none".into(), Amendment::default());
    let more = async {
        while other.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
        tokio::join!(amend(), amend())
    };
    let release = async {
        // The first one is in hand.
        while shelf.store.activity().waiting != 2 {
            tokio::task::yield_now().await;
        }
        other.batch_execute(sql::ROLL_BACK).await.unwrap();
    };
    let (one, (two, three), ()) = tokio::join!(amend(), more, release);
    assert_eq!([one, two, three].map(Result::unwrap), [false; 3]);
    assert_eq!(shelf.store.activity().waiting, 0);
}

/// Has a collector die that journaled posts and folded none. Its entries are numbered.
async fn left_behind(shelf: &Shelf, number: u32, posts: &[Posted]) {
    let text = journal::write(&mut posts.to_vec()) + "\n";
    write_entry(shelf, number, posts, &text).await;
}

async fn write_entry(shelf: &Shelf, number: u32, posts: &[Posted], text: &str) {
    let entry = format!("{number:012x}-00000001-0123456789abcdef");
    let responses = || posts.iter().map(|posted| &posted.response);
    let ids: Vec<&str> = responses().map(|it| it.id.as_str()).collect();
    let surveys: Vec<&str> = responses().map(|it| it.survey.as_str()).collect();
    let client = connect(&shelf.url).await;
    client.execute(sql::JOURNAL, &[&"a", &entry, &ids, &surveys, &text]).await.unwrap();
}

/// How many entries there are, and how many of them are set aside.
async fn entries(shelf: &Shelf) -> (i64, i64) {
    let count = "SELECT count(*), count(*) FILTER (WHERE aside) FROM nabz.journal";
    let row = connect(&shelf.url).await.query_one(count, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn what_a_dead_collector_acknowledged_is_seen_at_once_and_counted_once() {
    let mut shelf = Shelf::new().await;
    shelf.keep("UTC", &["plan"]).await;
    let first = shelf.posted("pro", 0);
    let mut second = first.clone();
    second.response.revision = 2;
    let third = shelf.posted("free", 0);
    left_behind(&shelf, 2, &[second.clone(), third]).await;
    left_behind(&shelf, 1, &[first]).await;
    shelf.becomes("plan", &["+0pro 1"], &["+0free 1", "+0pro 1"]).await;
    assert_eq!(entries(&shelf).await, (0, 0));
    // It was asked for an acknowledgement once more, and got it.
    left_behind(&shelf, 2, &[second]).await;
    assert!(shelf.differences(false).await.is_empty());
    assert_eq!(entries(&shelf).await, (0, 0), "counting again folds, too");
    assert_eq!(shelf.answered("plan").await, ["+0free 1", "+0pro 1"]);
    // Without anybody who reads, the next collector does.
    shelf.store.clone().close().await;
    let fourth = shelf.posted("pro", 0);
    left_behind(&shelf, 3, &[fourth]).await;
    shelf.store = Store::open(&shelf.url).await.unwrap();
    while entries(&shelf).await != (0, 0) {
        tokio::task::yield_now().await;
    }
    assert_eq!(shelf.answered("plan").await, ["+0free 1", "+0pro 2"]);
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn what_is_only_journaled_decides_what_is_refused() {
    let mut shelf = Shelf::new().await;
    let of_another_survey = |posted: &Posted| {
        let mut definition = (*posted.definition).clone();
        definition.survey = "t".to_owned();
        let mut other = Posted { definition: definition.into(), ..posted.clone() };
        other.response.survey = "t".to_owned();
        other
    };
    let without_answers = |posted: &Posted| {
        let mut bare = posted.clone();
        bare.response.answers.clear();
        bare.response.revision = 2;
        bare
    };
    let mine = shelf.posted("pro", 0);
    let append =
        async |posted: &Posted| shelf.store.append(vec![posted.clone()]).await.unwrap().remove(0);
    let refused = Kept::OtherSurvey("s".to_owned());
    assert_eq!(append(&without_answers(&mine)).await, Kept::Unanswered);
    assert_eq!(append(&mine).await, Kept::New);
    assert_eq!(append(&of_another_survey(&mine)).await, refused);
    assert_eq!(append(&without_answers(&mine)).await, Kept::Revised);
    // The same, when another collector took the first posts.
    let theirs =
        [3_600_000, 7_200_000].map(|at_ms| Posted { received_at_ms: at_ms, ..mine.clone() });
    for (number, mut theirs) in theirs.into_iter().enumerate() {
        theirs.response.id = format!("0000000{number}-0000-7000-8000-000000000001");
        left_behind(&shelf, 1, std::slice::from_ref(&theirs)).await;
        if number == 0 {
            assert_eq!(append(&of_another_survey(&theirs)).await, refused);
        }
        let kept = append(&without_answers(&theirs)).await;
        assert!(matches!(kept, Kept::Revised | Kept::Known), "{kept:?}");
    }
    assert_eq!(shelf.answered("").await, ["+0 3"]);
    assert!(shelf.differences(false).await.is_empty());
    assert_eq!(entries(&shelf).await, (0, 0));
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn an_entry_that_cannot_be_read_keeps_out_no_other() {
    let mut shelf = Shelf::new().await;
    let posts = [0; 3].map(|at_ms| shelf.posted("pro", at_ms));
    left_behind(&shelf, 1, &posts[..1]).await;
    write_entry(&shelf, 2, &posts[1..2], "[{").await;
    left_behind(&shelf, 3, &posts[2..]).await;
    assert_eq!(shelf.answered("").await, ["+0 2"]);
    assert_eq!(entries(&shelf).await, (1, 1));
    assert_eq!(shelf.answered("").await, ["+0 2"]);
    let mended = journal::write(&mut posts[1..2].to_vec());
    shelf.sql(&format!("UPDATE journal SET posts = '{mended}'")).await;
    shelf.store.clone().close().await;
    shelf.store = Store::open(&shelf.url).await.unwrap();
    while entries(&shelf).await != (0, 0) {
        tokio::task::yield_now().await;
    }
    assert_eq!(shelf.answered("").await, ["+0 3"]);
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_character_that_the_server_takes_in_no_text_keeps_out_nothing_else() {
    let mut shelf = Shelf::new().await;
    let mut nul = shelf.posted("pro", 0);
    nul.response.respondent = Some("u\0".to_owned());
    let good = shelf.posted("pro", 0);
    let (refused, kept) =
        tokio::join!(shelf.store.append(vec![nul]), shelf.store.append(vec![good]));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    assert_eq!(kept.unwrap(), [Kept::New]);
    assert_eq!(shelf.answered("").await, ["+0 1"]);
    assert_eq!(entries(&shelf).await, (0, 0));
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn an_older_schema_is_brought_up_to_date() {
    let mut shelf = Shelf::new().await;
    let posts = [0; 2].map(|at_ms| shelf.posted("pro", at_ms));
    shelf.store.append(posts[..1].to_vec()).await.unwrap();
    shelf.store.clone().close().await;
    shelf.sql("DROP TABLE journal; UPDATE release SET schema = 1").await;
    shelf.store = Store::open(&shelf.url).await.unwrap();
    assert_eq!(shelf.store.append(posts.to_vec()).await.unwrap(), [Kept::Known, Kept::New]);
    assert_eq!(shelf.answered("").await, ["+0 2"]);
    let release = connect(&shelf.url).await.query_one(sql::RELEASE, &[]).await.unwrap();
    assert_eq!(release.get::<_, i32>(0), 4);
    assert!(shelf.differences(false).await.is_empty());
}

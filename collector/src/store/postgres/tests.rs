//! What holds on a server only.

use super::super::Store;
use super::super::tests::shelf::{Shelf, connect};
use super::sql;

/// Statements about the whole database, and why they may be.
const OF_NO_SITE: [&str; 21] = [
    // Of the server and the schema.
    "SETTLE",
    "PLAN_ANEW",
    "SERVER",
    "HAS_RELEASE",
    "RELEASE",
    "SET_RELEASE",
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
    // The list of sites, and of those that have answers.
    "SITES",
    "PLACED_SITES",
    // Locks and news, of the site that is their parameter.
    "HOLD_SITE",
    "CLOSE_SITE",
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
    let tables = ["buckets", "definitions", "placements"].into_iter().chain(responses);
    let mut expected: Vec<_> = tables.map(|table| format!("{table} site")).collect();
    let last = ["secrets site", "sessions hash", "sites site", "tallies site"];
    expected.extend(last.map(str::to_owned));
    assert_eq!(found, expected);
    let sequences = "SELECT count(*) FROM pg_class
        WHERE relnamespace = 'nabz'::regnamespace AND relkind = 'S'";
    assert_eq!(client.query_one(sequences, &[]).await.unwrap().get::<_, i64>(0), 0);
}

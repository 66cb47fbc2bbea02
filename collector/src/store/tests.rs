//! What every implementation promises. They run on SQLite, and on PostgreSQL where
//! `NABZ_TEST_POSTGRES` names a server.

pub(super) mod shelf;

use survey::tally::EVERYBODY;

use super::*;
use shelf::Shelf;

#[tokio::test]
async fn a_counter_that_is_wrong_is_found_and_repaired() {
    let mut shelf = Shelf::new().await;
    let batch = vec![shelf.posted("pro", 0), shelf.posted("free", 0)];
    shelf.store.append(batch).await.unwrap();
    let none: [&str; 0] = [];
    assert_eq!(shelf.differences(false).await, none);
    let check = async |statement: &str, expected: &[&str]| {
        shelf.sql(statement).await;
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
async fn what_is_stored_is_found_wherever_it_lies_among_what_is_new() {
    // Of few each is looked for, of many all at once.
    for (count, stored) in [(3, 0), (3, 1), (3, 2), (12, 0), (12, 5), (12, 11)] {
        let mut shelf = Shelf::new().await;
        shelf.keep_site("b", "UTC", &[]).await;
        let mut batch: Vec<Posted> = (0..count).map(|_| shelf.posted("pro", 0)).collect();
        batch.sort_by(|one, other| one.response.id.cmp(&other.response.id));
        let first = batch[stored].clone();
        shelf.store.append(vec![first]).await.unwrap();
        // Whoever comes next knows of nothing.
        shelf.store.clone().close().await;
        shelf.store = Store::open(&shelf.url).await.unwrap();
        // The same ids at another site are other responses.
        let mut expected = vec![Kept::New; 2 * count];
        let mut others = batch.clone();
        others.iter_mut().for_each(|other| other.response.site = "b".to_owned());
        batch.extend(others);
        expected[stored] = Kept::Known;
        let append = async |batch: &[Posted]| shelf.store.append(batch.to_vec()).await.unwrap();
        assert_eq!(append(&batch).await, expected, "{stored} of {count}");
        assert_eq!(append(&batch).await, vec![Kept::Known; 2 * count]);
        assert_eq!(shelf.answered(EVERYBODY).await, [format!("+0 {count}")]);
        assert!(shelf.differences(false).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_erased_is_gone_and_counts_no_more() {
    let mut shelf = Shelf::new().await;
    shelf.keep("UTC", &["plan"]).await;
    let mut batch: Vec<Posted> = ["pro", "pro", "free"].map(|plan| shelf.posted(plan, 0)).into();
    for (posted, respondent) in batch.iter_mut().zip(["u_1", "u_2", "~drawn"]) {
        posted.response.respondent = Some(respondent.to_owned());
    }
    let ids: Vec<String> = batch.iter().map(|posted| posted.response.id.clone()).collect();
    shelf.store.append(batch.clone()).await.unwrap();
    let found = async |respondent: &str| {
        let records = shelf.store.of_respondent("a".into(), respondent.into(), 9).await.unwrap();
        records.into_iter().map(|record| record.response.id).collect::<Vec<_>>()
    };
    assert_eq!(found("u_1").await, [ids[0].as_str()]);
    assert_eq!(found("~drawn").await, [ids[2].as_str()]);
    let none: [&str; 0] = [];
    let unknown = "00000000-0000-7000-8000-000000000000".to_owned();
    let erased = async |ids: &[&String]| {
        let ids = ids.iter().map(|id| (*id).clone()).collect();
        shelf.store.erase("a".to_owned(), ids).await.unwrap()
    };
    assert_eq!(erased(&[&ids[0], &ids[2], &ids[0], &unknown]).await, 2);
    assert_eq!(erased(&[&ids[0]]).await, 0);
    assert_eq!(found("u_1").await, none);
    assert_eq!(found("~drawn").await, none);
    assert_eq!(shelf.answered("").await, ["+0 1"]);
    assert_eq!(shelf.differences(false).await, none);
    // A later revision may name the respondent, or another one.
    batch[1].response.revision = 2;
    batch[1].response.respondent = Some("u_3".to_owned());
    shelf.store.append(vec![batch[1].clone()]).await.unwrap();
    assert_eq!(found("u_2").await, none);
    assert_eq!(found("u_3").await, [ids[1].as_str()]);
}

#[tokio::test]
async fn a_secret_stays_until_it_is_renewed() {
    let shelf = Shelf::new().await;
    let first = shelf.store.secret("a".into()).await.unwrap();
    assert_eq!(shelf.store.secret("a".into()).await.unwrap(), first);
    assert_ne!(shelf.store.secret("b".into()).await.unwrap(), first);
    shelf.store.renew_secret("a".into()).await.unwrap();
    assert_ne!(shelf.store.secret("a".into()).await.unwrap(), first);
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
    shelf.store = Store::open(&shelf.url).await.unwrap();
    wait(&shelf, "plan", &["+0pro 1000"]).await;
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 1000"]);
    assert!(shelf.differences(false).await.is_empty());
}

#[tokio::test]
async fn what_is_damaged_keeps_out_nothing_else() {
    let mut shelf = Shelf::new().await;
    let mut batch = vec![shelf.posted("pro", 0), shelf.posted("pro", 0)];
    shelf.store.append(batch.clone()).await.unwrap();
    let ids: Vec<String> = batch.iter().map(|posted| posted.response.id.clone()).collect();
    let stored = serde_json::to_string(&batch[0].response).unwrap();
    let of_no_version = stored.replace(r#""version":"1""#, r#""version":"9""#);
    for (at, (damage, reason)) in
        [(of_no_version.as_str(), "no definition \"9\""), ("{", "EOF")].into_iter().enumerate()
    {
        let damaged = format!("UPDATE responses SET response = '{damage}' WHERE id = '{}'", ids[0]);
        // What was posted lately is remembered, and need not be a row yet.
        shelf.store.clone().close().await;
        shelf.sql(&damaged).await;
        shelf.store = Store::open(&shelf.url).await.unwrap();
        batch.iter_mut().for_each(|posted| posted.response.revision += 1);
        batch.truncate(2);
        batch.push(shelf.posted("pro", 0));
        let kept = shelf.store.append(batch.clone()).await.unwrap();
        let [Kept::Damaged(found), Kept::Revised, Kept::New] = kept.as_slice() else {
            panic!("{damage}: {kept:?}")
        };
        assert!(found.contains(reason), "{damage}: {found}");
        let amended = shelf.store.amend("a".into(), ids[0].clone(), Amendment::default()).await;
        assert!(matches!(amended, Err(StoreError::Damaged(_))), "{damage}: {amended:?}");
        let erased = shelf.store.erase("a".into(), vec![ids[1].clone(), ids[0].clone()]).await;
        assert!(matches!(erased, Err(StoreError::Damaged(_))), "{damage}: {erased:?}");
        let mended = format!("UPDATE responses SET response = '{stored}' WHERE id = '{}'", ids[0]);
        shelf.sql(&mended).await;
        assert_eq!(shelf.answered("").await, [format!("+0 {}", at + 3)], "{damage}");
        assert!(shelf.differences(false).await.is_empty(), "{damage}");
    }
    assert_eq!(shelf.store.erase("a".into(), ids).await.unwrap(), 2);
    assert_eq!(shelf.answered("").await, ["+0 2"]);
}

#[tokio::test]
async fn a_rebuild_passes_over_what_is_damaged() {
    let mut shelf = Shelf::new().await;
    let batch = [0; 3].map(|at_ms| shelf.posted("pro", at_ms));
    shelf.store.append(batch.to_vec()).await.unwrap();
    shelf.store.clone().close().await;
    for (posted, damage) in batch.iter().zip(["{", r#"{"id":"7"}"#]) {
        let id = &posted.response.id;
        shelf.sql(&format!("UPDATE responses SET response = '{damage}' WHERE id = '{id}'")).await;
    }
    shelf.store = Store::open(&shelf.url).await.unwrap();
    shelf.keep("Asia/Tehran", &["plan"]).await;
    wait(&shelf, EVERYBODY, &["+0 1"]).await;
    assert_eq!(shelf.time_zone().await, "Asia/Tehran");
}

#[tokio::test]
async fn a_clock_that_jumps_loses_nothing_and_moves_no_answer_to_another_day() {
    const DAY_MS: i64 = 86_400_000;
    let mut shelf = Shelf::new().await;
    let mut post = shelf.posted("pro", 0);
    let mut append = async |revision: u32, value: i64, jump_ms: i64| {
        post.response.revision = revision;
        post.response.answers[0].value = survey::response::Value::Number(value);
        let mut posted = post.clone();
        posted.received_at_ms += jump_ms;
        posted.submitted_at_ms += jump_ms;
        shelf.store.append(vec![posted]).await.unwrap().remove(0)
    };
    assert_eq!(append(1, 9, 0).await, Kept::New);
    assert_eq!(append(2, 8, -40 * DAY_MS).await, Kept::Revised);
    assert_eq!(append(2, 8, 40 * DAY_MS).await, Kept::Known, "a retry");
    assert_eq!(append(3, 7, DAY_MS - 1).await, Kept::Revised);
    assert_eq!(append(4, 6, DAY_MS).await, Kept::Known, "it is closed");
    assert_eq!(append(4, 6, i64::MIN / 2).await, Kept::Revised, "before there was anything");
    assert_eq!(shelf.answered(EVERYBODY).await, ["+0 1"]);
    assert!(shelf.differences(false).await.is_empty());
}

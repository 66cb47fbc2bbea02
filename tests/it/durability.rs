use serde_json::json;
use tests::{Collector, TOKEN, Visitors, answered, check_ledger, new_id, response};

use crate::SITE;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let mut collectors = vec![Collector::start(SITE)];
    let mut visitors = Visitors::new(&collectors, 12);
    for _ in 0..6 {
        visitors.more(50).await;
        let killed = collectors.remove(0);
        collectors.push(killed.kill_and_restart(&ARGUMENTS));
        visitors.find(0, &collectors[0]);
    }
    visitors.more(50).await;
    let ledger = visitors.leave().await;
    check_ledger(&collectors[0], &ledger).await;
}

#[tokio::test]
async fn a_retry_after_a_restart_counts_once() {
    let collector = Collector::start(SITE);
    let post = response("checkout", &new_id(), 2, "answered", &[("nps", json!(9))]);
    collector.post(&post).await;
    let collector = collector.kill_and_restart(&ARGUMENTS);
    assert_eq!(collector.post(&post).await.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], 1);
    collector.verify();
}

#[tokio::test]
async fn it_stops_when_asked() {
    let mut collector = Collector::start(SITE);
    collector.post(&answered("checkout", "nps", 9)).await;
    assert!(collector.stop());
    let log = collector.folder().join("nabz.db-wal");
    assert!(!log.exists(), "the database is closed whole");
}

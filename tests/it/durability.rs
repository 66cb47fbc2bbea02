use serde_json::json;
use tests::{Collector, TOKEN, answered, new_id, response};

use crate::SITE;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let mut collector = Collector::start(SITE);
    let mut acknowledged = 0;
    for round in 1..=3u64 {
        let posts = (0..40).map(|_| answered("checkout", "nps", 9));
        for post in posts {
            assert_eq!(collector.post(&post).await.status, 204);
            acknowledged += 1;
        }
        collector = collector.kill_and_restart(&ARGUMENTS);
        let summary = collector.summary("checkout", "").await;
        assert_eq!(summary["questions"][0]["counts"]["9"], acknowledged, "round {round}");
        collector.verify();
    }
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

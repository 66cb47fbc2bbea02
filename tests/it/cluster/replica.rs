use scratch_postgres::{End, Server, new_database};
use tests::{Collector, answered, wait_until};

use super::ARGUMENTS;
use crate::SITE;

async fn answers(collector: &Collector) -> i64 {
    collector.summary("checkout", "").await["answered"].as_i64().unwrap()
}

/// Posts an answer, which the primary has from then on.
async fn answer(collector: &Collector) {
    assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
}

/// Has a replica follow no further.
async fn pause(replica: &Server, database: &str) {
    replica.sql(database, "SELECT pg_wal_replay_pause()").unwrap();
    let paused = "SELECT 1 / (pg_get_wal_replay_pause_state() = 'paused')::integer";
    wait_until("the replica to pause", async || replica.sql(database, paused).is_ok()).await;
}

#[tokio::test]
async fn summaries_are_read_from_a_replica_while_there_is_one() {
    let server = Server::start().unwrap();
    let url = new_database(&server.url("postgres")).unwrap();
    let database = url.rsplit('/').next().unwrap();
    let alone = Collector::start_on(SITE, &url, &ARGUMENTS);
    answer(&alone).await;
    let mut replica = server.replica().unwrap();
    let read = replica.url(database);
    let arguments = [ARGUMENTS.as_slice(), &["--read-database", &read]].concat();
    let mut collector = Collector::start_on(SITE, &url, &arguments);
    assert_eq!(answers(&collector).await, 1);
    answer(&collector).await;
    wait_until("the replica to follow", async || answers(&collector).await == 2).await;
    // A replica that lags behind shows what was, and holds nothing up.
    pause(&replica, database).await;
    answer(&collector).await;
    assert_eq!((answers(&collector).await, answers(&alone).await), (2, 3));
    let list = "/api/v1/surveys/acme/checkout/responses";
    let listed = async |collector: &Collector| {
        collector.get_as_admin(list).await.json()["responses"].as_array().unwrap().len()
    };
    assert_eq!((listed(&collector).await, listed(&alone).await), (2, 3));
    // Without a replica, and with one that has come back.
    replica.end(End::Immediate).unwrap();
    assert_eq!((answers(&collector).await, listed(&collector).await), (3, 3));
    assert!(collector.log().contains("the primary is read from"), "{}", collector.log());
    assert!(collector.stop());
    let mut collector = collector.kill_and_restart(&arguments);
    assert_eq!(answers(&collector).await, 3);
    assert!(collector.log().contains("--read-database"), "{}", collector.log());
    replica.run().unwrap();
    pause(&replica, database).await;
    answer(&collector).await;
    wait_until("the replica to be read from again", async || answers(&collector).await == 3).await;
    replica.sql(database, "SELECT pg_wal_replay_resume()").unwrap();
    wait_until("the replica to follow again", async || answers(&collector).await == 4).await;
    assert!(collector.stop());
}

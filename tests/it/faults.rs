use tests::{
    Collector, Fault, Order, TOKEN, Visitors, answered, check_ledger, lost, wait_for, wait_until,
};

use crate::SITE;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];
const VISITORS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_a_power_cut() {
    let mut seed = 0;
    for _ in 0..3 {
        let mut collectors = vec![Collector::start_frail(SITE, &ARGUMENTS)];
        for _ in 0..3 {
            let visitors = Visitors::new(&collectors, VISITORS);
            for _ in 0..5 {
                seed += 1;
                // Some within the first transactions, some after a log was copied and begun anew.
                let after = seed * seed * 7 % 400;
                let mut cut = collectors.remove(0);
                cut.order(Some(Order { fault: Fault::Cut, after, seed }));
                cut.end().await;
                cut.order(None);
                collectors.push(cut.kill_and_restart(&ARGUMENTS));
                visitors.find(0, &collectors[0]);
            }
            let ledger = visitors.leave().await;
            check_ledger(&collectors[0], &ledger).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_only_says_it_synced_is_found_out() {
    let mut collector = Collector::start_frail(SITE, &ARGUMENTS);
    collector.order(Some(Order { fault: Fault::Lie, after: 200, seed: 0 }));
    let mut collectors = vec![collector];
    let mut visitors = Visitors::new(&collectors, VISITORS);
    visitors.more(3).await;
    collector = collectors.remove(0);
    collector.end().await;
    collector.order(None);
    collectors.push(collector.kill_and_restart(&ARGUMENTS));
    visitors.find(0, &collectors[0]);
    let ledger = visitors.leave().await;
    assert!(lost(&collectors[0], &ledger).await >= 3, "or these tests would see nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_while_the_database_is_made_leaves_one_that_can_be_made() {
    for after in (0..24).step_by(2) {
        let order = Order { fault: Fault::Cut, after, seed: after };
        let collector = Collector::start_frail_after(order, SITE, &ARGUMENTS);
        assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204, "{after}");
        assert_eq!(collector.summary("checkout", "").await["answered"], 1, "{after}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_while_the_database_is_closed_loses_nothing() {
    for seed in 0..8 {
        let collectors = vec![Collector::start_frail(SITE, &ARGUMENTS)];
        let mut visitors = Visitors::new(&collectors, VISITORS);
        visitors.more(20).await;
        let ledger = visitors.leave().await;
        let mut collector = collectors.into_iter().next().unwrap();
        collector.order(Some(Order { fault: Fault::Cut, after: seed * 4, seed }));
        collector.stop();
        collector.order(None);
        check_ledger(&collector.kill_and_restart(&ARGUMENTS), &ledger).await;
    }
}

/// The answer while nothing can be stored.
async fn unstored(collector: &Collector) -> bool {
    let reply = collector.post(&answered("checkout", "nps", 9)).await;
    if reply.status == 204 {
        return false;
    }
    assert_eq!(reply.verdict(), "503");
    assert_eq!(reply.header("retry-after"), "2");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_or_broken_takes_nothing_and_goes_on_when_it_is_not() {
    let collectors = [Collector::start_frail(SITE, &ARGUMENTS)];
    let collector = &collectors[0];
    for fault in [Fault::Full, Fault::Break] {
        for after in 0..8 {
            let mut visitors = Visitors::new(&collectors, VISITORS);
            visitors.more(2).await;
            collector.order(Some(Order { fault, after, seed: 0 }));
            wait_until("an answer that cannot be stored", async || unstored(collector).await).await;
            let ready = collector.get("/readyz").await;
            assert_eq!(ready.verdict(), "503", "{fault:?} {after}");
            assert_eq!(ready.header("retry-after"), "2");
            assert_eq!(collector.get("/healthz").await.status, 200, "it is alive");
            assert_eq!(collector.get("/acme/nabz.js").await.status, 200);
            assert!(unstored(collector).await);
            collector.order(None);
            wait_for("room", async || (collector.get("/readyz").await.status == 200).then_some(()))
                .await;
            assert!(!unstored(collector).await);
            let ledger = visitors.leave().await;
            check_ledger(collector, &ledger).await;
        }
    }
    assert!(collector.log().contains("could not be written"));
}

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{
    Collector, Fault, Ledger, Order, TOKEN, Visitors, answered, check_ledger, lost, nabz, new_id,
    refusal, response, wait_for, wait_until,
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

/// The answer to a post while it cannot be stored.
async fn unstored(collector: &Collector, post: &Value) -> bool {
    let reply = collector.post(post).await;
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
    let new = || answered("checkout", "nps", 9);
    for fault in [Fault::Full, Fault::Break] {
        for after in 0..8 {
            let mut visitors = Visitors::new(&collectors, VISITORS);
            visitors.more(2).await;
            collector.order(Some(Order { fault, after, seed: 0 }));
            wait_until("an answer that cannot be stored", async || {
                unstored(collector, &new()).await
            })
            .await;
            let ready = collector.get("/readyz").await;
            assert_eq!(ready.verdict(), "503", "{fault:?} {after}");
            assert_eq!(ready.header("retry-after"), "2");
            assert_eq!(collector.get("/healthz").await.status, 200, "it is alive");
            assert_eq!(collector.get("/acme/nabz.js").await.status, 200);
            assert!(unstored(collector, &new()).await);
            collector.order(None);
            wait_for("room", async || (collector.get("/readyz").await.status == 200).then_some(()))
                .await;
            assert!(!unstored(collector, &new()).await);
            let ledger = visitors.leave().await;
            check_ledger(collector, &ledger).await;
        }
    }
    assert!(collector.log().contains("could not be written"));
}

/// The answer while nothing can be read.
async fn unread(collector: &Collector) -> bool {
    let reply = collector.get_as_admin("/api/v1/surveys/acme/checkout/summary").await;
    if reply.status == 200 {
        return false;
    }
    assert_eq!(reply.verdict(), "503");
    assert_eq!(reply.header("retry-after"), "2");
    assert!(reply.text.contains("the database cannot be read"), "{}", reply.text);
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_cannot_be_read_is_told_of_and_loses_nothing() {
    let order = |after| Some(Order { fault: Fault::Unreadable, after, seed: 0 });
    let mut collectors = vec![Collector::start_frail_after(order(0).unwrap(), SITE, &ARGUMENTS)];
    let id = new_id();
    let post = |revision, value: i64| {
        response("checkout", &id, revision, "completed", &[("nps", json!(value))])
    };
    assert_eq!(collectors[0].post(&post(1, 3)).await.status, 204);
    let mut kept = Ledger::new();
    for (after, revision) in (0..8).zip(2..) {
        // While visitors answer.
        let mut visitors = Visitors::new(&collectors, VISITORS);
        visitors.more(20).await;
        let collector = &collectors[0];
        collector.order(order(after));
        wait_until("a summary that cannot be read", async || unread(collector).await).await;
        assert_eq!(collector.get("/healthz").await.status, 200, "it is alive");
        assert_eq!(collector.get("/acme/nabz.js").await.status, 200);
        collector.order(None);
        wait_until("a disk that can be read", async || !unread(collector).await).await;
        kept.extend(visitors.leave().await);

        // When nothing of it is in memory.
        let collector = collectors.remove(0).kill_and_restart(&ARGUMENTS);
        assert!(!unread(&collector).await, "all is folded");
        collector.order(order(0));
        let value = i64::from(revision) % 11;
        assert!(unstored(&collector, &post(revision, value)).await);
        collector.order(None);
        assert!(!unstored(&collector, &post(revision, value)).await);
        kept.insert(id.clone(), value);
        check_ledger(&collector, &kept).await;
        collectors.push(collector);
    }
    let log = collectors[0].log();
    assert!(log.contains("disk I/O error: look at its disk"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_program_holds_is_waited_for_but_not_for_ever() {
    let collector = Collector::start_on(SITE, "sqlite:nabz.db", &ARGUMENTS);
    let held = Connection::open(collector.folder().join("nabz.db")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = answered("checkout", "nps", 9);
    let (reply, ready) = tokio::join!(collector.post(&waiting), collector.get("/readyz"));
    for reply in [reply, ready] {
        assert_eq!(reply.verdict(), "503");
        assert_eq!(reply.header("retry-after"), "2");
    }
    assert!(collector.log().contains("database is locked: another program holds it"));
    assert_eq!(collector.summary("checkout", "").await["shown"], 0, "it can be read");
    let (reply, ()) = tokio::join!(collector.post(&waiting), async {
        // While this one waits, somebody else is served.
        assert_eq!(collector.get("/acme/nabz.js").await.status, 200);
        held.execute_batch("COMMIT").unwrap();
    });
    assert_eq!(reply.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], 1);
    collector.verify();
}

/// What the program says when it is run in a folder by somebody who owns nothing there.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let own = folder.join("nabz");
    let mut command = Command::new(&own);
    command.args(arguments).current_dir(folder);
    if !own.exists() {
        // Where this user's own programs are, others may not look.
        std::fs::copy(nabz(), own).unwrap();
    }
    if std::fs::metadata(folder).unwrap().uid() == 0 {
        // Permissions do not bind root.
        command.uid(65_534).gid(65_534);
    }
    refusal(&mut command)
}

#[test]
fn a_file_that_cannot_be_written_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("site.json"), SITE).unwrap();
    let mut make = Command::new(nabz());
    make.args(["demo-data", "site.json", "--days", "2"]).current_dir(folder.path());
    assert!(make.output().unwrap().status.success());
    let set = |name: &str, mode: u32| {
        std::fs::set_permissions(path(name), Permissions::from_mode(mode)).unwrap();
    };
    let check = |expected: &str| {
        let said = refused(folder.path(), &["serve", "site.json", "--listen", "127.0.0.1:0"]);
        assert!(
            said.contains(expected) && said.contains("that this user may write there"),
            "{said}"
        );
    };
    set("nabz.db", 0o444);
    set("", 0o555);
    set("nabz.db-lock", 0o444);
    check("nabz.db cannot be opened: Permission denied");
    set("nabz.db-lock", 0o666);
    check("nabz.db cannot be opened: its file can only be read");
    set("", 0o777);
    check("nabz.db cannot be opened: its file can only be read");
    set("nabz.db", 0o000);
    check("nabz.db cannot be opened: unable to open database file");
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_is_not_there_any_more() {
    let collector = Collector::start(SITE);
    if !collector.database().starts_with("sqlite:") {
        return;
    }
    let post = async || collector.post(&answered("checkout", "nps", 9)).await;
    assert_eq!(post().await.status, 204);
    let path = |name: &str| collector.folder().join(name);
    let mode = std::fs::metadata(path("nabz.db")).unwrap().mode();
    assert_eq!(mode & 0o077, 0, "only its own user reads it");
    std::fs::rename(path("nabz.db"), path("away.db")).unwrap();
    assert_eq!(post().await.status, 503);
    assert_eq!(collector.get("/readyz").await.status, 503);
    assert!(collector.log().contains("nabz.db was moved, removed or replaced"));
    std::fs::copy(path("away.db"), path("nabz.db")).unwrap();
    assert_eq!(post().await.status, 503, "the same content is another file");
    std::fs::rename(path("away.db"), path("nabz.db")).unwrap();
    assert_eq!(post().await.status, 204);
    assert_eq!(collector.get("/readyz").await.status, 200);
    assert_eq!(collector.summary("checkout", "").await["answered"], 2);
    collector.verify();
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.json"), SITE).unwrap();
    let nabz = |arguments: &[&str]| {
        let output = Command::new(nabz()).args(arguments).current_dir(folder.path()).output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    assert!(nabz(&["demo-data", "site.json", "--days", "20"]).0);
    let whole = std::fs::read(folder.path().join("nabz.db")).unwrap();
    let check = |bytes: &[u8], calls: &[&[&str]]| {
        std::fs::write(folder.path().join("nabz.db"), bytes).unwrap();
        for call in calls {
            let (good, said) = nabz(call);
            let names = said.contains("nabz.db is damaged") && said.contains("Restore a backup");
            assert!(!good && names, "{call:?}: {said}");
        }
        assert_eq!(std::fs::read(folder.path().join("nabz.db")).unwrap(), bytes, "as it was");
    };
    let serve: &[&str] = &["serve", "site.json", "--listen", "127.0.0.1:0"];
    let (verify, backup): (&[&str], &[&str]) = (&["verify"], &["backup", "copy.db"]);
    // Cut off, then with nothing but noise where the tables are listed.
    check(&whole[..whole.len() / 2], &[serve, verify, backup]);
    let mut noise = whole.clone();
    noise[100..4_096].fill(0xaa);
    check(&noise, &[serve, verify, backup]);
    // One page of rows or of an index, which only those notice who read it.
    let mut page = whole.clone();
    let last = page.len() - 4_096;
    page[last..].fill(0xaa);
    check(&page, &[verify]);
    assert!(!folder.path().join("copy.db").exists());
}

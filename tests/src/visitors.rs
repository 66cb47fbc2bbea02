//! Visitors who answer as fast as they can, whatever dies meanwhile, and a ledger of what was
//! acknowledged to them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{Collector, TOKEN, new_id, response, wait_until};

/// Longest time that one post is tried: longer than anything is down.
const PATIENCE: Duration = Duration::from_secs(60);
/// One in so many visitors does not say which version was asked.
const WITHOUT_VERSION: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);
const TIME_MAX: Duration = Duration::from_secs(20);

/// The value of each response that was acknowledged whole, by its id.
pub type Ledger = BTreeMap<String, i64>;

/// Visitors of the survey `checkout` of the site `acme`.
#[derive(Debug)]
pub struct Visitors {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    collectors: Mutex<Vec<String>>,
    turn: AtomicUsize,
    ledger: Mutex<Ledger>,
    times: Mutex<Vec<Duration>>,
    leave: AtomicBool,
}

impl Visitors {
    /// So many visitors, who post to these collectors in turn. Some post as programs do that do not
    /// know what version of the survey there is.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn new(collectors: &[Collector], count: usize) -> Visitors {
        Visitors::start(collectors, count, |number| number % WITHOUT_VERSION != 0, false)
    }

    /// The same, where all post as the widget does. Each may keep to one collector, as a browser
    /// keeps a connection, until that does not answer.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn of_pages(collectors: &[Collector], count: usize, keep_to_one: bool) -> Visitors {
        Visitors::start(collectors, count, |_| true, keep_to_one)
    }

    fn start(
        collectors: &[Collector],
        count: usize,
        knows: impl Fn(usize) -> bool,
        keep_to_one: bool,
    ) -> Visitors {
        let client = Client::builder().timeout(TIME_MAX).build();
        let shared = Arc::new(Shared {
            client: client.expect("a client without TLS needs nothing"),
            collectors: Mutex::new(collectors.iter().map(|it| it.url.clone()).collect()),
            turn: AtomicUsize::new(0),
            ledger: Mutex::default(),
            times: Mutex::default(),
            leave: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let (shared, knows) = (shared.clone(), knows(number));
            let place = keep_to_one.then_some(number);
            tasks.spawn(async move {
                let version = if knows { Some(shared.version().await) } else { None };
                shared.visit(version, place).await;
            });
        }
        Visitors { shared, tasks }
    }

    /// Tells where a collector is now.
    ///
    /// # Panics
    /// When there is no such collector.
    pub fn find(&self, number: usize, collector: &Collector) {
        self.shared.collectors.lock().expect("nobody panics")[number].clone_from(&collector.url);
    }

    /// How many responses are acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.shared.acknowledged()
    }

    /// How long each post took that was acknowledged since this was asked last.
    ///
    /// # Panics
    /// When a visitor was refused.
    pub fn times(&self) -> Vec<Duration> {
        std::mem::take(&mut self.shared.times.lock().expect("nobody panics"))
    }

    /// Waits until so many more responses are acknowledged.
    ///
    /// # Panics
    /// When they never are, or a visitor was refused.
    pub async fn more(&mut self, count: usize) {
        let goal = self.shared.acknowledged() + count;
        let Visitors { shared, tasks } = self;
        wait_until("visitors who are acknowledged", async || {
            if let Some(Err(refused)) = tasks.try_join_next() {
                std::panic::resume_unwind(refused.into_panic());
            }
            shared.acknowledged() >= goal
        })
        .await;
    }

    /// Lets them finish, and returns what was acknowledged.
    ///
    /// # Panics
    /// When a visitor was refused.
    pub async fn leave(mut self) -> Ledger {
        self.shared.leave.store(true, Ordering::Relaxed);
        while let Some(done) = self.tasks.join_next().await {
            done.expect("a visitor who was refused says so");
        }
        std::mem::take(&mut self.shared.ledger.lock().expect("nobody panics"))
    }
}

impl Shared {
    fn acknowledged(&self) -> usize {
        self.ledger.lock().expect("nobody panics").len()
    }

    /// The version of the survey, as soon as a collector tells it.
    async fn version(&self) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let surveys = format!("{}/api/v1/surveys", self.at(&self.turn));
            if let Ok(found) = self.client.get(surveys).bearer_auth(TOKEN).send().await
                && let Ok(found) = found.json::<Value>().await
                && let Some(version) = found["surveys"][0]["version"].as_str()
            {
                return version.to_owned();
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no collector tells the survey's version");
    }

    /// The collector whose turn it is; the turn passes on.
    fn at(&self, turn: &AtomicUsize) -> String {
        let collectors = self.collectors.lock().expect("nobody panics");
        collectors[turn.fetch_add(1, Ordering::Relaxed) % collectors.len()].clone()
    }

    async fn visit(&self, version: Option<String>, place: Option<usize>) {
        while !self.leave.load(Ordering::Relaxed) {
            let (id, turn) = (new_id(), self.turn.fetch_add(1, Ordering::Relaxed));
            let value = i64::try_from(turn % 11).expect("a small number");
            let answers = [("nps", json!(value))];
            let with = |revision, state, answers: &[(&str, Value)]| {
                let mut post = response("checkout", &id, revision, state, answers);
                let plan = ["free", "pro", "team"][turn % 3];
                post["attributes"] = json!({ "plan": plan });
                if let Some(version) = &version {
                    post["version"] = json!(version);
                }
                post.to_string()
            };
            // A retry may overtake what it repeats, on another collector.
            let shown = with(1, "shown", &[]);
            tokio::join!(self.insist(&shown, place), self.insist(&shown, place));
            let (answered, completed) =
                (with(2, "answered", &answers), with(3, "completed", &answers));
            tokio::join!(self.insist(&answered, place), self.insist(&completed, place));
            self.ledger.lock().expect("nobody panics").insert(id, value);
        }
    }

    /// Posts until it is acknowledged, to one collector after the other, or at first to the one in
    /// this place.
    async fn insist(&self, body: &str, place: Option<usize>) {
        let start = Instant::now();
        let place = place.map(AtomicUsize::new);
        while start.elapsed() < PATIENCE {
            let url = self.at(place.as_ref().unwrap_or(&self.turn));
            let post = self.client.post(format!("{url}/api/v1/responses"));
            let post = post.header("origin", "https://acme.com").body(body.to_owned());
            let sent = Instant::now();
            match post.send().await {
                Ok(reply) if reply.status() == 204 => {
                    return self.times.lock().expect("nobody panics").push(sent.elapsed());
                }
                Ok(reply) if reply.status() == 503 => {}
                Ok(reply) => panic!("{}: {:?}", reply.status(), reply.text().await),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("never acknowledged: {body}");
    }
}

/// Checks that a collector has all of a ledger, each once and as it was acknowledged, and that the
/// numbers say what the rows say.
///
/// # Panics
/// When that is not so.
pub async fn check_ledger(collector: &Collector, ledger: &Ledger) {
    let kept = kept_by(collector).await;
    for (id, value) in ledger {
        let found = kept.get(id).unwrap_or_else(|| panic!("{id} was acknowledged and is lost"));
        let found = (&found["state"], &found["answers"][0]["value"]);
        assert_eq!(found, (&json!("completed"), &json!(value)), "{id}");
    }
    let summary = collector.summary("checkout", "").await;
    // Some are so quick that they look like programs: those are kept apart.
    let counted = ["shown", "excluded"].map(|field| summary[field].as_u64().expect("a number"));
    assert_eq!(counted.iter().sum::<u64>(), kept.len() as u64, "{summary}");
    collector.verify();
}

/// How many of a ledger a collector does not have.
///
/// # Panics
/// When it cannot be asked.
pub async fn lost(collector: &Collector, ledger: &Ledger) -> usize {
    let kept = kept_by(collector).await;
    ledger.keys().filter(|id| !kept.contains_key(*id)).count()
}

/// All responses that a collector has, by their ids.
async fn kept_by(collector: &Collector) -> BTreeMap<String, Value> {
    let mut kept: BTreeMap<String, Value> = BTreeMap::new();
    let mut next = String::new();
    let path = "/api/v1/surveys/acme/checkout/responses?limit=500";
    loop {
        let page = collector.get_as_admin(&format!("{path}{next}")).await.json();
        for response in page["responses"].as_array().expect("a list") {
            let id = response["id"].as_str().expect("an id").to_owned();
            assert!(kept.insert(id.clone(), response.clone()).is_none(), "{id} is there twice");
        }
        match page["next"].as_str() {
            Some(after) => next = format!("&after={after}"),
            None => return kept,
        }
    }
}

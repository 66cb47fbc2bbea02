//! Folds the journal: what stands there is decided once more, with everything about it held, written
//! as rows, and counted. A collector folds what it wrote itself, soon, and what others left behind;
//! and before anything is read that has to be up to date, all there is. That is work for some
//! milliseconds on end, which is why a thread of its own does it: those that take posts would have
//! everybody wait meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Client;
use futures_util::future::{try_join, try_join3};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::super::activity::Commits;
use super::super::ingest::{Ingest, key_of};
use super::super::{Posted, StoreError, journal};
use super::connect::Target;
use super::hand::{Hand, Work};
use super::job::Reply;
use super::thread::Thread;
use super::trouble::Trouble;
use super::unfolded::Unfolded;
use super::{append, sql};

/// Entries that somebody waits for are folded so many at once: others may have written them, and
/// then all of them are read.
const ENTRIES: usize = 16;
/// Requests that are taken in at once.
const REQUESTS_MAX: usize = 1_024;
/// How often others' entries are looked for: so long wait those of a collector that died, unless
/// somebody reads.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// For how long is tried to fold: who reads waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Entries after which their space is swept: some megabytes.
const SWEEP_AFTER: usize = 512;

/// The key of an entry to fold, and its posts if they are known.
pub(super) type Entry = (Arc<str>, Option<Arc<Vec<Posted>>>);

/// What the thread is asked to do.
enum Request {
    /// Fold all there is of a site.
    Fold(String, Reply<()>),
    /// Fold what this collector wrote, and end.
    Close,
}

/// The thread that folds, for those who ask it to. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    requests: mpsc::UnboundedSender<Request>,
    thread: Thread,
}

impl Folder {
    /// Starts the thread.
    pub(super) fn start(target: &Target, unfolded: Arc<Unfolded>, commits: Commits) -> Folder {
        let (requests, asked) = mpsc::unbounded_channel();
        let hand = Hand::new(&target.pool(1), PATIENCE);
        let folding = Folding { hand, unfolded, commits, unswept: 0 };
        Folder { requests, thread: Thread::start("folder", move || folding.run(asked)) }
    }

    /// Returns after everything that was journaled of a site before is folded.
    pub(super) async fn fold(&self, site: &str) -> Result<(), StoreError> {
        let (reply, folded) = oneshot::channel();
        let request = Request::Fold(site.to_owned(), reply);
        self.requests.send(request).map_err(|_| StoreError::Closed)?;
        folded.await.map_err(|_| StoreError::Closed)?
    }

    /// Has what this collector wrote folded, and ends the thread.
    pub(super) async fn close(&self) {
        let _ = self.requests.send(Request::Close);
        self.thread.end().await;
    }
}

/// What the thread has.
struct Folding {
    hand: Hand,
    unfolded: Arc<Unfolded>,
    commits: Commits,
    /// Entries that were folded since their space was swept.
    unswept: usize,
}

impl Folding {
    async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked = Vec::new();
        tell(self.bring_back().await);
        loop {
            tokio::select! {
                count = requests.recv_many(&mut asked, REQUESTS_MAX) => {
                    if count == 0 || self.answer(std::mem::take(&mut asked)).await {
                        break;
                    }
                }
                () = self.unfolded.due() => drop(self.fold_ours().await),
                _ = look.tick() => self.fold_others().await,
            }
        }
        while !self.unfolded.sites().is_empty() && self.fold_ours().await {}
    }

    /// Folds the sites that were asked for, each once for all who asked; tells whether it is time
    /// to end.
    async fn answer(&mut self, requests: Vec<Request>) -> bool {
        let mut sites: BTreeMap<String, Vec<Reply<()>>> = BTreeMap::new();
        let mut ends = false;
        for request in requests {
            match request {
                Request::Fold(site, reply) => sites.entry(site).or_default().push(reply),
                Request::Close => ends = true,
            }
        }
        for (site, replies) in sites {
            let folded = self.fold_site(&site).await.map_err(StoreError::from);
            for reply in replies {
                let _ = reply.send(folded.clone());
            }
        }
        ends
    }

    /// Folds the oldest of what this collector wrote about each site; tells whether it could.
    async fn fold_ours(&mut self) -> bool {
        let mut could = true;
        for site in self.unfolded.sites() {
            let oldest = self.unfolded.oldest(&site).into_iter();
            let entries: Vec<Entry> = oldest.map(|(key, posts)| (key, Some(posts))).collect();
            let folded = self.fold(&site, &entries).await;
            could &= folded.is_ok();
            tell(folded);
        }
        could
    }

    /// Folds what others left behind, and what an earlier run of this one did.
    async fn fold_others(&mut self) {
        let sites = match self.hand.client().await {
            Ok(client) => journaled_sites(client).await,
            Err(trouble) => Err(trouble),
        };
        match sites {
            Ok(sites) => {
                for site in sites {
                    tell(self.fold_site(&site).await);
                }
            }
            Err(trouble) => tell(Err(trouble)),
        }
    }

    /// Folds everything there is of a site now. What comes meanwhile is left for the next time, which
    /// might never end otherwise.
    async fn fold_site(&mut self, site: &str) -> Result<(), Trouble> {
        let keys = self.hand.insist(&Waiting { site }).await?;
        for keys in keys.chunks(ENTRIES) {
            let entry = |key: &Arc<str>| (key.clone(), self.unfolded.posts(site, key));
            let entries: Vec<Entry> = keys.iter().map(entry).collect();
            self.fold(site, &entries).await?;
        }
        Ok(())
    }

    /// Folds entries. Those that the database refuses together are folded one by one, and one that it
    /// refuses then is set aside: it keeps out no other.
    async fn fold(&mut self, site: &str, entries: &[Entry]) -> Result<(), Trouble> {
        match self.fold_together(site, entries).await {
            Err(Trouble::Damaged(_)) => {}
            folded => return folded,
        }
        for entry in entries {
            match self.fold_together(site, std::slice::from_ref(entry)).await {
                Err(Trouble::Damaged(reason)) => self.set_aside(site, &entry.0, &reason).await?,
                folded => folded?,
            }
        }
        Ok(())
    }

    async fn fold_together(&mut self, site: &str, entries: &[Entry]) -> Result<(), Trouble> {
        self.hand.insist(&Fold { site, entries }).await?;
        self.commits.count();
        self.unfolded.folded(site, entries.iter().map(|(key, _)| &**key));
        self.unswept += entries.len();
        if self.unswept >= SWEEP_AFTER {
            self.unswept = 0;
            self.hand.client().await?.batch_execute(sql::SWEEP).await?;
        }
        Ok(())
    }

    async fn set_aside(&mut self, site: &str, key: &str, reason: &str) -> Result<(), Trouble> {
        tracing::error!(site, entry = key, reason, "what was posted stays in the journal");
        self.hand.client().await?.execute(sql::SET_ASIDE, &[&site, &key]).await?;
        self.unfolded.folded(site, [key]);
        Ok(())
    }

    /// Has what was set aside folded again: somebody may have mended what was in its way.
    async fn bring_back(&mut self) -> Result<(), Trouble> {
        let client = self.hand.client().await?;
        for site in journaled_sites(client).await? {
            client.execute(sql::BRING_BACK, &[&site]).await?;
        }
        Ok(())
    }
}

fn tell(folded: Result<(), Trouble>) {
    if let Err(trouble) = folded {
        tracing::warn!(?trouble, "what was posted waits in the journal");
    }
}

/// The sites that have entries, be they set aside.
async fn journaled_sites(client: &Client) -> Result<Vec<String>, Trouble> {
    let rows = client.query(sql::JOURNALED_SITES, &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// The entries of a site that can be folded: their keys, in order.
struct Waiting<'a> {
    site: &'a str,
}

impl Work for Waiting<'_> {
    type Done = Vec<Arc<str>>;

    async fn attempt(&self, _: &mut Ingest, client: &Client) -> Result<Self::Done, Trouble> {
        let find = client.prepare_cached(sql::ENTRIES).await?;
        let rows = client.query(&find, &[&self.site]).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get::<_, &str>(0).map(Arc::from))
            .collect::<Result<_, _>>()?)
    }
}

/// Entries of a site on their way into rows, in one transaction.
struct Fold<'a> {
    site: &'a str,
    entries: &'a [Entry],
}

impl Work for Fold<'_> {
    type Done = ();

    async fn attempt(&self, ingest: &mut Ingest, client: &Client) -> Result<(), Trouble> {
        fold(ingest, client, self.site, self.entries).await
    }
}

/// Folds entries, in the order of their keys, in one transaction. Those that somebody else has
/// folded are left alone.
async fn fold(
    ingest: &mut Ingest,
    client: &Client,
    site: &str,
    entries: &[Entry],
) -> Result<(), Trouble> {
    let say = async |statement| Ok::<_, Trouble>(client.batch_execute(statement).await?);
    let (turn, take) =
        try_join(client.prepare_cached(sql::TAKE_TURN), client.prepare_cached(sql::TAKE)).await?;
    let keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
    let unread = entries.iter().filter(|(_, posts)| posts.is_none());
    let unread: Vec<&str> = unread.map(|(key, _)| &**key).collect();
    let turn = async { Ok(client.execute(&turn, &[&site]).await?) };
    let take = async { Ok(client.query(&take, &[&site, &keys, &unread]).await?) };
    let ((), _, taken) = try_join3(say(sql::BEGIN), turn, take).await?;
    let mut texts: HashMap<&str, Option<&str>> = HashMap::new();
    for row in &taken {
        texts.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let mut all: Vec<Arc<Vec<Posted>>> = Vec::new();
    for (key, posts) in entries {
        match (texts.get(&**key), posts) {
            (None, _) => {}
            (Some(_), Some(posts)) => all.push(posts.clone()),
            (Some(text), None) => {
                all.push(Arc::new(read(ingest, client, text.unwrap_or_default()).await?));
            }
        }
    }
    let posts = || all.iter().flat_map(|posts| posts.iter());
    append::learn(ingest, client, posts().map(|posted| key_of(&posted.response))).await?;
    for posted in posts() {
        ingest.append(key_of(&posted.response), posted.clone());
    }
    append::learn_buckets(ingest, client).await?;
    append::write(ingest, client, say(sql::COMMIT)).await
}

/// The posts of an entry, a job on each line.
async fn read(ingest: &mut Ingest, client: &Client, text: &str) -> Result<Vec<Posted>, Trouble> {
    let mut all = Vec::new();
    for line in text.lines() {
        let posts = journal::read(line);
        let damaged = |error| Trouble::Damaged(format!("an entry cannot be read: {error}"));
        for undefined in posts.map_err(damaged)? {
            let definition = append::definition(ingest, client, &undefined.version()).await?;
            all.push(undefined.with(definition));
        }
    }
    Ok(all)
}

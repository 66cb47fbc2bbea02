//! A round of posts on their way into the journal: an entry for each site, whoever posted them.
//!
//! They are written first, and only then is looked at what there was before. So of two collectors
//! that take posts about one response at the same moment at least one sees the other's, and what
//! was acknowledged is not refused when it is folded.

use std::sync::Arc;

use deadpool_postgres::Client;
use futures_util::future::{try_join, try_join_all};

use super::super::{Kept, Posted, journal};
use super::job::{Job, Reply};
use super::look::Looks;
use super::sql;
use super::trouble::Trouble;
use super::unfolded::{Found, Unfolded};
use super::writes::Parameter;

/// So many posts at once come from an import: they are better written without a detour.
const MANY: usize = 8;
/// What PostgreSQL takes in no text, the way JSON writes it.
const NUL: &str = "\\u0000";

/// Posts about several sites.
#[derive(Default)]
pub(super) struct Round(Vec<Sheet>);

/// Posts about one site, which become an entry.
pub(super) struct Sheet {
    pub(super) site: String,
    pub(super) posts: Vec<Posted>,
    /// The posts as text, those of each job on a line.
    text: String,
    /// Who waits for how many of them, in turn.
    waiting: Vec<(Reply<Vec<Kept>>, usize)>,
    key: Arc<str>,
    /// The responses that nothing is known of here, and their surveys.
    pub(super) ids: Vec<String>,
    pub(super) surveys: Vec<String>,
}

impl Round {
    /// Takes the jobs that may go through the journal; the others come back.
    pub(super) fn of(jobs: Vec<Job>, unfolded: &Unfolded) -> (Round, Vec<Job>) {
        let (mut round, mut others) = (Round::default(), Vec::new());
        for job in jobs {
            match job {
                Job::Append { batch, line: Some(line), reply, .. } => {
                    round.sheet(&batch[0].response.site, unfolded).push(&line, batch, reply);
                }
                job => others.push(job),
            }
        }
        for sheet in &mut round.0 {
            (sheet.ids, sheet.surveys) = unfolded.unknown(&sheet.site, &sheet.posts);
        }
        (round, others)
    }

    fn sheet(&mut self, site: &str, unfolded: &Unfolded) -> &mut Sheet {
        let number = self.0.iter().position(|sheet| sheet.site == site);
        let number = number.unwrap_or_else(|| {
            self.0.push(Sheet::new(site.to_owned(), unfolded.next_key()));
            self.0.len() - 1
        });
        &mut self.0[number]
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the entries under the name of this collector's, and looks what there was before. All
    /// travels together.
    pub(super) async fn write(
        &self,
        client: &Client,
        writer: &str,
        looks: &Looks,
    ) -> Result<Vec<Found>, Trouble> {
        for statement in [sql::JOURNAL, sql::GLANCE, sql::LOOK] {
            client.prepare_cached(statement).await?;
        }
        let looks = self.0.iter().map(|sheet| looks.look(client, writer, sheet));
        let ((), found) = try_join(self.put(client), try_join_all(looks)).await?;
        Ok(found)
    }

    /// Writes the entries: one as it is, several in a transaction.
    async fn put(&self, client: &Client) -> Result<(), Trouble> {
        let say = async |statement| {
            let several = self.0.len() > 1;
            if several { Ok(client.batch_execute(statement).await?) } else { Ok(()) }
        };
        let entries = try_join_all(self.0.iter().map(|sheet| sheet.put(client)));
        try_join(say(sql::BEGIN), try_join(entries, say(sql::COMMIT))).await?;
        Ok(())
    }

    /// Tells those who wait what became of their posts, as far as that is sure. What is not, which
    /// is nearly nothing, comes back.
    pub(super) fn acknowledge(self, found: &[Found], unfolded: &Unfolded) -> Vec<Job> {
        let sheets = self.0.into_iter().zip(found);
        sheets.flat_map(|(sheet, found)| sheet.acknowledge(found, unfolded)).collect()
    }

    /// The jobs, when nothing could be written.
    pub(super) fn into_jobs(self) -> Vec<Job> {
        let jobs = self.0.into_iter().flat_map(|Sheet { posts, waiting, .. }| {
            let mut posts = posts.into_iter();
            let job = move |(reply, count)| Job::Append {
                batch: posts.by_ref().take(count).collect(),
                line: None,
                stored: Vec::new(),
                reply,
            };
            waiting.into_iter().map(job)
        });
        jobs.collect()
    }
}

/// Posts as they are to stand in the journal, if they may go through it.
pub(super) fn line(batch: &mut [Posted]) -> Option<String> {
    if batch.len() >= MANY || !is_about_one_site(batch) {
        return None;
    }
    Some(journal::write(batch)).filter(|line| !line.contains(NUL))
}

fn is_about_one_site(batch: &[Posted]) -> bool {
    let mut sites = batch.iter().map(|posted| &posted.response.site);
    sites.next().is_some_and(|first| sites.all(|site| site == first))
}

impl Sheet {
    fn new(site: String, key: Arc<str>) -> Sheet {
        let (posts, text, waiting) = (Vec::new(), String::new(), Vec::new());
        Sheet { site, posts, text, waiting, key, ids: Vec::new(), surveys: Vec::new() }
    }

    fn push(&mut self, line: &str, batch: Vec<Posted>, reply: Reply<Vec<Kept>>) {
        self.text += line;
        self.text.push('\n');
        self.waiting.push((reply, batch.len()));
        self.posts.extend(batch);
    }

    async fn put(&self, client: &Client) -> Result<(), Trouble> {
        let Sheet { site, key, ids, surveys, text, .. } = self;
        let put = client.prepare_cached(sql::JOURNAL).await?;
        let entry: [Parameter; 5] = [site, &&**key, ids, surveys, text];
        client.execute(&put, &entry).await?;
        Ok(())
    }

    fn acknowledge(self, found: &Found, unfolded: &Unfolded) -> Vec<Job> {
        let posts = Arc::new(self.posts);
        let mut kept = unfolded.add(&self.site, (self.key, posts.clone()), found).into_iter();
        let mut posts = posts.iter();
        let mut unsure = Vec::new();
        for (reply, count) in self.waiting {
            let batch: Vec<&Posted> = posts.by_ref().take(count).collect();
            let stored: Vec<Option<Kept>> = kept.by_ref().take(count).collect();
            if stored.iter().all(Option::is_some) {
                // Nobody may be waiting any more; it is durable all the same.
                let _ = reply.send(Ok(stored.into_iter().flatten().collect()));
            } else {
                let batch = batch.into_iter().cloned().collect();
                unsure.push(Job::Append { batch, line: None, stored, reply });
            }
        }
        unsure
    }
}

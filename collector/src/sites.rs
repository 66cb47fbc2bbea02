//! The sites a collector serves: checked, compiled for serving, and swapped in whole on change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::tz::TimeZone;
use survey::check::Problem;
use survey::{Definition, Question, Site};

use crate::encoded::{Encoded, hash};
use crate::loader::Loader;
use crate::store::{Changed, Placing, Store, StoreError, StoredDefinition, StoredSite};

/// All sites, by key.
#[derive(Debug, Clone)]
pub struct Sites {
    live: Arc<RwLock<BTreeMap<String, Arc<LiveSite>>>>,
    /// Held while a site is changed, so that the database and what is served stay the same.
    changing: Arc<tokio::sync::Mutex<()>>,
    /// What the users' ids of each site are signed with, as far as it was needed.
    secrets: Arc<RwLock<HashMap<String, String>>>,
    store: Store,
}

/// A site, ready to be served.
#[derive(Debug)]
pub struct LiveSite {
    /// What its owner wrote.
    pub site: Site,
    /// Whether a file on disk manages it, or the HTTP interface.
    managed_by_file: AtomicBool,
    /// What cuts its time into days.
    pub zone: TimeZone,
    /// Its surveys, and those that were asked earlier.
    pub surveys: BTreeMap<String, LiveSurvey>,
    /// The loader that was served last.
    pub(crate) loader: Mutex<Option<Loader>>,
}

/// A survey, ready to be served.
#[derive(Debug)]
pub struct LiveSurvey {
    /// Whether it is asked now.
    pub active: bool,
    /// The version of the definition it is asked with.
    pub version: String,
    /// Every definition it was ever asked with, by version.
    versions: HashMap<String, LiveDefinition>,
}

#[derive(Debug)]
struct LiveDefinition {
    definition: Arc<Definition>,
    json: Encoded,
}

/// Why a site was not taken over. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The file has problems.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// A file on disk manages the site.
    #[error("site {0:?} is managed by its file on the server: change it there")]
    ManagedByFile(String),
    /// A change would mix answers that do not belong together.
    #[error("{0}")]
    BreaksHistory(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a site file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(text: &str) -> Result<Site, Vec<Problem>> {
    survey::check::check(text, |zone| TimeZone::get(zone).is_ok())
}

impl Sites {
    /// The sites kept in the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(store: Store) -> Result<Sites, StoreError> {
        let (live, changing, secrets) = (Arc::default(), Arc::default(), Arc::default());
        let sites = Sites { live, changing, secrets, store: store.clone() };
        for StoredSite { site, file } in store.sites().await? {
            match serde_json::from_str::<Site>(&file) {
                // Until its file is loaded again, nothing else manages it.
                Ok(parsed) => {
                    sites.put(compile(parsed, false, &store.definitions(&site).await?).live);
                }
                Err(error) => {
                    tracing::error!(site, %error, "this release cannot read the site's file");
                }
            }
        }
        Ok(sites)
    }

    /// Takes over what other collectors on the same database change, for as long as they can.
    pub fn follow(&self) {
        let (sites, mut changed) = (self.clone(), self.store.follow());
        tokio::spawn(async move {
            while let Some(change) = changed.recv().await {
                let taken = match &change {
                    Changed::Site(site) => sites.take_over(site).await,
                    Changed::Anything => sites.take_over_all().await,
                };
                if let Err(error) = taken {
                    tracing::error!(%error, ?change, "a change of sites is not taken over");
                }
            }
        });
    }

    async fn take_over_all(&self) -> Result<(), StoreError> {
        let stored = self.store.sites().await?.into_iter().map(|stored| stored.site);
        let served = self.all().into_iter().map(|live| live.site.site.clone());
        for site in stored.chain(served).collect::<BTreeSet<_>>() {
            self.take_over(&site).await?;
        }
        Ok(())
    }

    /// Serves a site as it is in the database.
    async fn take_over(&self, site: &str) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        // It may have been renewed.
        self.secrets.write().unwrap_or_else(PoisonError::into_inner).remove(site);
        let Some(StoredSite { file, .. }) = self.store.site(site).await? else {
            self.write().remove(site);
            return Ok(());
        };
        let live = self.get(site);
        if live.as_ref().is_some_and(|live| file_of(&live.site) == file) {
            return Ok(());
        }
        let managed_by_file = live.is_some_and(|live| live.is_managed_by_file());
        match serde_json::from_str::<Site>(&file) {
            Ok(parsed) => {
                let history = self.store.definitions(site).await?;
                self.put(compile(parsed, managed_by_file, &history).live);
            }
            Err(error) => tracing::error!(site, %error, "this release cannot read the site's file"),
        }
        Ok(())
    }

    /// The site with this key.
    pub fn get(&self, site: &str) -> Option<Arc<LiveSite>> {
        self.read().get(site).cloned()
    }

    /// The secret of a site, with which its host signs the ids of its users. A new site gets one.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn secret(&self, site: &str) -> Result<String, StoreError> {
        let known = self.secrets.read().unwrap_or_else(PoisonError::into_inner).get(site).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        // Asked once a site: boxed, so that a post, which awaits this, is not as large as it.
        let secret = Box::pin(self.store.secret(site.to_owned())).await?;
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets.entry(site.to_owned()).or_insert(secret).clone())
    }

    /// All sites, by key.
    pub fn all(&self) -> Vec<Arc<LiveSite>> {
        self.read().values().cloned().collect()
    }

    /// Takes over a site from a file on disk. A survey whose change would break history keeps its
    /// old definition; the reasons are returned.
    ///
    /// # Errors
    /// When the file has problems or the database fails.
    pub async fn load_file(&self, text: &str) -> Result<(String, Vec<String>), SiteError> {
        let site = check(text).map_err(SiteError::Problems)?;
        let key = site.site.clone();
        let _alone = self.changing.lock().await;
        let compiled = compile(site, true, &self.store.definitions(&key).await?);
        let warnings = compiled.broken.clone();
        self.keep(compiled).await?;
        Ok((key, warnings))
    }

    /// Takes over a site from the HTTP interface, or with `dry_run` only says whether it could.
    ///
    /// # Errors
    /// When a file manages the site, a change would break history, or the database fails.
    pub async fn put_by_api(&self, site: Site, dry_run: bool) -> Result<(), SiteError> {
        let _alone = self.changing.lock().await;
        // Whoever only looks may look: that is asked before a file is put in the place of another.
        if !dry_run {
            self.not_managed_by_file(&site.site)?;
        }
        let history = self.store.definitions(&site.site).await?;
        let compiled = compile(site, false, &history);
        if let Some(reason) = compiled.broken.first() {
            return Err(SiteError::BreaksHistory(reason.clone()));
        }
        if dry_run {
            return Ok(());
        }
        Ok(self.keep(compiled).await?)
    }

    /// Stops serving a site. Its answers stay.
    ///
    /// # Errors
    /// When a file manages the site or the database fails.
    pub async fn delete_by_api(&self, site: &str) -> Result<(), SiteError> {
        let _alone = self.changing.lock().await;
        self.not_managed_by_file(site)?;
        self.store.drop_site(site).await?;
        self.write().remove(site);
        Ok(())
    }

    /// Lets go of a site whose file is now about another one: it is served as it was, and can be
    /// changed by the HTTP interface.
    pub(crate) fn release(&self, site: &str) {
        if let Some(live) = self.get(site) {
            live.managed_by_file.store(false, Ordering::Relaxed);
        }
    }

    fn not_managed_by_file(&self, site: &str) -> Result<(), SiteError> {
        match self.get(site) {
            Some(live) if live.is_managed_by_file() => {
                Err(SiteError::ManagedByFile(site.to_owned()))
            }
            _ => Ok(()),
        }
    }

    async fn keep(&self, compiled: Compiled) -> Result<(), StoreError> {
        let site = &compiled.live.site;
        let placing = Placing::new(&site.time_zone, &site.breakdowns);
        let file = file_of(site);
        let site = StoredSite { site: site.site.clone(), file };
        self.store.keep_site(site, compiled.current, placing).await?;
        self.put(compiled.live);
        Ok(())
    }

    fn put(&self, live: LiveSite) {
        self.write().insert(live.site.site.clone(), Arc::new(live));
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<LiveSite>>> {
        // Nothing panics while holding the lock, and a map is whole even if something did.
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<LiveSite>>> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveSite {
    /// Whether a file on disk manages it, rather than the HTTP interface.
    pub fn is_managed_by_file(&self) -> bool {
        self.managed_by_file.load(Ordering::Relaxed)
    }

    /// The survey with this id, whether it is asked now or was earlier.
    pub fn survey(&self, id: &str) -> Option<&LiveSurvey> {
        self.surveys.get(id)
    }
}

impl LiveSurvey {
    /// The definition it is asked with.
    pub fn definition(&self) -> Arc<Definition> {
        self.versions[&self.version].definition.clone()
    }

    /// The definition of a version, the current one when none is named.
    pub fn version(&self, version: Option<&str>) -> Option<Arc<Definition>> {
        let version = version.unwrap_or(&self.version);
        self.versions.get(version).map(|live| live.definition.clone())
    }

    /// Whether it was asked with one definition only, ever.
    pub fn has_one_version(&self) -> bool {
        self.versions.len() == 1
    }

    /// Every definition it was ever asked with, by version: the current one first.
    pub fn definitions(&self) -> Vec<(&str, Arc<Definition>)> {
        let mut all: Vec<_> = self
            .versions
            .iter()
            .map(|(version, live)| (version.as_str(), live.definition.clone()))
            .collect();
        all.sort_by_key(|(version, _)| (*version != self.version, *version));
        all
    }

    /// Every question it ever asked, with every option: those it asks now first.
    pub fn ever_asked(&self) -> Vec<Question> {
        let definitions = self.definitions();
        survey::ever_asked(definitions.iter().map(|(_, definition)| &**definition))
    }

    /// The definition of a version as it is served.
    pub(crate) fn json(&self, version: &str) -> Option<&Encoded> {
        self.versions.get(version).map(|live| &live.json)
    }
}

/// A site as it is kept.
fn file_of(site: &Site) -> String {
    serde_json::to_string(site).unwrap_or_default()
}

/// A site compiled against its history.
struct Compiled {
    live: LiveSite,
    /// The definitions that are asked with from now on.
    current: Vec<StoredDefinition>,
    /// Why surveys kept their old definition.
    broken: Vec<String>,
}

fn compile(site: Site, managed_by_file: bool, history: &[StoredDefinition]) -> Compiled {
    let mut surveys: BTreeMap<String, LiveSurvey> = BTreeMap::new();
    for past in history {
        // Until the site says otherwise, a survey is one that was asked earlier.
        let earlier = || LiveSurvey {
            active: false,
            version: past.version.clone(),
            versions: HashMap::new(),
        };
        let survey = surveys.entry(past.definition.survey.clone()).or_insert_with(earlier);
        survey.add(past.version.clone(), past.definition.clone());
        if past.current {
            survey.version.clone_from(&past.version);
        }
    }
    let mut broken = Vec::new();
    let mut current = Vec::new();
    for wanted in &site.surveys {
        let (definition, reason) = settle(site.definition(wanted), surveys.get(&wanted.id));
        broken.extend(reason);
        let version = version_of(&definition);
        let survey = surveys.entry(wanted.id.clone()).or_insert_with(|| LiveSurvey {
            active: false,
            version: version.clone(),
            versions: HashMap::new(),
        });
        survey.add(version.clone(), definition.clone());
        survey.active = wanted.active;
        survey.version.clone_from(&version);
        current.push(StoredDefinition { version, definition, current: true });
    }
    let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
    let managed_by_file = AtomicBool::new(managed_by_file);
    let live = LiveSite { site, managed_by_file, zone, surveys, loader: Mutex::default() };
    Compiled { live, current, broken }
}

/// The definition to ask with: the wanted one, unless that would break history.
fn settle(wanted: Definition, known: Option<&LiveSurvey>) -> (Definition, Option<String>) {
    let Some(known) = known else { return (wanted, None) };
    let mut versions: Vec<_> = known.versions.iter().collect();
    versions.sort_by_key(|(version, _)| *version);
    let reason = versions.into_iter().find_map(|(_, past)| past.definition.breaks_history(&wanted));
    match reason {
        None => (wanted, None),
        Some(reason) => ((*known.definition()).clone(), Some(reason)),
    }
}

impl LiveSurvey {
    fn add(&mut self, version: String, definition: Definition) {
        self.versions.entry(version).or_insert_with(|| {
            let json = serde_json::to_vec(&definition).unwrap_or_default();
            LiveDefinition { definition: Arc::new(definition), json: Encoded::new(json) }
        });
    }
}

/// The version of a definition: named by its content, so that a name never means two things.
fn version_of(definition: &Definition) -> String {
    let json = serde_json::to_vec(definition).unwrap_or_default();
    hash(&json)[..12].to_owned()
}

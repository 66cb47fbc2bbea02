//! Site files that change while the collector runs.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use crate::sites::{SiteError, Sites, check};

/// How often files are read. Comparing their content works on every file system and with every
/// editor, and costs nothing for a few kilobytes.
const EVERY: Duration = Duration::from_secs(1);

/// Reloads site files whose content changes.
pub(crate) struct Watch {
    files: Vec<Watched>,
    sites: Sites,
}

struct Watched {
    path: PathBuf,
    /// Its content when it was last looked at.
    text: Option<String>,
    /// The site it was about when it was last good.
    site: Option<String>,
}

impl Watch {
    /// Watches files that were just loaded.
    pub(crate) fn new(files: Vec<PathBuf>, sites: Sites) -> Watch {
        let loaded = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).ok();
            let site = text.as_deref().and_then(|text| check(text).ok()).map(|site| site.site);
            Watched { path, text, site }
        };
        Watch { files: files.into_iter().map(loaded).collect(), sites }
    }

    /// Watches until the collector stops.
    pub(crate) fn spawn(mut self, mut stopped: watch::Receiver<bool>) {
        if self.files.is_empty() {
            return;
        }
        tokio::spawn(async move {
            while tokio::time::timeout(EVERY, stopped.wait_for(|stopped| *stopped)).await.is_err() {
                self.reload_changed().await;
            }
        });
    }

    async fn reload_changed(&mut self) {
        for watched in &mut self.files {
            let Ok(text) = tokio::fs::read_to_string(&watched.path).await else { continue };
            if watched.text.as_ref() != Some(&text) {
                watched.reload(&text, &self.sites).await;
                watched.text = Some(text);
            }
        }
    }
}

impl Watched {
    async fn reload(&mut self, text: &str, sites: &Sites) {
        let file = self.path.display();
        match sites.load_file(text).await {
            Ok((site, warnings)) => {
                tracing::info!(%file, site, "reloaded");
                warnings.iter().for_each(|warning| tracing::warn!("{file}: {warning}"));
                let before = self.site.replace(site.clone()).filter(|before| *before != site);
                if let Some(before) = before {
                    sites.release(&before);
                    tracing::warn!(
                        "{file} was about site {before:?}, which is served as it was until it is deleted"
                    );
                }
            }
            Err(SiteError::Problems(problems)) => {
                problems.iter().for_each(|problem| tracing::error!("{file}: {problem}"));
                tracing::error!(%file, "goes on with the file as it was before");
            }
            Err(error) => tracing::error!(%file, %error, "cannot be loaded"),
        }
    }
}

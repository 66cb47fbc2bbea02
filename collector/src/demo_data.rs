//! A believable past for a site: people who ignore, dismiss, answer and comment, more of them on
//! working days, and a service that gets better after a bad spring.

use std::sync::Arc;

use anyhow::bail;
use fastrand::Rng;
use survey::response::{Attribute, Response};
use survey::{Answer, Definition, Question, Scale, State, Value};

use crate::clock;
use crate::sites::{LiveSite, SiteError, Sites};
use crate::store::{Handling, Posted, Store};

const DAY_MS: i64 = 86_400_000;
/// Responses written in one transaction.
const BATCH: usize = 1_000;
/// Most showings of one survey on a day.
const SHOWN_A_DAY: f64 = 34.0;

/// Fills a database with so many days of responses to each active survey of a site file, and
/// returns how many they are.
///
/// # Errors
/// When the file has problems or the database fails.
pub async fn fill(file: &str, database: &str, days: i32) -> anyhow::Result<usize> {
    let store = Store::open(database).await?;
    let sites = Sites::load(store.clone()).await?;
    let site = match sites.load_file(file).await {
        Ok((site, _)) => sites.get(&site),
        Err(SiteError::Problems(problems)) => bail!("the site file has problems: {}", problems[0]),
        Err(error) => return Err(error.into()),
    };
    let Some(site) = site else { bail!("the site was removed meanwhile") };
    let past = past(&site, days, clock::now_ms());
    let written = past.len();
    for batch in past.chunks(BATCH) {
        store.append(batch.to_vec()).await?;
    }
    store.close().await;
    Ok(written)
}

/// The responses of so many days up to now, always the same for the same time.
fn past(site: &LiveSite, days: i32, now_ms: i64) -> Vec<Posted> {
    let mut rng = Rng::with_seed(7);
    let mut past = Vec::new();
    for live in site.surveys.values().filter(|live| live.active) {
        let definition = live.definition();
        for back in (0..i64::from(days)).rev() {
            let progress = 1.0 - back as f64 / f64::from(days);
            for _ in 0..shown_on(now_ms - back * DAY_MS, &mut rng) {
                let at_ms = now_ms - back * DAY_MS - rng.i64(0..DAY_MS);
                let maker =
                    Maker { site, version: &live.version, definition: &definition, progress };
                past.push(maker.posted(at_ms, &mut rng));
            }
        }
    }
    past
}

/// How often a survey is shown on a day: less at weekends.
fn shown_on(at_ms: i64, rng: &mut Rng) -> usize {
    let weekday = (at_ms / DAY_MS + 3) % 7;
    let share = if weekday >= 5 { 0.45 } else { 1.0 };
    (SHOWN_A_DAY * share * (0.6 + 0.4 * rng.f64())) as usize
}

struct Maker<'a> {
    site: &'a LiveSite,
    version: &'a str,
    definition: &'a Arc<Definition>,
    /// From 0, the first day, to 1, today.
    progress: f64,
}

impl Maker<'_> {
    fn posted(&self, at_ms: i64, rng: &mut Rng) -> Posted {
        let mood = mood(self.progress);
        // Those with a strong opinion answer more readily.
        let state = match rng.f64() {
            x if x < 0.47 => State::Shown,
            x if x < 0.68 => State::Dismissed,
            x if x < 0.82 => State::Answered,
            _ => State::Completed,
        };
        let answers =
            if state < State::Answered { Vec::new() } else { self.answers(mood, state, rng) };
        let response = Response {
            id: uuid_v7(at_ms, rng),
            site: self.site.site.site.clone(),
            survey: self.definition.survey.clone(),
            revision: 1,
            state,
            answers,
            version: Some(self.version.to_owned()),
            respondent: Some(format!("demo-{}", rng.u32(0..40_000))),
            attributes: self
                .site
                .site
                .breakdowns
                .iter()
                .map(|key| (key.clone(), attribute(rng)))
                .collect(),
            locale: Some(self.language().to_owned()),
            page: None,
            test: false,
            token: None,
            user_signature: None,
            verified: false,
        };
        Posted {
            response,
            text: None,
            definition: self.definition.clone(),
            imported: false,
            excluded: false,
            doubt: None,
            answer_min_ms: 0,
            handling: Handling::default(),
            received_at_ms: at_ms,
            submitted_at_ms: at_ms,
        }
    }

    fn answers(&self, mood: f64, state: State, rng: &mut Rng) -> Vec<Answer> {
        let asked = if state == State::Completed { self.definition.questions.len() } else { 1 };
        let answer = |question: &Question| self.answer(question, mood, state, rng);
        self.definition.questions.iter().take(asked).map(answer).collect()
    }

    fn answer(&self, question: &Question, mood: f64, state: State, rng: &mut Rng) -> Answer {
        let id = question.id().to_owned();
        let Some(range) = question.range() else {
            return Answer { question: id, value: self.named(question, mood, rng), comment: None };
        };
        let share = opinion(mood, rng);
        // Low effort is good effort.
        let share = if question.scale == Scale::Effort { 1.0 - share } else { share };
        let steps = f64::from(range.end() - range.start());
        let value = range.start() + (share * steps).round() as u8;
        let comments =
            state == State::Completed && question.follow_up(value).is_some() && rng.f64() < 0.4;
        let good = (share > 0.6) != (question.scale == Scale::Effort);
        let comment = comments.then(|| self.words(good, rng).to_owned());
        Answer { question: id, value: Value::Number(value.into()), comment }
    }

    /// An answer that is no number: options, or words.
    fn named(&self, question: &Question, mood: f64, rng: &mut Rng) -> Value {
        let odds = if question.scale == Scale::Problems { (1.0 - mood) / 2.0 } else { 0.5 };
        let ids = question.options.iter().map(|option| option.id.clone());
        let mut chosen: Vec<String> = ids.clone().filter(|_| rng.f64() < odds).collect();
        if question.takes_list() {
            return Value::List(chosen);
        }
        let first = chosen.pop().or_else(|| ids.clone().next());
        match first.filter(|_| question.scale == Scale::Choice) {
            Some(option) => Value::Text(option),
            None => Value::Text(self.words(rng.f64() < mood, rng).to_owned()),
        }
    }

    fn words(&self, good: bool, rng: &mut Rng) -> &'static str {
        let (praise, blame) = match self.language() {
            "fa" => (&PERSIAN_PRAISE[..], &PERSIAN_BLAME[..]),
            "ar" => (&ARABIC_PRAISE[..], &ARABIC_BLAME[..]),
            _ => (&ENGLISH_PRAISE[..], &ENGLISH_BLAME[..]),
        };
        let words = if good { praise } else { blame };
        words[rng.usize(0..words.len())]
    }

    /// The language that the survey asks in, told by its letters.
    fn language(&self) -> &'static str {
        let prompt = self
            .definition
            .questions
            .first()
            .and_then(|q| q.prompt.all().next())
            .unwrap_or_default();
        let persian = |letter: char| "پچژگکی".contains(letter);
        let arabic = |letter: char| ('\u{600}'..='\u{6ff}').contains(&letter);
        match prompt {
            prompt if prompt.contains(persian) => "fa",
            prompt if prompt.contains(arabic) => "ar",
            _ => "en",
        }
    }
}

/// How good the service is on a day, 0–1: it slips in the second quarter and then climbs.
fn mood(progress: f64) -> f64 {
    let slip = 0.14 * (-((progress - 0.35) / 0.09).powi(2)).exp();
    0.66 + 0.16 * progress - slip
}

/// A share of the scale, 0–1: most are content, few are in the middle.
fn opinion(mood: f64, rng: &mut Rng) -> f64 {
    let centre = if rng.f64() < mood { 0.92 } else { 0.42 };
    let spread = (rng.f64() + rng.f64() + rng.f64() - 1.5) * 0.28;
    (centre + spread).clamp(0.0, 1.0)
}

fn attribute(rng: &mut Rng) -> Attribute {
    let value = match rng.u8(0..10) {
        0..=5 => "free",
        6..=8 => "pro",
        _ => "team",
    };
    Attribute::Text(value.to_owned())
}

fn uuid_v7(at_ms: i64, rng: &mut Rng) -> String {
    let time = format!("{at_ms:012x}");
    let (a, b, c) = (rng.u16(0..0x1000), rng.u16(0x8000..0xc000), rng.u64(0..1 << 48));
    format!("{}-{}-7{a:03x}-{b:04x}-{c:012x}", &time[..8], &time[8..])
}

const ENGLISH_PRAISE: [&str; 6] = [
    "Ordered in the morning, on my table the next day.",
    "The cups are even nicer than in the pictures.",
    "Checkout took me less than a minute.",
    "Well packed, nothing broken.",
    "Your support answered within five minutes, on a Sunday!",
    "Fair prices and an honest description.",
];
const ENGLISH_BLAME: [&str; 6] = [
    "The parcel stood at the depot for six days.",
    "I had to enter my address three times.",
    "My voucher was refused without a reason.",
    "One handle was broken and nobody replied to my mail.",
    "Shipping costs appear only on the last page.",
    "The tracking link leads to an empty page.",
];
const PERSIAN_PRAISE: [&str; 5] = [
    "راهنما کوتاه و روشن بود، مشکلم زود حل شد.",
    "دقیقاً همان چیزی بود که دنبالش بودم.",
    "عکس‌ها خیلی کمک کرد.",
    "بدون تماس با پشتیبانی کارم راه افتاد.",
    "مرسی، عالی توضیح داده‌اید.",
];
const PERSIAN_BLAME: [&str; 5] = [
    "مرحلهٔ سوم با چیزی که من می‌بینم فرق دارد.",
    "جواب سؤالم را پیدا نکردم.",
    "برای موبایل توضیحی نداشت.",
    "نوشته‌ها خیلی فنی بود.",
    "شمارهٔ پشتیبانی را هیچ‌جا ندیدم.",
];
const ARABIC_PRAISE: [&str; 5] = [
    "حُلّت المشكلة من أول رسالة.",
    "الموظفة كانت لطيفة وسريعة.",
    "لم أحتج إلى إعادة شرح ما حدث.",
    "وصلني التعويض في اليوم نفسه.",
    "خدمة ممتازة، شكرًا لكم.",
];
const ARABIC_BLAME: [&str; 5] = [
    "اضطررت إلى شرح المشكلة ثلاث مرات.",
    "انتظرت الرد أكثر من أسبوع.",
    "طلبوا مني صورًا أرسلتها من قبل.",
    "نُقلت بين أربعة موظفين.",
    "النموذج طويل ومربك.",
];

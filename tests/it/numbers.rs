use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, Reply, TOKEN, answered, new_id, response, wait_until};

/// A site with every scale.
const SITE: &str = r#"{
  "site": "acme", "origins": ["https://acme.com"], "locale": "fa", "breakdowns": ["plan", "locale", "page"],
  "surveys": [
    { "id": "stars", "questions": [{ "scale": "stars", "prompt": "?" }] },
    { "id": "rating", "questions": [{ "scale": "rating", "prompt": "?" }] },
    { "id": "thumbs", "questions": [{ "scale": "thumbs", "prompt": "?" }] },
    { "id": "ease", "questions": [{ "scale": "ease", "prompt": "?" }] },
    { "id": "nps-web", "questions": [{ "scale": "nps", "prompt": "Recommend?" }] },
    { "id": "nps-app", "questions": [{ "id": "score", "scale": "nps", "prompt": "Recommend?" }] },
    { "id": "problems", "questions": [{ "scale": "problems", "prompt": "?", "options": [
        { "id": "late", "label": "Late" }, { "id": "broken", "label": "Broken" } ] }] },
    { "id": "source", "questions": [{ "scale": "choice", "prompt": "?", "options": [
        { "id": "friend", "label": "A friend" }, { "id": "web", "label": "The web" } ] }] },
    { "id": "value", "metric": "value_enhancement", "questions": [
        { "id": "more", "scale": "agree", "prompt": "?" }, { "id": "sure", "scale": "agree", "prompt": "?" } ] },
    { "id": "resolution", "metric": "resolution_effort", "questions": [
        { "scale": "yes_no", "prompt": "Solved?" }, { "scale": "effort", "prompt": "Effort?" } ] }
  ]
}"#;

async fn post(collector: &Collector, survey: &str, answers: &[(&str, Value)]) -> String {
    let id = new_id();
    let reply = collector.post(&response(survey, &id, 1, "completed", answers)).await;
    assert_eq!(reply.status, 204, "{survey}: {}", reply.text);
    id
}

async fn patch(collector: &Collector, id: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/responses/acme/{id}");
    collector.request(Method::PATCH, &path, &[("authorization", &bearer)], &body.to_string()).await
}

#[tokio::test]
async fn every_scale_has_its_score() {
    let collector = Collector::start(SITE);
    let check = async |survey: &str,
                       question: &str,
                       values: &[Value],
                       kind: &str,
                       expected: f64| {
        for value in values {
            post(&collector, survey, &[(question, value.clone())]).await;
        }
        let summary = collector.summary(survey, "").await;
        let score = &summary["questions"][0]["score"];
        assert_eq!((&score["kind"], &score["value"]), (&json!(kind), &json!(expected)), "{survey}");
        let page = collector.get_as_admin(&format!("/acme/{survey}")).await;
        assert!(
            page.text.contains(&format!("<data class=\"value\" value=\"{expected}\">")),
            "{survey}"
        );
    };
    check("stars", "stars", &[json!(5), json!(4), json!(3), json!(1)], "csat", 50.0).await;
    check("rating", "rating", &[json!(10), json!(8), json!(1), json!(9)], "csat", 50.0).await;
    check("thumbs", "thumbs", &[json!(1), json!(1), json!(0), json!(1)], "csat", 75.0).await;
    check("ease", "ease", &[json!(7), json!(5), json!(4), json!(1)], "ease", 50.0).await;
    check(
        "problems",
        "problems",
        &[json!([]), json!(["late"]), json!(["late", "broken"])],
        "tgw",
        100.0,
    )
    .await;
    let problems = collector.summary("problems", "").await["questions"][0].clone();
    assert_eq!(problems["counts"], json!({ "0": 1, "1": 1, "2": 1 }));
    assert_eq!(problems["groups"], json!({ "clean": 1, "complaint": 2 }));
    assert_eq!(problems["shares"]["broken"]["value"], 100.0 / 3.0);
    for option in ["friend", "friend", "web", "friend"] {
        post(&collector, "source", &[("choice", json!(option))]).await;
    }
    let source = collector.summary("source", "").await["questions"][0].clone();
    assert_eq!(
        (&source["score"], &source["counts"]),
        (&Value::Null, &json!({ "friend": 3, "web": 1 }))
    );
    assert_eq!(source["shares"]["friend"]["value"], 75.0);
}

#[tokio::test]
async fn two_questions_measure_one_thing() {
    let collector = Collector::start(SITE);
    assert_eq!(collector.summary("value", "").await["metric"]["value"], Value::Null);
    for (more, sure) in [(7, 5), (6, 6), (5, 6), (1, 1)] {
        post(&collector, "value", &[("more", json!(more)), ("sure", json!(sure))]).await;
    }
    collector.post(&answered("value", "more", 7)).await;
    let value = collector.summary("value", "").await["metric"].clone();
    let found = ["kind", "answered", "value", "mean", "thin"].map(|field| value[field].clone());
    assert_eq!(json!(found), json!(["value_enhancement", 4, 50.0, 4.625, true]));
    for (solved, effort) in [(0, 1), (1, 7), (1, 2), (1, 4)] {
        post(&collector, "resolution", &[("yes_no", json!(solved)), ("effort", json!(effort))])
            .await;
    }
    let resolution = collector.summary("resolution", "").await["metric"].clone();
    assert_eq!((&resolution["value"], &resolution["low"]), (&json!(46.5), &json!(27.0)));
    assert_eq!(resolution["shares"]["unsolved"]["value"], 25.0);
    assert!(collector.get_as_admin("/acme/resolution").await.text.contains("value=\"46.5\""));
}

#[tokio::test]
async fn an_excluded_response_leaves_every_number_and_can_come_back() {
    let collector = Collector::start(SITE);
    post(&collector, "nps-web", &[("nps", json!(10))]).await;
    let id = post(&collector, "nps-web", &[("nps", json!(0))]).await;
    let look = async || {
        let summary = collector.summary("nps-web", "").await;
        let score = summary["questions"][0]["score"]["value"].clone();
        json!([summary["shown"], summary["excluded"], score])
    };
    assert_eq!(look().await, json!([2, 0, 0.0]));
    let spam = json!({ "excluded": true, "why": "spam", "owner": "sara", "due": "2026-12-01" });
    assert_eq!(patch(&collector, &id, &spam).await.status, 204);
    assert_eq!(look().await, json!([1, 1, 100.0]));
    assert_eq!(patch(&collector, &id, &spam).await.status, 204, "twice is once");
    assert_eq!(look().await, json!([1, 1, 100.0]));
    let late = response("nps-web", &id, 2, "completed", &[("nps", json!(3))]);
    assert_eq!(collector.post(&late).await.status, 204);
    assert_eq!(look().await, json!([1, 1, 100.0]), "a revision does not bring it back");
    let listed = collector.get_as_admin("/api/v1/surveys/acme/nps-web/responses").await.json();
    let newest = &listed["responses"][0];
    let kept = ["excluded", "excluded_why", "excluded_by", "owner", "due"]
        .map(|field| newest[field].clone());
    assert_eq!(json!(kept), json!([true, "spam", "the admin interface", "sara", "2026-12-01"]));
    assert_eq!(
        patch(&collector, &id, &json!({ "excluded": false, "owner": null })).await.status,
        204
    );
    assert_eq!(look().await, json!([2, 0, 0.0]));
    let wrong = [
        (json!({ "excluded": "yes" }), "400 excluded"),
        (json!({ "why": "spam" }), "400 why"),
        (json!({ "due": "tomorrow" }), "400 due"),
        (json!({ "note": "x".repeat(2_001) }), "400 note"),
        (json!({ "colour": 1 }), "400 colour"),
        (json!([]), "400"),
    ];
    for (body, expected) in wrong {
        assert_eq!(patch(&collector, &id, &body).await.verdict(), expected, "{body}");
    }
    assert_eq!(patch(&collector, &new_id(), &json!({})).await.verdict(), "404 id");
    assert_eq!(look().await, json!([2, 0, 0.0]));
}

#[tokio::test]
async fn numbers_explain_themselves() {
    let collector = Collector::start(SITE);
    for value in [10, 9, 8, 2] {
        post(&collector, "nps-web", &[("nps", json!(value))]).await;
    }
    assert_eq!(collector.summary("nps-web", "").await["explain"], Value::Null);
    let explain = collector.summary("nps-web", "explain=true").await["explain"].clone();
    let numbers = explain["numbers"].as_array().unwrap();
    let score = numbers.iter().find(|it| it["number"] == "questions.nps.score").unwrap();
    assert_eq!(score["computed"], "100 × (2 − 1) ÷ 4 = 25.00");
    let page = collector.get_as_admin("/acme/nps-web").await.text;
    assert!(page.contains("100 × (2 − 1) ÷ 4 = 25.00"));
}

#[tokio::test]
async fn the_same_question_of_two_surveys_is_one_score() {
    let collector = Collector::start(SITE);
    post(&collector, "nps-web", &[("nps", json!(10))]).await;
    post(&collector, "nps-app", &[("score", json!(0))]).await;
    let merged = collector.summary("nps-web", "also=nps-app").await;
    assert_eq!(merged["shown"], 2);
    assert_eq!(merged["questions"][0]["score"]["value"], 0.0);
    for other in ["stars", "nps-web"] {
        let path = format!("/api/v1/surveys/acme/nps-web/summary?also={other}");
        assert_eq!(collector.get_as_admin(&path).await.verdict(), "400 also", "{other}");
    }
}

#[tokio::test]
async fn weeks_start_as_in_the_sites_locale_and_scores_break_down_by_locale() {
    let collector = Collector::start(SITE);
    let mut body = answered("nps-web", "nps", 10);
    body["locale"] = json!("fa");
    collector.post(&body).await;
    let weekly = collector.summary("nps-web", "interval=week&from=2026-01-01&to=2026-01-31").await;
    let starts: Vec<_> =
        weekly["trend"].as_array().unwrap().iter().map(|it| it["start"].clone()).collect();
    assert_eq!(
        json!(starts),
        json!(["2026-01-01", "2026-01-03", "2026-01-10", "2026-01-17", "2026-01-24", "2026-01-31"])
    );
    assert_eq!(collector.summary("nps-web", "by=locale").await["by"][0]["value"], "fa");
    let named = collector.summary("nps-web", "compare=2025-01-01..2025-03-31").await;
    assert_eq!(
        (&named["compare"]["from"], &named["compare"]["to"]),
        (&json!("2025-01-01"), &json!("2025-03-31"))
    );
}

#[tokio::test]
async fn what_days_are_compared_with_changes_no_number_of_theirs() {
    let collector = Collector::start(SITE);
    for value in [9, 10, 3] {
        post(&collector, "nps-web", &[("nps", json!(value))]).await;
    }
    let days = "from=2026-01-01&to=2035-12-31";
    let alone = collector.summary("nps-web", days).await;
    assert_eq!(alone["answered"], 3);
    for earlier in ["2026-01-01..2035-12-31", "2026-02-01..2030-01-01", "2025-01-01..2034-12-31"] {
        let mut compared = collector.summary("nps-web", &format!("{days}&compare={earlier}")).await;
        let compare = compared.as_object_mut().unwrap().remove("compare").unwrap();
        assert_eq!(compare["questions"][0]["change"], 0.0, "{earlier}");
        let mut alone = alone.clone();
        alone.as_object_mut().unwrap().remove("compare");
        assert_eq!(compared, alone, "{earlier}");
    }
}

#[tokio::test]
async fn a_number_is_what_it_is_worth_however_it_is_written() {
    let collector = Collector::start(SITE);
    let check = async |value: &str, expected: &str| {
        let post = answered("nps-web", "nps", 0).to_string().replace(":0", &format!(":{value}"));
        assert_eq!(collector.post_text(&post).await.verdict(), expected, "{value}");
    };
    check("9.0", "204").await;
    check("9e0", "204").await;
    check("9.5", "422 answers[0].value").await;
    check("-1", "422 answers[0].value").await;
    check("1e300", "422 answers[0].value").await;
    check("123456789012345678901234567890", "422 answers[0].value").await;
    check("\"9\"", "400 answers[0].value").await;
    check("1e999", "400").await;
    let summary = collector.summary("nps-web", "").await;
    assert_eq!(
        (&summary["shown"], &summary["questions"][0]["counts"]["9"]),
        (&json!(2), &json!(2))
    );
}

#[tokio::test]
async fn what_cannot_be_summed_up_is_told_by_field() {
    let collector = Collector::start(SITE);
    let check = async |query: &str, expected: &str| {
        let path = format!("/api/v1/surveys/acme/nps-web/summary?{query}");
        assert_eq!(collector.get_as_admin(&path).await.verdict(), expected, "{query}");
    };
    check("from=2026-02-01&to=2026-01-01", "400 from").await;
    check("from=1926-01-01&to=2026-01-01", "400 from").await;
    check("from=2026-02-30", "400 from").await;
    check("to=tomorrow", "400 to").await;
    check("interval=hour", "400 interval").await;
    check("by=country", "400 by").await;
    check("compare=next", "400 compare").await;
    check("compare=2026-02-01..2026-01-01", "400 compare").await;
    check("also=none", "404 survey").await;
}

/// A survey that asks where people come from, with these options and with another question or not.
fn asking(options: &[&str], another: bool) -> String {
    let option = |id: &&str| json!({ "id": id, "label": format!("From {id}") });
    let options: Vec<Value> = options.iter().map(option).collect();
    let mut questions = vec![
        json!({ "id": "from", "scale": "choice", "prompt": "Where from?", "options": options }),
    ];
    questions.extend(another.then(|| json!({ "id": "old", "scale": "nps", "prompt": "Before?" })));
    json!({ "site": "acme", "origins": ["https://acme.com"],
            "surveys": [{ "id": "source", "questions": questions }] })
    .to_string()
}

#[tokio::test]
async fn what_is_no_longer_asked_stays_while_it_has_answers() {
    let collector = Collector::start(&asking(&["web", "press"], true));
    let id = post(&collector, "source", &[("from", json!("press")), ("old", json!(10))]).await;
    std::fs::write(collector.folder().join("site.json"), asking(&["web", "friend"], false))
        .unwrap();
    let definition = async || collector.get_as_admin("/api/v1/sites/acme").await.text;
    wait_until("the new definition", async || definition().await.contains("friend")).await;
    // A revision that names no version is held to what was asked, not to what is asked now.
    let late = response("source", &id, 2, "completed", &[("from", json!("press"))]);
    assert_eq!(collector.post(&late).await.verdict(), "204");
    let fresh = answered("source", "from", 0).to_string().replace(":0", ":\"press\"");
    assert_eq!(collector.post_text(&fresh).await.verdict(), "422 answers[0].value");
    let questions = collector.summary("source", "").await["questions"].clone();
    let told = |at: usize| ["id", "retired", "counts"].map(|field| questions[at][field].clone());
    assert_eq!(json!(told(0)), json!(["from", false, { "web": 0, "friend": 0, "press": 1 }]));
    assert_eq!((&questions[1]["id"], &questions[1]["retired"]), (&json!("old"), &json!(true)));
    assert_eq!(questions[1]["score"]["value"], 100.0);
    let page = collector.get_as_admin("/acme/source").await.text;
    assert!(page.contains("Before?") && page.contains("not asked any more"), "{page}");
    assert!(page.contains("From press"), "{page}");
    let empty = collector.summary("source", "from=2026-01-01&to=2026-01-02").await;
    assert_eq!(empty["questions"].as_array().unwrap().len(), 1);
    assert_eq!(empty["questions"][0]["counts"], json!({ "web": 0, "friend": 0 }));
}

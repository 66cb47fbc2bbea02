use tests::{Collector, TOKEN};

const README: &str = include_str!("../../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_site_file_it_shows_is_the_shops() {
    assert!(blocks("json").contains(&demo::SITE_FILE), "README shows demo/sofal.json");
}

#[tokio::test]
async fn the_site_file_and_the_snippet_work() {
    let collector = Collector::start_with(demo::SITE_FILE, &["--admin-token", TOKEN]);
    let tag = blocks("html")[0].trim();
    let source = tag.split('"').nth(1).expect("the script tag has a source");
    let path = source.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    assert_eq!(collector.get(path.unwrap()).await.status, 200, "{tag}");
    assert!(
        collector.get_as_admin("/").await.text.contains(
            &tag.replace("https://feedback.example.com", &collector.url)
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
        )
    );
}

#[tokio::test]
async fn the_answer_it_posts_is_taken() {
    let collector = Collector::start_with(demo::SITE_FILE, &["--admin-token", TOKEN]);
    let block =
        blocks("sh").into_iter().find(|block| block.contains("/api/v1/responses -d")).unwrap();
    let body = block.split('\'').nth(1).expect("the body stands between quotes");
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let reply = collector.request(reqwest::Method::POST, "/api/v1/responses", &headers, body).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
}

#[test]
fn its_commands_exist() {
    for command in ["cargo xtask demo", "cargo xtask test"] {
        assert!(blocks("sh").iter().any(|block| block.contains(command)), "{command}");
    }
    for block in blocks("sh") {
        for line in block.lines().filter(|line| line.starts_with("nabz ")) {
            let command = line.split_whitespace().nth(1).unwrap();
            let help = std::process::Command::new(tests::nabz()).args([command, "--help"]).output();
            assert!(help.unwrap().status.success(), "{line}");
        }
    }
}

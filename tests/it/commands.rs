use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};

use tests::{Collector, TOKEN, nabz};

use crate::SITE;

fn run(arguments: &[&str], folder: &std::path::Path) -> (bool, String) {
    let Output { status, stdout, stderr } =
        Command::new(nabz()).args(arguments).current_dir(folder).output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.success(), text)
}

#[test]
fn check_says_what_is_wrong_where() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.json"), SITE).unwrap();
    let bad = "{ \"site\": \"acme\",\n  \"origins\": [\"*\"], \"time_zone\": \"Mars/Base\",\n  \"surveys\": [] }";
    std::fs::write(folder.path().join("bad.json"), bad).unwrap();
    let (good, text) = run(&["check", "good.json"], folder.path());
    assert!(good && text.contains("good.json: site \"acme\" with 4 surveys is good"), "{text}");
    let (good, text) = run(&["check", "good.json", "bad.json"], folder.path());
    assert!(
        !good && text.contains("bad.json:2: time_zone: \"Mars/Base\" is not a time zone"),
        "{text}"
    );
    let faint = SITE.replacen('{', "{\n\"theme\": { \"accent\": \"#ffd400\" },", 1);
    std::fs::write(folder.path().join("faint.json"), faint).unwrap();
    let (good, text) = run(&["check", "faint.json"], folder.path());
    let advice = "faint.json:2: theme.accent: in light colours the accent on the background has a \
        contrast of 1.43, and WCAG 2.2 AA wants 3. Use #a68a00 for accent";
    assert!(good && text.contains(advice), "{text}");
    let (good, text) = run(&["check", "none.json"], folder.path());
    assert!(!good && text.contains("none.json cannot be read"), "{text}");
}

#[test]
fn schema_is_a_json_schema_of_the_fields() {
    let (good, text) = run(&["schema"], std::path::Path::new("."));
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(good);
    assert_eq!(schema["properties"]["site"]["type"], "string");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn serve_says_why_it_cannot_start() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("good.json", SITE);
    write("bad.json", "{ \"site\": \"acme\", \"origins\": [\"*\"], \"colour\": 1 }");
    write("text.db", "this is no database, but a text that is long enough to be looked at as one");
    let check = |arguments: &[&str], expected: &str| {
        let (good, text) = run(&[&["serve"], arguments].concat(), folder.path());
        assert!(!good && text.contains(expected), "{arguments:?}: {text}");
    };
    check(&["bad.json"], "bad.json: line 1: colour: there is no such field");
    check(&["none.json"], "the site file none.json cannot be read");
    check(&["good.json", "good.json"], "a second file of site \"acme\"");
    check(&["--database", "mysql://x"], "Use sqlite:PATH");
    check(&["--database", "sqlite::memory:"], "Use sqlite:PATH");
    check(&["--database", "sqlite:no/such/folder/nabz.db"], "Check that its folder exists");
    check(&["--database", "sqlite:text.db"], "is no database of this program");
    check(&["--listen", "here"], "is no address to listen at");
    check(&["--listen", "256.0.0.1:80"], "256.0.0.1:80 is no address to listen at");
    check(&["--admin-token", ""], "let everybody in");
    check(&["--public-url", "feedback.acme.com"], "use scheme and host only");
}

#[tokio::test]
async fn a_port_in_use_and_a_newer_database_are_named() {
    let collector = Collector::start(SITE);
    let address = collector.url.strip_prefix("http://").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (good, text) = run(&["serve", "--listen", address], folder.path());
    assert!(!good && text.contains("choose another with --listen"), "{text}");

    let database = folder.path().join("newer.db");
    std::fs::copy(collector.folder().join("nabz.db"), &database).unwrap();
    // SQLite keeps `user_version` at byte 60 of the file, big-endian.
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[60..64].copy_from_slice(&99i32.to_be_bytes());
    std::fs::write(&database, &bytes).unwrap();
    let (good, text) =
        run(&["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:newer.db"], folder.path());
    assert!(!good && text.contains("is of a newer release (schema 99"), "{text}");
    assert_eq!(std::fs::read(&database).unwrap(), bytes, "nothing stored is changed");
}

#[tokio::test]
async fn diff_says_and_apply_changes() {
    let collector = Collector::start(SITE);
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("other.json"), text).unwrap();
    let on_server = |command: &str| {
        let arguments = [command, "other.json", "--server", &collector.url, "--admin-token", TOKEN];
        run(&arguments, folder.path())
    };
    let other = SITE.replace("\"acme\"", "\"other\"");
    write(&other);
    let (good, text) = on_server("diff");
    assert!(good && text.contains("+ site: \"other\"") && text.contains("would change"), "{text}");
    assert_eq!(collector.get("/other/nabz.js").await.status, 404, "diff changes nothing");
    let (good, text) = on_server("apply");
    assert!(good && text.contains("changed"), "{text}");
    assert_eq!(collector.get("/other/nabz.js").await.status, 200);
    let (good, text) = on_server("diff");
    assert!(good && text.contains("is as other.json says"), "{text}");
    write(&other.replace("Would you", "Will you"));
    let (good, text) = on_server("diff");
    assert!(
        good && text
            .contains("~ surveys.checkout.questions.nps.prompt: \"Would you recommend us?\""),
        "{text}"
    );
    write(&other.replace("\"scale\": \"nps\"", "\"id\": \"nps\", \"scale\": \"effort\""));
    for command in ["diff", "apply"] {
        let (good, text) = on_server(command);
        assert!(!good && text.contains("give the question a new id"), "{text}");
    }
    write(SITE);
    let (good, text) = on_server("apply");
    assert!(good && text.contains("is as other.json says"), "{text}");
    write(&SITE.replace("Would you", "Will you"));
    let (good, text) = on_server("diff");
    assert!(good && text.contains("1 fields would change"), "{text}");
    let (good, text) = on_server("apply");
    assert!(!good && text.contains("managed by its file"), "{text}");
    let nobody = ["diff", "other.json", "--server", "http://127.0.0.1:9", "--admin-token", TOKEN];
    let (good, text) = run(&nobody, folder.path());
    assert!(!good && text.contains("no collector answers at http://127.0.0.1:9"), "{text}");
}

#[test]
fn what_finds_nothing_need_not_be_a_collector() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.json"), SITE).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = format!("http://{}", listener.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let elsewhere = ["diff", "other.json", "--server", &other, "--admin-token", TOKEN];
    let (good, text) = run(&elsewhere, folder.path());
    assert!(!good && text.contains("is no collector: name another with --server"), "{text}");
    answers.join().unwrap();
}

#[test]
fn demo_data_fills_every_survey() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.json"), SITE).unwrap();
    let (good, text) = run(&["demo-data", "site.json", "--days", "20"], folder.path());
    let written: u32 = text.split_whitespace().next().unwrap().parse().unwrap();
    assert!(good && written > 500, "{text}");
    let (good, text) = run(&["verify"], folder.path());
    assert!(good && text.starts_with(&format!("{written} responses counted again")), "{text}");
    let (good, text) = run(&["verify", "--database", "sqlite:none.db"], folder.path());
    assert!(!good && text.contains("there is no database none.db"), "{text}");
    assert!(!folder.path().join("none.db").exists(), "to look creates nothing");
}

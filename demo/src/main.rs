//! Runs the collector and the shop side by side, for looking around.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use collector::serve::{self, Options, Running};
use tokio::net::TcpListener;

/// Runs the collector with SQLite and a small shop on another origin, and prints what to open.
#[derive(Parser)]
#[command(name = "cargo xtask demo")]
struct Cli {
    /// Start with a believable year of responses instead of an empty database
    #[arg(long)]
    with_history: bool,
    /// Where the collector listens; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    collector: String,
    /// Where the shop listens; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8090")]
    shop: String,
    /// Keep the database in this folder instead of a temporary one
    #[arg(long)]
    keep_in: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let cli = Cli::parse();
    let temporary = tempfile::tempdir()?;
    let folder = cli.keep_in.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let shop = listen(&cli.shop).await?;
    let shop_url = format!("http://{}", shop.local_addr()?);
    let collector = start_collector(&cli, &folder, &shop_url).await?;
    let pages = demo::shop(&collector.public_url);
    tokio::spawn(async move { axum::serve(shop, pages).await });
    announce(&collector, &shop_url)?;
    tokio::signal::ctrl_c().await?;
    collector.stop().await;
    Ok(())
}

/// Listens at an address, or at any free port where that one is taken.
async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    if let Ok(listener) = TcpListener::bind(address).await {
        return Ok(listener);
    }
    eprintln!("{address} is taken; another port is used instead");
    TcpListener::bind("127.0.0.1:0").await.context("no free port")
}

async fn start_collector(
    cli: &Cli,
    folder: &std::path::Path,
    shop_url: &str,
) -> anyhow::Result<Running> {
    let database = format!("sqlite:{}", folder.join("nabz.db").display());
    let file = folder.join("sofal.json");
    let text = demo::site_file(shop_url)?;
    std::fs::write(&file, &text)?;
    if cli.with_history {
        let written = collector::demo_data::fill(&text, &database, 365).await?;
        println!("{written} responses of the last year written");
    }
    // The port is found out first and given back at once; the collector binds it again.
    let listen = listen(&cli.collector).await?.local_addr()?.to_string();
    serve::start(Options { files: vec![file], listen, database, ..Options::default() }).await
}

fn announce(collector: &Running, shop_url: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nThe shop, which asks on three of its pages:")?;
    for (path, survey) in demo::ASKING {
        writeln!(out, "  {shop_url}{path:<16} {survey}")?;
    }
    writeln!(out, "The dashboard, already signed in (this link works once):")?;
    writeln!(out, "  {}", collector.sign_in_link.as_deref().unwrap_or(&collector.public_url))?;
    writeln!(out, "Stop with Ctrl-C.")?;
    Ok(out.flush()?)
}

//! The bare server: one short page of one statement on a SQLite file, nothing looked up, checked or logged.

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tokio::net::TcpListener;

/// Serves the page on a free port of loopback, which it says, until it is stopped. Its database stays in the temporary
/// folder: a connection that a client's hanging up closes is opened again.
///
/// # Errors
/// When the temporary folder cannot be written.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let file = std::env::temp_dir().join(format!("linekey-limit-{}.db", std::process::id()));
    let people = people(&file).await?;
    let routes = Router::new().route("/", get(page)).with_state(people);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    crate::say(&format!("{}", listener.local_addr()?))?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new()).http1_only();
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "one statement without the portal's face around it"
)]
async fn people(file: &std::path::Path) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Memory);
    let pool = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    sqlx::query("create table people (id integer primary key, name text not null) strict")
        .execute(&pool)
        .await?;
    sqlx::query("insert into people (id, name) values (1, 'Ann Archer')")
        .execute(&pool)
        .await?;
    Ok(pool)
}

#[expect(
    clippy::disallowed_methods,
    reason = "one statement without the portal's face around it"
)]
async fn page(State(people): State<SqlitePool>) -> Html<String> {
    let row: Result<(String,), _> = sqlx::query_as("select name from people where id = $1")
        .bind(1)
        .fetch_one(&people)
        .await;
    let (name,) = row.unwrap_or_default();
    Html(format!("<!doctype html><title>{name}</title>"))
}

//! A fresh PostgreSQL database for each story, in the cluster that `scripts/test` started.

use sqlx::{Connection, PgConnection};

use crate::random::Random;

/// The server that `scripts/test` started.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its script where the server is"
)]
pub(super) fn server() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL names no PostgreSQL server: `scripts/test` starts one and sets it")
}

/// The address of a new, empty database.
#[expect(clippy::disallowed_methods, reason = "tests make their databases outside the portal")]
pub(super) async fn fresh() -> String {
    let server = server();
    let name = format!("t{}", data_encoding::HEXLOWER.encode(&Random::default().bytes::<8>()));
    let mut connection = PgConnection::connect(&server)
        .await
        .expect("the server of TEST_POSTGRES_URL answers");
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await
        .expect("a new database");
    let (base, _) = server.rsplit_once('/').expect("an address ends in a database");
    format!("{base}/{name}")
}

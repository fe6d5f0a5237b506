//! Where a request of someone not yet known came from.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::client_address;
use crate::app::App;

/// The client's address, and what its browser calls itself. Anyone can write the latter.
#[derive(Debug)]
pub struct Origin {
    /// The address, a trusted proxy's word for it included.
    pub address: IpAddr,
    /// The User-Agent header; empty if there is none.
    pub user_agent: String,
}

impl FromRequestParts<App> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get("user-agent").and_then(|agent| agent.to_str().ok());
        Ok(Self {
            address: client_address::of(app, parts),
            user_agent: agent.unwrap_or_default().to_owned(),
        })
    }
}

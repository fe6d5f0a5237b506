//! A phone that registers over UDP with a socket of its own.

use std::sync::Arc;

use linekey_sip::Surroundings;
use linekey_sip::client::{Account, Outcome, Phone};
use linekey_sip::digest::Algorithm;

use super::Portal;
use crate::phones::registrar::Around;

/// A phone of a story.
#[derive(Debug)]
pub(crate) struct TestPhone(Phone);

impl TestPhone {
    pub(super) async fn new(portal: &Portal, sip_name: &str, sip_domain: &str, sip_password: &str) -> Self {
        let around: Arc<dyn Surroundings> = Arc::new(Around(portal.app.clone()));
        let account = Account {
            user_agent: "Test phone 1.0".to_owned(),
            ..Account::new(portal.sip, sip_name, sip_domain, sip_password)
        };
        Self(Phone::new(account, around).await.expect("a socket for a phone"))
    }

    /// A phone with a password of the story's choice.
    pub(crate) async fn with_password(portal: &Portal, sip_name: &str, sip_domain: &str, password: &str) -> Self {
        Self::new(portal, sip_name, sip_domain, password).await
    }

    /// A phone that proves to be `username` and reaches for another's address of record.
    pub(crate) async fn claiming(
        portal: &Portal,
        (name, domain): (&str, &str),
        username: &str,
        password: &str,
    ) -> Self {
        let around: Arc<dyn Surroundings> = Arc::new(Around(portal.app.clone()));
        let account = Account {
            username: username.to_owned(),
            ..Account::new(portal.sip, name, domain, password)
        };
        Self(Phone::new(account, around).await.expect("a socket for a phone"))
    }

    /// One that knows no digest but MD5, as many desk phones do.
    pub(crate) async fn of_md5(portal: &Portal, sip_name: &str, sip_domain: &str, password: &str) -> Self {
        let around: Arc<dyn Surroundings> = Arc::new(Around(portal.app.clone()));
        let account = Account {
            only: Some(Algorithm::Md5),
            ..Account::new(portal.sip, sip_name, sip_domain, password)
        };
        Self(Phone::new(account, around).await.expect("a socket for a phone"))
    }

    /// Registers, or registers again, and says how that went.
    pub(crate) async fn register(&mut self) -> Outcome {
        self.0.register_once().await.expect("the registrar answers")
    }

    /// Registers again with what it has; true if it is registered afterwards.
    pub(crate) async fn is_registered(&mut self) -> bool {
        self.register().await.is_registered()
    }
}

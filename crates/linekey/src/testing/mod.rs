//! What stories are told with: a portal of their own on a database of their own, browsers, and phones.
//!
//! A story is an `async fn(Portal)`; [`stories!`] runs it on SQLite, and with the feature `outside` on PostgreSQL.

#[cfg(feature = "outside")]
pub(crate) mod baresip;
mod browser;
pub(crate) mod certificate;
#[cfg(feature = "outside")]
pub(crate) mod chromium;
#[cfg(feature = "outside")]
pub(crate) mod kamailio;
#[cfg(feature = "outside")]
pub(crate) mod mail_server;
mod phone;
mod portal;
#[cfg(feature = "outside")]
mod postgres;
#[cfg(feature = "outside")]
pub(crate) mod scene;
pub(crate) mod stream_phone;
#[cfg(feature = "outside")]
mod wire;

pub(crate) use browser::{Answer, Browser};
pub(crate) use phone::TestPhone;
pub(crate) use portal::{Engine, Portal};
#[cfg(feature = "outside")]
pub(crate) use wire::Wire;

use std::path::{Path, PathBuf};

use crate::random::Random;

/// Runs each story on every engine. A story that is not listed is dead code, which the build refuses.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    let portal = $crate::testing::Portal::start($crate::testing::Engine::Sqlite).await;
                    super::$story(portal).await;
                }
            )+
        }
        #[cfg(feature = "outside")]
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    let portal = $crate::testing::Portal::start($crate::testing::Engine::Postgres).await;
                    super::$story(portal).await;
                }
            )+
        }
    };
}
pub(crate) use stories;

/// A folder that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = data_encoding::HEXLOWER.encode(&Random::default().bytes::<8>());
        let path = std::env::temp_dir().join(format!("linekey-test-{name}"));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs all of them at once.
pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut done = Vec::new();
    let mut running: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

//! `[freeswitch]`: with what FreeSWITCH asks for the directory of phones.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;

/// `[freeswitch]`. Both empty: there is no such page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Freeswitch {
    /// As whom FreeSWITCH asks, by HTTP basic authentication: 1 to 60 letters, digits, and `.`, `-`, `_`.
    pub user: String,
    /// The file whose first line is its password, readable by the server's user alone.
    pub password_file: PathBuf,
}

impl Freeswitch {
    /// Whether FreeSWITCH may ask at all.
    pub fn is_on(&self) -> bool {
        !self.user.is_empty()
    }

    pub(super) fn begin_at(&mut self, folder: &Path) {
        if self.is_on() {
            self.password_file = folder.join(&self.password_file);
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if self.user.chars().count() > 60 || !self.user.chars().all(plain) {
            bail!("freeswitch.user: at most 60 letters, digits, and . - _, or nothing");
        }
        if self.is_on() == self.password_file.as_os_str().is_empty() {
            bail!("freeswitch.user and freeswitch.password_file: either both are set, or neither");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_comes_with_a_password_and_has_no_colon() {
        let said = |user: &str, file: &str| {
            let settings = Freeswitch {
                user: user.to_owned(),
                password_file: PathBuf::from(file),
            };
            settings.check().map_err(|error| error.to_string())
        };
        assert_eq!(said("", ""), Ok(()));
        assert_eq!(said("pbx-1.quayside_2", "freeswitch.password"), Ok(()));
        for (user, file) in [("freeswitch", ""), ("", "freeswitch.password")] {
            assert!(
                said(user, file)
                    .expect_err("half of it")
                    .contains("either both are set, or neither")
            );
        }
        for user in ["free:switch", "free switch", "fre\u{e9}switch", &"f".repeat(61)] {
            assert!(
                said(user, "f")
                    .expect_err("no user")
                    .contains("letters, digits, and . - _"),
                "{user}"
            );
        }
    }
}

//! `linekey version`

use crate::password::hash::Hashes;

/// Says the version and the engines inside.
pub(super) fn run() {
    let argon2 = Hashes::backend();
    super::say(&format!(
        "linekey {}\npassword hashing  Argon2id ({argon2})\n",
        env!("CARGO_PKG_VERSION")
    ));
}

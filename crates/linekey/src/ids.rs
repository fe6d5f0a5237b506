//! The names of things: one type an id, so that a user's id never stands where an account's belongs.
//!
//! Every id is a UUIDv7 (RFC 9562) in its text form; [`crate::app::App::new_id`] makes them.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text of an id: one just made, or one read from a row.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id in a URL or a form; `None` for what is none.
            pub fn parse(text: &str) -> Option<Self> {
                uuid::Uuid::try_parse(text).ok().map(|id| Self(id.to_string()))
            }

            /// The text, for a statement or a URL.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A customer organisation of the provider.
    AccountId
);
id!(
    /// A person of an account.
    UserId
);
id!(
    /// One signed-in browser.
    SessionId
);
id!(
    /// A change of password that waits for "Confirm it's you".
    PendingId
);
id!(
    /// A desk phone or softphone.
    PhoneId
);
id!(
    /// A link that was mailed or printed.
    LinkId
);
id!(
    /// A browser that is remembered for one user.
    DeviceId
);

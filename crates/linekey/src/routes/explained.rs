//! Which article of the help centre explains which page: "How this works".

use crate::help_centre::pages::Explains;

const CHANGE: &str = "passwords/change-your-password";
const RESET: &str = "passwords/reset-your-password";
const STRONG: &str = "passwords/choose-a-strong-password";
const FOR_OTHERS: &str = "passwords/set-a-password-for-someone-else";
const SESSIONS: &str = "passwords/sessions-and-this-wasnt-me";
const MAIL: &str = "passwords/the-mail-did-not-arrive";
const PHONES: &str = "phones/your-phones";
const CONNECTED: &str = "phones/why-phones-stay-connected";
const INSTALL: &str = "engineers/install";
const OWN_ARTICLES: &str = "engineers/your-own-articles";
const BY_CODE: &str = "passwords/reset-your-password#no-e-mail-address-on-file";
const HELPED_PHONES: &str = "phones/your-phones#you-are-an-administrator";
const AUDIT: &str = "passwords/sessions-and-this-wasnt-me#you-are-an-administrator";
const OUTBOX: &str = "passwords/the-mail-did-not-arrive#you-are-of-the-providers-staff";

/// Every page that people see, by its route, with its article. A page that is in a language of programs has none.
pub const ARTICLES: Explains = &[
    ("/sign-in", RESET),
    ("/confirm", CHANGE),
    ("/account/settings", CHANGE),
    ("/account/password", CHANGE),
    ("/account/password/done", CONNECTED),
    ("/account/sessions", SESSIONS),
    ("/phones", PHONES),
    ("/phones/{id}", PHONES),
    ("/phones/{id}/rotate", PHONES),
    ("/phones/{id}/set-up", PHONES),
    ("/set-up/{token}", STRONG),
    ("/set-up/new", STRONG),
    ("/set-up/code", BY_CODE),
    ("/reset-password", RESET),
    ("/reset-password/sent", MAIL),
    ("/reset-password/code", RESET),
    ("/reset-password/{token}", RESET),
    ("/reset-password/new", RESET),
    ("/email/{token}", MAIL),
    ("/email/done", MAIL),
    ("/not-me/{token}", SESSIONS),
    ("/not-me/done", SESSIONS),
    ("/admin/users", FOR_OTHERS),
    ("/admin/users/new", FOR_OTHERS),
    ("/admin/users/{id}", FOR_OTHERS),
    ("/admin/users/{id}/password", FOR_OTHERS),
    ("/admin/users/{id}/setup-slip", FOR_OTHERS),
    ("/admin/users/{id}/phones/{phone}", PHONES),
    ("/admin/users/{id}/phones/{phone}/rotate", PHONES),
    ("/admin/users/{id}/phones/{phone}/set-up", PHONES),
    ("/admin/phones", HELPED_PHONES),
    ("/admin/audit", AUDIT),
    ("/operator/accounts", INSTALL),
    ("/operator/mail", OUTBOX),
    ("/operator/mail/preview/{kind}", OUTBOX),
    ("/operator/help", OWN_ARTICLES),
];

//! `linekey user show`: everything that is known of one person, their phones and sessions with it.

use super::state;
use crate::app::App;
use crate::phones;
use crate::sessions;
use crate::users::Subject;
use crate::when;

/// Prints it: lines for people, one object for programs.
pub(super) async fn show(app: &App, whom: &Subject, json: bool) -> anyhow::Result<()> {
    let phones = phones::live::of_user(app, (&whom.account, &whom.id), "UTC").await?;
    let sessions = sessions::pages::of_user(app, (&whom.id, whom.role), "UTC").await?;
    let (state, words) = state(whom.disabled_at, whom.password_set_at, whom.must_change_at);
    let email_verified = whom.email_verified_at.is_some();
    if json {
        let phones: Vec<_> = phones
            .iter()
            .map(|phone| {
                serde_json::json!({ "id": phone.id, "label": phone.label, "address_of_record": phone.address_of_record,
                                    "state": phone.state.class() })
            })
            .collect();
        let object = serde_json::json!({
            "id": whom.id, "account": whom.domain, "name": whom.name, "sign_in_name": whom.sign_in_name(),
            "display_name": whom.display_name, "email": whom.email, "email_verified": email_verified,
            "role": whom.role.as_str(), "extension": whom.extension, "time_zone": whom.time_zone, "state": state,
            "password_set_at": whom.password_set_at.map(when::rfc3339),
            "password_expires_at": whom.password_expires_at.map(when::rfc3339),
            "sessions": sessions.len(), "phones": phones,
        });
        super::super::say(&format!("{}\n", serde_json::to_string_pretty(&object)?));
        return Ok(());
    }
    let email = match (&whom.email, email_verified) {
        (Some(email), true) => format!("{email} (confirmed)"),
        (Some(email), false) => format!("{email} (not confirmed: not mailed)"),
        (None, _) => "none".to_owned(),
    };
    let mut lines = vec![
        ("name", whom.display_name.clone()),
        ("sign-in name", whom.sign_in_name()),
        ("account", whom.account_name.clone()),
        ("role", whom.role.as_str().to_owned()),
        ("e-mail", email),
        ("extension", whom.extension.clone().unwrap_or_else(|| "none".to_owned())),
        ("state", words.to_owned()),
        ("password", password(whom)),
        ("sessions", sessions.len().to_string()),
    ];
    lines.extend(phones.iter().map(|phone| {
        (
            "phone",
            format!("{} ({}), {}", phone.label, phone.address_of_record, phone.state_text),
        )
    }));
    let cells = |(name, value): (&str, String)| vec![name.to_owned(), super::super::table::plain(&value)];
    let lines: Vec<_> = lines.into_iter().map(cells).collect();
    super::super::say(&super::super::table::aligned(&lines));
    Ok(())
}

fn password(whom: &Subject) -> String {
    let Some(at) = whom.password_set_at else {
        return "none yet: nobody can sign in".to_owned();
    };
    let until = whom
        .password_expires_at
        .map(|until| format!(", good until {}", when::exact(until)))
        .unwrap_or_default();
    format!("set {}{until}", when::exact(at))
}

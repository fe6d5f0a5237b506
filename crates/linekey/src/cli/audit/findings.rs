//! What `linekey audit verify` says: each chain with its head, and each finding with the row it is about.

use serde_json::{Value, json};

use crate::audit;
use crate::audit::verify::{Fault, Finding, Place, Report, Waiting};
use crate::cli::table::plain;
use crate::when;

/// The form that `--json` prints and `--head` reads.
pub(super) fn as_json(report: &Report) -> Value {
    let chains = report.chains.iter().map(|chain| {
        json!({
            "chain": chain.chain,
            "account": chain.account,
            "rows": chain.rows,
            "seq": chain.seq,
            "link": chain.link,
            "sealed_at": chain.sealed_at.map(when::rfc3339),
        })
    });
    let findings = report.findings.iter().map(|finding| {
        let (place, seq) = (
            finding.place.as_ref(),
            finding.place.as_ref().and_then(|place| place.seq),
        );
        json!({
            "finding": name(&finding.fault),
            "chain": finding.chain,
            "account": domain(report, &finding.chain),
            "id": place.map(|place| &place.id),
            "seq": seq,
            "at": place.map(|place| when::rfc3339(place.at)),
            "says": sentence(finding),
        })
    });
    let waiting = report.waiting.iter().map(|waiting| {
        json!({
            "chain": waiting.chain,
            "account": domain(report, &waiting.chain),
            "rows": waiting.rows,
            "id": waiting.oldest.id,
            "at": when::rfc3339(waiting.oldest.at),
            "says": waits(waiting),
        })
    });
    json!({
        "chains": chains.collect::<Vec<_>>(),
        "unsealed": report.unsealed,
        "waiting": waiting.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "further_findings": report.further,
    })
}

/// The form for people.
pub(super) fn as_text(report: &Report) -> String {
    let mut text = String::new();
    for chain in &report.chains {
        text += &format!("{}  {}\n", name_of(report, &chain.chain), rows(chain.rows));
        if let (Some(seq), Some(link)) = (chain.seq, &chain.link) {
            text += &format!("  head {seq} {link}\n");
        }
    }
    let wait = if report.unsealed == 1 { "waits" } else { "wait" };
    text += &format!("{} {wait} to be sealed\n", rows(report.unsealed));
    for waiting in &report.waiting {
        text += &format!("  {}: {}\n", name_of(report, &waiting.chain), waits(waiting));
    }
    if report.is_sound() {
        text += "\nEvery row is as it was written.\n";
    } else {
        text += "\nFindings:\n";
    }
    for finding in &report.findings {
        text += &format!("  {}: {}\n", name_of(report, &finding.chain), sentence(finding));
    }
    if report.further > 0 {
        text += &format!("  and {} more\n", report.further);
    }
    text += "\nKeep the heads where nobody who can change this database can change them (`audit verify --json > FILE`):\n\
             only `audit verify --head FILE` finds a chain whose last rows were removed by somebody who put back the head \
             of before,\nor a whole record that was put back to an earlier state.\n";
    text
}

fn rows(count: u64) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

fn domain<'a>(report: &'a Report, chain: &str) -> Option<&'a String> {
    let told = report.chains.iter().map(|told| (&told.chain, &told.account));
    // Of a chain that was never sealed this is all there is.
    let waits = report.waiting.iter().map(|waiting| (&waiting.chain, &waiting.account));
    let mut named = told.chain(waits).filter(|(named, _)| *named == chain);
    named.find_map(|(_, account)| account.as_ref())
}

fn name_of(report: &Report, chain: &str) -> String {
    match domain(report, chain) {
        Some(domain) => domain.clone(),
        None if chain == audit::PORTAL => "portal (in no account)".to_owned(),
        None if chain == "tally" => "all chains".to_owned(),
        None => format!("account {}", plain(chain)),
    }
}

/// The name of a fault in JSON; it never changes.
fn name(fault: &Fault) -> &'static str {
    match fault {
        Fault::Edited => "edited",
        Fault::UnknownKey => "unknown-key",
        Fault::Moved => "moved",
        Fault::Strayed => "strayed",
        Fault::Deleted { .. } => "deleted",
        Fault::CutOff { .. } => "cut-off",
        Fault::HeadForged => "head-forged",
        Fault::HeadUnknownKey => "head-unknown-key",
        Fault::HeadMissing => "head-missing",
        Fault::HeadBehind { .. } => "head-behind",
        Fault::Rewritten => "rewritten",
        Fault::TallyForged => "tally-forged",
        Fault::TallyDiffers { .. } => "tally-differs",
    }
}

fn sentence(finding: &Finding) -> String {
    let row = finding.place.as_ref().map_or_else(|| "no row at all".to_owned(), place);
    match &finding.fault {
        Fault::Edited => format!("{row} was edited after it was written"),
        Fault::UnknownKey => format!("{row} was made with a key that is not in the key file"),
        Fault::Moved => format!("{row} is not at its place"),
        Fault::Strayed => format!("{row} was moved here from another account's chain"),
        Fault::Deleted { from, to, before } => {
            let gone = range(*from, *to);
            let before = before.as_ref().map_or_else(|| "the beginning".to_owned(), place);
            format!("{gone} gone, between {before} and {row}")
        }
        Fault::CutOff { head, at } => {
            let when = match at {
                Some(at) => format!("as its head says, at {}", when::exact(*at)),
                None => "as the head kept elsewhere says".to_owned(),
            };
            let last = finding.place.as_ref().and_then(|place| place.seq).unwrap_or(0);
            let from = last.saturating_add(1);
            let gone = range(from, *head);
            format!("{gone} gone from the end: the chain had come to {head}, {when}, and now ends with {row}")
        }
        Fault::HeadForged => format!("the head was changed by somebody without the key; the rows end with {row}"),
        Fault::HeadUnknownKey => {
            format!("the head was sealed with a key that is not in the key file; the rows end with {row}")
        }
        Fault::HeadMissing => format!("the head is gone; the rows end with {row}"),
        Fault::HeadBehind { head } => format!("an older head, {head}, was put back; the rows end with {row}"),
        Fault::Rewritten => format!("{row} is not the row that the head kept elsewhere speaks of"),
        Fault::TallyForged => {
            "the number of sealed rows is gone, or was changed by somebody without the key; nothing is sealed until it is \
             put back"
                .to_owned()
        }
        Fault::TallyDiffers { sealed, heads } => format!(
            "{sealed} rows were sealed, and the chains speak of {heads}: an older head was put back, or a chain was taken \
             away or begun anew without some of its rows"
        ),
    }
}

/// A row that waits is as it was written, unless a finding says otherwise; what is lacking is a server.
fn waits(waiting: &Waiting) -> String {
    format!(
        "{} for more than a minute, the oldest is {}; a server seals them, and until then one that is removed leaves no \
         trace",
        waiting.rows,
        place(&waiting.oldest)
    )
}

fn range(from: i64, to: i64) -> String {
    if from >= to {
        format!("row {to} is")
    } else {
        format!("rows {from} to {to} are")
    }
}

fn place(place: &Place) -> String {
    let (at, id) = (when::exact(place.at), plain(&place.id));
    match place.seq {
        Some(seq) => format!("row {seq} ({at}, event {id})"),
        None => format!("an unsealed row ({at}, event {id})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_only_wait_are_told_apart_from_what_is_not_as_it_was_written() {
        let oldest = Place {
            seq: None,
            id: "0192".to_owned(),
            at: 0,
        };
        let mut report = Report {
            unsealed: 5,
            ..Report::default()
        };
        report.waiting.push(Waiting {
            chain: "0193".to_owned(),
            account: Some("acme.example".to_owned()),
            rows: 4,
            oldest,
        });
        let text = as_text(&report);
        let said = "5 rows wait to be sealed\n  acme.example: 4 for more than a minute, the oldest is an \
                    unsealed row (1970-01-01 00:00:00 UTC, event 0192); a server seals them";
        assert!(text.contains(said), "{text}");
        assert!(text.contains("Every row is as it was written."), "{text}");
        let json = as_json(&report);
        assert_eq!(json["findings"], json!([]));
        assert_eq!(
            (&json["waiting"][0]["rows"], &json["waiting"][0]["id"]),
            (&4.into(), &"0192".into())
        );
    }
}

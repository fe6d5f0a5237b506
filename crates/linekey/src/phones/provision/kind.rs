//! The kinds of phones that can be set up, and the files that each asks for.

use super::settings::Settings;

/// Whose format a set-up file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Linphone, and softphones that read its remote provisioning.
    Softphone,
    /// Yealink.
    Yealink,
    /// Polycom, and Poly.
    Polycom,
    /// Grandstream.
    Grandstream,
    /// Snom.
    Snom,
}

/// What is in one file.
#[derive(Debug)]
pub struct File {
    /// Its media type.
    pub media_type: &'static str,
    /// All of it.
    pub text: String,
}

const XML: &str = "application/xml; charset=utf-8";
const LINES: &str = "text/plain; charset=utf-8";

impl Kind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Softphone,
        Self::Yealink,
        Self::Polycom,
        Self::Grandstream,
        Self::Snom,
    ];

    /// The text in forms, commands and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Softphone => "softphone",
            Self::Yealink => "yealink",
            Self::Polycom => "polycom",
            Self::Grandstream => "grandstream",
            Self::Snom => "snom",
        }
    }

    /// The kind of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What is scanned or typed into the phone, made of where its files are: `https://host/provision/TOKEN`.
    pub(super) fn link(self, folder: &str) -> String {
        let host_and_path = || folder.split_once("://").map_or(folder, |(_, rest)| rest).to_owned();
        match self {
            Self::Softphone => format!("{folder}/linphone.xml"),
            Self::Yealink => format!("{folder}/"),
            // Both are asked for the protocol in another field.
            Self::Polycom | Self::Grandstream => host_and_path(),
            Self::Snom => format!("{folder}/settings.xml"),
        }
    }

    /// The files that such a phone asks for, as people are told.
    pub fn file_names(self) -> &'static [&'static str] {
        match self {
            Self::Softphone => &["linphone.xml"],
            Self::Yealink => &["y000000000000.cfg", "<mac>.cfg"],
            Self::Polycom => &["000000000000.cfg", "<mac>.cfg", "linekey.cfg"],
            Self::Grandstream => &["cfg<mac>.xml", "cfg<model>.xml", "cfg.xml"],
            Self::Snom => &["settings.xml", "snom<model>.htm", "snom<model>-<mac>.htm"],
        }
    }

    /// The file of a name; `None`: such a phone has no use for it.
    pub(super) fn file(self, name: &str, settings: &Settings) -> Option<File> {
        let (media_type, text) = match self {
            Self::Softphone if name == "linphone.xml" => (XML, settings.linphone()),
            Self::Yealink if is_yealinks(name) => (LINES, settings.yealink()),
            Self::Polycom if name == "linekey.cfg" => (XML, settings.polycom()),
            Self::Polycom if name.strip_suffix(".cfg").is_some_and(is_mac) => (XML, Settings::polycom_master()),
            Self::Grandstream if is_grandstreams(name) => (XML, settings.grandstream()),
            Self::Snom if is_snoms(name) => (XML, settings.snom()),
            _ => return None,
        };
        Some(File { media_type, text })
    }
}

/// `y000000000028.cfg` is for all phones of a model, `001565aabbcc.cfg` for one.
fn is_yealinks(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".cfg") else {
        return false;
    };
    let of_model = |digits: &str| digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_mac(stem) || stem.strip_prefix('y').is_some_and(of_model)
}

/// `cfg000b82aabbcc.xml`, `cfggrp2612w.xml` and `cfg.xml`. Without `.xml` the phone expects a format of old.
fn is_grandstreams(name: &str) -> bool {
    let stem = name.strip_prefix("cfg").and_then(|rest| rest.strip_suffix(".xml"));
    stem.is_some_and(|stem| stem.is_empty() || is_mac(stem) || is_model(stem))
}

/// `snomD735-000413AABBCC.htm`, `snomD735.htm`, and the same as `.xml`; `settings.xml` is what the link names.
fn is_snoms(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".htm").or_else(|| name.strip_suffix(".xml")) else {
        return false;
    };
    let of_phone = |rest: &str| match rest.split_once('-') {
        Some((model, mac)) => is_model(model) && is_mac(mac),
        None => is_model(rest),
    };
    stem == "settings" || is_mac(stem) || stem.strip_prefix("snom").is_some_and(of_phone)
}

fn is_mac(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_model(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

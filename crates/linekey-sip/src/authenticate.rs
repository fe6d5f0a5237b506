//! From the `Authorization` headers of a request to a phone, or to the one refusal.
//!
//! Whoever is refused learns nothing from it: the same 401 for a name that is unknown, disabled or
//! given with a wrong password, after the same work. Nothing is looked up before a nonce of ours
//! came back from the address it was given to.

use std::net::IpAddr;
use std::sync::Arc;

use bytestring::ByteString;

use crate::ask::{Credential, Directory, Domain, PhoneKey, Why};
use crate::codec::{self, Host, Request};
use crate::digest::{self, Algorithm, Asked, Authorization, Ha1Set, NameForm};
use crate::hosts::{OurHosts, host_text};
use crate::nonce::{Checked, NonceId, Nonces};
use crate::reply::Answer;

/// Longest username that is looked up; SIP names have at most 64 characters.
const MAX_USERNAME: usize = 255;

/// The realm and algorithm that a request is challenged with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Realm {
    pub(crate) name: Arc<str>,
    pub(crate) algorithm: Algorithm,
    /// False for the decoy, which authenticates nobody.
    pub(crate) known: bool,
}

impl Realm {
    fn of(domain: Domain) -> Self {
        Self {
            name: domain.name,
            algorithm: domain.algorithm,
            known: true,
        }
    }
}

/// A phone that proved what it is.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated {
    pub(crate) phone: PhoneKey,
    pub(crate) generation: i64,
    pub(crate) sip_name: ByteString,
    pub(crate) sip_domain: Arc<str>,
    pub(crate) nonce: NonceId,
    pub(crate) count: u32,
    /// When its credential was asked for, milliseconds.
    pub(crate) asked_ms: i64,
}

/// What became of a proof.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    Right(Authenticated),
    /// A wrong response for this name; the phone is told to the host only.
    Wrong {
        name: String,
        realm: Realm,
        phone: Option<PhoneKey>,
        /// It was right for the SIP password that the phone had before.
        outdated: bool,
    },
    /// The host cannot look it up now.
    Unavailable,
}

/// What a response proves.
enum Proven {
    /// The SIP password of this generation, which is good.
    With(i64),
    /// One that was replaced, and is not good any more.
    Outdated,
    Nothing,
}

/// Credentials that passed every test that needs no look-up.
#[derive(Debug)]
pub(crate) struct Presented {
    realm: Realm,
    sip_name: ByteString,
    form: NameForm,
    nonce: NonceId,
    count: u32,
    username: ByteString,
    nonce_text: ByteString,
    uri: ByteString,
    nc: ByteString,
    cnonce: ByteString,
    response: ByteString,
}

/// What the headers alone tell.
#[derive(Debug)]
pub(crate) enum Presentation {
    /// Challenge; `stale` if the nonce was ours and only its time, start or source is wrong. `unfit`: what else than
    /// ignorance of a nonce it is, from a sender that was given one.
    None { stale: bool, unfit: Option<Unfit> },
    /// Worth a look-up.
    Some(Box<Presented>),
}

/// Credentials that prove nothing, whatever the SIP password is.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) why: Why,
    pub(crate) name: String,
    pub(crate) realm: String,
}

impl Unfit {
    fn of(why: Why, sent: &Authorization<'_>, realm: &Realm) -> Self {
        let (name, _) = name_and_form(sent, realm);
        Self {
            why,
            name: name.to_owned(),
            realm: realm.name.to_string(),
        }
    }
}

impl Presentation {
    const NOTHING: Self = Self::None {
        stale: false,
        unfit: None,
    };
}

/// The pure part and the look-up of digest authentication.
#[derive(Debug)]
pub(crate) struct Authenticator {
    nonces: Nonces,
    decoy: Realm,
    hosts: OurHosts,
    /// Stands in for the hashes of names that do not exist, so that they cost the same.
    nobody: Ha1Set,
}

impl Authenticator {
    pub(crate) fn new(nonces: Nonces, decoy: String, hosts: OurHosts, nobody: &str) -> Self {
        let nobody = Ha1Set::of("", "", nobody);
        Self {
            nonces,
            decoy: Realm {
                name: decoy.into(),
                algorithm: Algorithm::Md5,
                known: false,
            },
            hosts,
            nobody,
        }
    }

    pub(crate) fn hosts(&self) -> &OurHosts {
        &self.hosts
    }

    /// The realm for this request: the To host if it is a SIP domain of ours, in our spelling, else
    /// the decoy. The sender's own text is never repeated.
    pub(crate) fn realm(&self, request: &Request, directory: &impl Directory) -> Realm {
        let domain = request
            .to_host
            .as_ref()
            .and_then(|host| directory.domain(&host_text(host)));
        domain.map_or_else(|| self.decoy.clone(), Realm::of)
    }

    /// The answer with its `WWW-Authenticate` (RFC 7616 section 3.3, RFC 8760 section 2).
    pub(crate) fn challenge(&self, answer: Answer, realm: &Realm, stale: bool, source: IpAddr, now_ms: i64) -> Answer {
        let nonce = self.nonces.make(&realm.name, source, now_ms);
        let (name, algorithm) = (&realm.name, realm.algorithm.as_str());
        let stale = if stale { ", stale=true" } else { "" };
        let value = [
            "Digest realm=\"",
            name,
            "\", nonce=\"",
            &nonce,
            "\", algorithm=",
            algorithm,
            ", qop=\"auth\"",
            stale,
        ];
        answer.with_parts("WWW-Authenticate", &value)
    }

    /// Reads the credentials and tests all that needs no look-up.
    pub(crate) fn read(
        &self,
        request: &Request,
        challenged: &Realm,
        directory: &impl Directory,
        source: IpAddr,
        now_ms: i64,
    ) -> Presentation {
        let parsed = || {
            let values = request.authorizations.iter();
            values.filter_map(|value| Some((value, digest::parse_authorization(value)?)))
        };
        // Several may be sent (RFC 3261 section 22.3): ours is the one for the realm we ask for, and of two for that realm,
        // as a phone sends that keeps an old proof beside the new, the one whose nonce is good.
        let mut ours = parsed().filter(|(_, sent)| sent.realm.eq_ignore_ascii_case(&challenged.name));
        let ours = match (ours.next(), ours.next()) {
            (Some(first), Some(second)) => {
                let is_good = |(_, sent): &(&ByteString, Authorization<'_>)| {
                    let checked = self.nonces.check(sent.nonce, &challenged.name, source, now_ms);
                    matches!(checked, Checked::Good(_))
                };
                [first, second].into_iter().chain(ours).find(is_good).or(Some(first))
            }
            (only, _) => only,
        };
        let Some((value, sent)) = ours.or_else(|| parsed().next()) else {
            return Presentation::NOTHING;
        };
        let realm = if challenged.known && sent.realm.eq_ignore_ascii_case(&challenged.name) {
            Some(challenged.clone())
        } else {
            self.realm_named(sent.realm, directory)
        };
        let Some(realm) = realm else {
            return Presentation::NOTHING;
        };
        if sent.username.is_empty() || sent.username.len() > MAX_USERNAME {
            return Presentation::NOTHING;
        }
        match self.nonces.check(sent.nonce, &realm.name, source, now_ms) {
            Checked::Good(nonce) => self.usable(value, &sent, realm, nonce, directory),
            Checked::Stale => Presentation::None {
                stale: realm == *challenged,
                unfit: Some(Unfit::of(Why::ExpiredNonce, &sent, &realm)),
            },
            Checked::Foreign => Presentation::NOTHING,
        }
    }

    /// Whether credentials with a nonce that is good are worth a look-up; they are part of `value`.
    fn usable(
        &self,
        value: &ByteString,
        sent: &Authorization<'_>,
        realm: Realm,
        nonce: NonceId,
        directory: &impl Directory,
    ) -> Presentation {
        let unfit = |why| Presentation::None {
            stale: false,
            unfit: Some(Unfit::of(why, sent, &realm)),
        };
        let algorithm = sent.algorithm.map_or(Some(Algorithm::Md5), Algorithm::parse);
        let qop = sent.qop.is_some_and(|qop| qop.eq_ignore_ascii_case("auth"));
        if algorithm != Some(realm.algorithm) || !qop {
            return unfit(Why::UnknownAlgorithm);
        }
        let (Some(count), Some(nc), Some(cnonce)) = (sent.count(), sent.nc, sent.cnonce) else {
            return Presentation::NOTHING;
        };
        let uri = value.slice_ref(sent.uri);
        // Mostly it is the domain itself, which was just found.
        let is_realm = |host: &Host| realm.known && host_text(host) == *realm.name;
        let is_ours = |host| is_realm(&host) || self.hosts.contains(&host, directory);
        if !codec::uri_host(&uri).is_some_and(is_ours) {
            return unfit(Why::ForeignHost);
        }
        let (sip_name, form) = name_and_form(sent, &realm);
        Presentation::Some(Box::new(Presented {
            sip_name: value.slice_ref(sip_name),
            realm,
            form,
            nonce,
            count,
            username: value.slice_ref(sent.username),
            nonce_text: value.slice_ref(sent.nonce),
            uri,
            nc: value.slice_ref(nc),
            cnonce: value.slice_ref(cnonce),
            response: value.slice_ref(sent.response),
        }))
    }

    /// Looks the name up, at the moment `asked_ms`, and tests the response, in equal steps for known and unknown names.
    pub(crate) async fn prove(
        &self,
        sent: &Presented,
        method: &str,
        directory: &impl Directory,
        asked_ms: i64,
    ) -> Proof {
        // Looked up in the decoy too, where nobody is: not looking takes less time than looking.
        let Ok(found) = directory.credential(&sent.realm.name, &sent.sip_name).await else {
            return Proof::Unavailable;
        };
        let credential = found.filter(|_| sent.realm.known);
        let asked = Asked {
            method,
            uri: &sent.uri,
            nonce: &sent.nonce_text,
            nc: &sent.nc,
            cnonce: &sent.cnonce,
        };
        let proven = self.proven(credential.as_ref(), sent, &asked, directory);
        match (credential, proven) {
            (Some(credential), Proven::With(generation)) => Proof::Right(Authenticated {
                phone: credential.phone,
                generation,
                sip_name: sent.sip_name.clone(),
                sip_domain: sent.realm.name.clone(),
                nonce: sent.nonce,
                count: sent.count,
                asked_ms,
            }),
            (other, proven) => Proof::Wrong {
                name: sent.username.to_string(),
                realm: sent.realm.clone(),
                phone: other.map(|credential| credential.phone),
                outdated: matches!(proven, Proven::Outdated),
            },
        }
    }

    /// Which password of the phone the response was made with. For a name that does not exist, and a phone that never had
    /// another password, the results count for nothing, the work does. A response that is right may take less time.
    fn proven(
        &self,
        credential: Option<&Credential>,
        sent: &Presented,
        asked: &Asked<'_>,
        directory: &impl Directory,
    ) -> Proven {
        let is_made_with = |hashes: Option<&Ha1Set>| {
            let hashes = hashes.unwrap_or(&self.nobody);
            let hash = hashes.get(sent.realm.algorithm, sent.form);
            digest::verify(sent.realm.algorithm, hash, asked, &sent.response)
        };
        let is_right = is_made_with(credential.map(|credential| &credential.current.ha1));
        if let Some(credential) = credential.filter(|_| is_right) {
            return Proven::With(credential.current.generation);
        }
        let former = credential.and_then(|credential| Some((&credential.phone, credential.former.as_ref()?)));
        let opened = directory.open(former);
        let was_right = is_made_with(opened.as_ref());
        match former.filter(|_| was_right && opened.is_some()) {
            Some((_, former)) if former.valid => Proven::With(former.generation),
            Some(_) => Proven::Outdated,
            None => Proven::Nothing,
        }
    }

    fn realm_named(&self, name: &str, directory: &impl Directory) -> Option<Realm> {
        if let Some(domain) = directory.domain(name) {
            return Some(Realm::of(domain));
        }
        name.eq_ignore_ascii_case(&self.decoy.name).then(|| self.decoy.clone())
    }
}

/// `name`, or `name@sip_domain` with exactly this realm; any other `@` stays part of a name that
/// nobody has.
fn name_and_form<'a>(sent: &Authorization<'a>, realm: &Realm) -> (&'a str, NameForm) {
    match sent.username.rsplit_once('@') {
        Some((name, domain)) if domain == &*realm.name => (name, NameForm::WithDomain),
        _ => (sent.username, NameForm::Plain),
    }
}

//! REGISTER after authentication (RFC 3261 section 10.3, from step 4 on).

use std::sync::Arc;

use crate::ask::{BindingChange, Directory, Event, SavedBinding};
use crate::authenticate::Authenticated;
use crate::codec::{BadContact, Contacts, Request};
use crate::contacts::{Ask, Plan, Refusal, plan};
use crate::hosts::host_text;
use crate::reply::{Answer, sip_date};
use crate::requests::{RETRY_AFTER_S, Requests, Work, bad_extension};

impl<D: Directory> Requests<D> {
    /// Carries out an authenticated REGISTER and tells the answer.
    pub(crate) async fn register(&self, work: &Work, who: &Authenticated) -> Answer {
        let request = &work.came.request;
        if !is_own_address(request, who) {
            self.tell_wrong_address(work, who);
            return Answer::new(403, "Forbidden");
        }
        if let Some(refusal) = self.refuse_target(request, who) {
            return refusal;
        }
        if let Some(refusal) = bad_extension(request) {
            return refusal;
        }
        match &request.contacts {
            Ok(contacts) => self.change(work, who, contacts).await,
            Err(BadContact) => Answer::new(400, "Bad Contact"),
        }
    }

    /// The Request-URI names the domain whose bindings are meant (steps 1 and 5).
    fn refuse_target(&self, request: &Request, who: &Authenticated) -> Option<Answer> {
        let Some(host) = &request.target else {
            return Some(Answer::new(416, "Unsupported URI Scheme"));
        };
        let named = host_text(host);
        // Mostly it is that domain itself, which was found when the phone was.
        let served = *named == *who.sip_domain
            || match self.directory.domain(&named) {
                Some(domain) => domain.name == who.sip_domain,
                None => self.authenticator.hosts().contains(host, &*self.directory),
            };
        if served {
            None
        } else {
            Some(Answer::new(404, "Not Found"))
        }
    }

    fn tell_wrong_address(&self, work: &Work, who: &Authenticated) {
        let host = work.came.request.to_host.as_ref().map(host_text).unwrap_or_default();
        let wanted = format!(
            "sip:{}@{host}",
            work.came.request.to_user.as_deref().unwrap_or_default()
        );
        let wanted = crate::codec::clean(wanted.as_bytes(), 255);
        tracing::debug!(phone = &*who.phone.0, wanted, source = %work.came.source, "phone asked for an address not its own");
        self.directory.event(Event::WrongAddressOfRecord {
            phone: who.phone.clone(),
            wanted,
            source: work.came.source,
            user_agent: work.came.request.user_agent.to_string(),
            at_ms: self.surroundings.now_ms(),
        });
    }

    /// Plans, stores and applies the changes: all of them or none.
    async fn change(&self, work: &Work, who: &Authenticated, contacts: &Contacts) -> Answer {
        let _one_at_a_time = self.bindings.lock(&who.phone).await;
        let now_ms = self.surroundings.now_ms();
        // It was right when it was looked up, and was withdrawn since.
        if self.bindings.is_withdrawn(&who.phone, who.generation, who.asked_ms) {
            return self.unauthorized(&work.realm, false, work.came.source);
        }
        self.saving.behind(self.bindings.expire(&who.phone, now_ms));
        let current = self.bindings.all_of(&who.phone);
        let ask = Ask {
            phone: &who.phone,
            generation: who.generation,
            sip_name: &who.sip_name,
            sip_domain: &who.sip_domain,
            source: work.came.source,
            transport: work.came.transport,
            via_is_translated: work.came.request.via_is_translated(work.came.source.ip()),
            call_id: &work.came.request.call_id,
            cseq: work.came.request.cseq,
            user_agent: &work.came.request.user_agent,
            expires_s: work.came.request.expires_s,
            now_ms,
            // Another one for each request, and the same when it comes again.
            jitter: work.came.key.one_of(101),
        };
        let planned = match plan(current, contacts, &ask, &self.settings) {
            Ok(planned) => planned,
            Err(refusal) => return self.refused(refusal),
        };
        let Plan {
            bindings,
            mut durable,
            refreshes,
            first_contacts,
        } = planned;
        if durable.is_empty() {
            self.saving.behind(refreshes);
        } else {
            durable.extend(refreshes.into_iter().map(BindingChange::whole));
            if self.saving.durable(durable).await.is_err() {
                // What was waiting for these bindings has been dropped for newer changes that did
                // not come to be: the old state waits again.
                let current = self.bindings.all_of(&who.phone);
                self.saving
                    .behind(current.into_iter().map(BindingChange::Put).collect());
                return Answer::new(503, "Service Unavailable").with("Retry-After", RETRY_AFTER_S);
            }
        }
        let answer = list(&bindings, now_ms);
        self.bindings.set(&who.phone, bindings);
        if first_contacts > 0 {
            self.tell_first_contact(&ask);
        }
        answer
    }

    fn tell_first_contact(&self, ask: &Ask<'_>) {
        tracing::info!(phone = &*ask.phone.0, source = %ask.source, user_agent = ask.user_agent, "registered");
        self.directory.event(Event::FirstContact {
            phone: ask.phone.clone(),
            generation: ask.generation,
            source: ask.source,
            user_agent: ask.user_agent.to_owned(),
            at_ms: ask.now_ms,
        });
    }

    fn refused(&self, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::StarWithoutZero => Answer::new(400, "Contact * Needs Expires 0"),
            Refusal::TooBrief => {
                Answer::new(423, "Interval Too Brief").with("Min-Expires", &self.settings.min_expires_s.to_string())
            }
            Refusal::OutOfOrder => Answer::new(500, "CSeq Out Of Order"),
        }
    }
}

/// The address of record in To must be the one whose password was proven (step 4): the realm is the
/// domain, and To's port and parameters do not count (step 5).
fn is_own_address(request: &Request, who: &Authenticated) -> bool {
    let same_host = request
        .to_host
        .as_ref()
        .is_some_and(|host| host_text(host).eq_ignore_ascii_case(&who.sip_domain));
    same_host && request.to_user.as_deref() == Some(&*who.sip_name)
}

/// 200 with every binding and what is left of it, and `Date` (step 8).
fn list(bindings: &[Arc<SavedBinding>], now_ms: i64) -> Answer {
    let mut answer = Answer::new(200, "OK");
    for binding in bindings {
        let left_s = binding.expires_ms.saturating_sub(now_ms).max(0) / 1000;
        let q = binding.q.map(|q| format!(";q={}.{:03}", q / 1000, q % 1000));
        let instance = binding
            .instance
            .as_ref()
            .map(|instance| format!(";+sip.instance=\"<{instance}>\""));
        let value = [
            "<",
            &binding.contact,
            ">;expires=",
            &left_s.to_string(),
            &q.unwrap_or_default(),
            &instance.unwrap_or_default(),
        ];
        answer = answer.with_parts("Contact", &value);
    }
    answer.with("Date", &sip_date(now_ms))
}

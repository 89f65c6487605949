//! Issuing the temporary PIN at the desk, and showing it once (PROTOCOLS.md section 5).

use crate::caller::Clerk;
use crate::desk::AtDesk;
use crate::desk::notes::RevealLink;
use crate::numbers::NumberNews;
use crate::outgoing::Reveal;
use crate::work::Work;
use crate::{Failure, Service};
use base64ct::Encoding as _;
use recovery::case::{CaseState, Delivery, Event, Issue, Route};
use recovery::chaining::admit;
use recovery::id::{CaseId, InstanceId, PersonId, TemporaryPinId};
use recovery::rejection::Rejection;
use recovery::time::Timestamp;
use store::Id;
use zeroize::Zeroizing;

const TOKEN_CHARS: usize = 22;

/// What became of an issue.
pub enum Issued {
    /// The code is on its way to the registered number.
    Sent,
    /// The address that shows it once.
    ToShow {
        /// 128 random bits.
        token: Zeroizing<String>,
    },
    /// The rules said no; the case says why.
    Refused,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sent => "Sent",
            Self::ToShow { .. } => "ToShow",
            Self::Refused => "Refused",
        })
    }
}

/// A code that was shown, and never will be again.
pub struct Revealed {
    /// The digits.
    pub code: Zeroizing<String>,
    /// Until when it works.
    pub until: Timestamp,
    /// When it was shown.
    pub at: Timestamp,
}

impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revealed").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Service {
    /// Issues a temporary PIN. The clerk never sees it, and the rules decide once more.
    ///
    /// # Errors
    ///
    /// `second-clerk-needed`, `unbound`, `out-of-order`, `not-your-case`.
    pub async fn issue_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        delivery: Delivery,
        instance: Option<InstanceId>,
    ) -> Result<Issued, Failure> {
        let news = match (delivery, self.identified_at_desk(clerk, case).await?) {
            (Delivery::Sms, Some(person)) => self.ask_about_number(person).await?,
            (Delivery::Sms | Delivery::Reveal(_), _) => None,
        };
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.issue_at_desk(clerk, &at_desk, (delivery, instance), news).await
        })
    }

    /// Who was identified, where a code is about to be issued.
    async fn identified_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
    ) -> Result<Option<PersonId>, Failure> {
        let mut work = Work::begin(self).await?;
        let at_desk = work.at_desk(clerk, case).await?;
        Ok(match at_desk.state() {
            CaseState::Identified { person, .. } => Some(*person),
            _ => None,
        })
    }

    /// Shows a code once. Unknown, used and old addresses have one answer: nothing.
    ///
    /// # Errors
    ///
    /// The store's own.
    pub async fn reveal(&self, token: &str) -> Result<Option<Revealed>, Failure> {
        let fits = token.len() == TOKEN_CHARS
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !fits {
            return Ok(None);
        }
        attempt!(self, |work| work.reveal(token).await)
    }

    fn reveal_id(&self, token: &str) -> u128 {
        let hash = self.parts().keys.code_hash("reveal address", &[token.as_bytes()]);
        let mut head = [0; 16];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        u128::from_be_bytes(head)
    }
}

impl Work<'_> {
    async fn issue_at_desk(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
        (delivery, instance): (Delivery, Option<InstanceId>),
        news: Option<NumberNews>,
    ) -> Result<Issued, Failure> {
        let CaseState::Identified { person, second_clerk, .. } = at_desk.state() else {
            return Err(Rejection::OutOfOrder.into());
        };
        let (policy, now) = (self.service.parts().policy.clone(), self.now());
        let person = self.load_person(*person).await?;
        // Said before the rules refuse for good: a colleague may stand at the next desk.
        let two = admit(&person.value, Route::Desk, &policy, now)
            .is_ok_and(|admission| admission.two_clerks());
        if two && second_clerk.is_none() {
            return Err(Failure::refused("second-clerk-needed"));
        }
        let known = self.learn_of_number(&person, news)?;
        let (_, slot) = self.temporary_pin_of(person.value.id).await?;
        let temporary_pin = TemporaryPinId(self.service.draw_id());
        let veto = self.new_veto(at_desk.id());
        let issue = Issue { person: &known, slot: &slot, temporary_pin, veto };
        let next = self.apply_desk(
            at_desk,
            Event::IssueAtDesk { by: clerk.member(), issue, delivery, instance },
        )?;
        if known == person.value {
            self.expect(&person);
        } else {
            self.put(&person, &known);
        }
        if !matches!(next.state, CaseState::CodeIssued { .. }) {
            return Ok(Issued::Refused);
        }
        self.place_code(person.value.id, at_desk.id(), temporary_pin, instance).await?;
        match delivery {
            Delivery::Sms => Ok(Issued::Sent),
            Delivery::Reveal(_) => {
                let token = Zeroizing::new(base64ct::Base64UrlUnpadded::encode_string(
                    &self.service.draw::<16>(),
                ));
                let until = now.plus(policy.temporary_pin.lifetime);
                self.insert(&RevealLink {
                    id: self.service.reveal_id(&token),
                    temporary_pin,
                    until,
                });
                Ok(Issued::ToShow { token })
            }
        }
    }

    async fn reveal(&mut self, token: &str) -> Result<Option<Revealed>, Failure> {
        let Some(link) = self.load::<RevealLink>(Id(self.service.reveal_id(token))).await? else {
            return Ok(None);
        };
        self.delete(&link);
        // Withdrawn with its code, or its person erased.
        let reveal = match self.load::<Reveal>(Id(link.value.temporary_pin.0)).await {
            Ok(Some(reveal)) => reveal,
            Ok(None) | Err(Failure::Refused(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        self.delete(&reveal);
        let (now, until) = (self.now(), reveal.value.until);
        Ok((now < until).then(|| Revealed { code: reveal.value.code.clone(), until, at: now }))
    }
}

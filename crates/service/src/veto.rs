//! The link in every notice that stops a recovery (PROTOCOLS.md section 12).

use crate::work::Work;
use crate::{Failure, Service};
use recovery::authenticator::Authenticator;
use recovery::case::{Case, Event, Stage};
use recovery::effect::Effect;
use recovery::id::{CaseId, ChannelId, PersonId, VetoId};
use recovery::sensitive::KeyedHash;
use recovery::veto::{About, Matter, Stop, Veto};
use store::Id;
use store::case::StoredCase;
use store::facade::Loaded;
use zeroize::Zeroizing;

const TOKEN_CHARS: usize = 22;

impl Service {
    /// Acts on a link. Unknown, used, expired and valid links get the same empty answer.
    ///
    /// # Errors
    ///
    /// Store errors; no error that tells links apart.
    pub async fn act_on_veto(&self, token: &str) -> Result<(), Failure> {
        let fits = token.len() == TOKEN_CHARS
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        // A malformed one does the same work as an unknown one.
        let token = if fits { token } else { "AAAAAAAAAAAAAAAAAAAAAA" };
        attempt!(self, |work| work.act_on_veto(token).await)
    }
}

impl Work<'_> {
    /// Names the links for a notice about a case. Each channel gets a link of its own when the notice is queued; the tokens
    /// are stored in the outbox alone.
    pub(crate) fn new_veto(&mut self, case: CaseId) -> VetoId {
        self.new_objection(About::Case(case))
    }

    /// Names the links for a notice about something other than a recovery.
    pub(crate) fn new_objection(&mut self, about: About) -> VetoId {
        let id = VetoId(self.service.draw_id());
        self.matters.insert(id, about);
        id
    }

    /// Saves one link for one channel of a notice; returns its token.
    pub(crate) fn offer_link(
        &mut self,
        person: PersonId,
        channel: ChannelId,
        named: VetoId,
    ) -> Option<Zeroizing<String>> {
        use base64ct::Encoding as _;
        let about = *self.matters.get(&named)?;
        let token =
            Zeroizing::new(base64ct::Base64UrlUnpadded::encode_string(&self.service.draw::<16>()));
        let hash = self.token_hash(&token);
        let id = VetoId(self.service.draw_id());
        let step = Veto::offer(id, person, (about, channel), hash, self.now());
        let veto = self.take(person, step);
        self.insert(&veto);
        Some(token)
    }

    fn token_hash(&self, token: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("veto link", &[token.as_bytes()]))
    }

    async fn act_on_veto(&mut self, token: &str) -> Result<(), Failure> {
        let parts = self.service.parts();
        let lookup = store::veto::by_token(&parts.keys, &self.token_hash(token));
        let Some(veto) = self.find_one::<Veto>(lookup).await? else { return Ok(()) };
        let id = veto.value.person;
        let person = self.load_person(id).await?;
        let case = match veto.value.about {
            About::Case(case) => self.load::<StoredCase>(Id(case.0)).await?,
            About::Channels | About::Document(_) => None,
        };
        let matter = match (veto.value.about, &case) {
            (About::Case(_), Some(case)) => Matter::Case(&case.value.case),
            (About::Case(_), None) => return Ok(()),
            (About::Channels, _) => Matter::Channels,
            (About::Document(document), _) => {
                Matter::Document(person.value.documents.iter().find(|known| known.id == document))
            }
        };
        let policy = parts.policy.clone();
        let now = self.now();
        let Some((step, stop)) = veto.value.act(matter, &person.value, &policy, now) else {
            return Ok(());
        };
        let used = self.take(id, step);
        self.put(&veto, &used);
        let by = veto.value.id;
        match stop {
            Stop::Report => {}
            Stop::PauseNumbers => {
                let paused = self.take(id, person.value.pause_numbers(by, now));
                self.put(&person, &paused);
            }
            Stop::ForgetDocument(document) => {
                if let Some(step) = person.value.forget_document(document) {
                    let next = self.take(id, step);
                    self.put(&person, &next);
                }
            }
            Stop::Before | Stop::After { .. } => {
                let Some(case) = case else { return Ok(()) };
                let frozen = self.take(id, person.value.freeze_by_veto(by, &policy, now));
                self.put(&person, &frozen);
                self.end_other_links(&case.value.case, by).await?;
                self.stop_recovery(id, &case, by, stop).await?;
            }
        }
        Ok(())
    }

    /// Ends the other links of a case, so that one case is stopped once: the links of other channels and of other notices
    /// freeze nothing a second time.
    async fn end_other_links(&mut self, case: &Case, by: VetoId) -> Result<(), Failure> {
        let lookup = store::veto::of_case(&self.service.parts().keys.clone(), case.id);
        for other in self.find::<Veto>(lookup).await? {
            if other.value.id != by
                && let Some(step) = other.value.done_by_another(self.now())
            {
                let next = self.take(other.value.person, step);
                self.put(&other, &next);
            }
        }
        Ok(())
    }

    async fn stop_recovery(
        &mut self,
        person: PersonId,
        case: &Loaded<StoredCase>,
        by: VetoId,
        stop: Stop,
    ) -> Result<(), Failure> {
        let Stop::After { instance } = stop else {
            return self.stop_case(person, case, by).await;
        };
        if let Some(app) = self.load::<Authenticator>(Id(instance.0)).await?
            && let Some(step) = app.value.block_by_veto()
        {
            let next = self.take(person, step);
            self.put(&app, &next);
        }
        Ok(())
    }

    /// Ends a case together with its code and its grant.
    pub(crate) async fn stop_case(
        &mut self,
        person: PersonId,
        case: &Loaded<StoredCase>,
        veto: VetoId,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        if let Stage::Granted(granted) = &case.value.case.stage {
            let grant = granted.grant;
            self.effects.push((person.into(), Effect::WithdrawGrant { grant }));
        }
        let (loaded, slot) = self.temporary_pin_of(person).await?;
        if let Some(step) = slot.withdraw_of(case.value.case.id) {
            let next = self.take(person, step);
            self.save(loaded.as_ref(), &next);
        }
        // A case that has lapsed meanwhile has nothing left to stop.
        if let Ok(step) =
            case.value.case.apply(Event::Stopped { veto: Some(veto) }, &policy, self.now())
        {
            let next = self.take(person, step);
            self.put(case, &case.value.after(next));
        }
        Ok(())
    }
}

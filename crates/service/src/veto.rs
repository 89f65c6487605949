//! The link in every notice that stops a recovery (PROTOCOLS.md section 12).

use crate::work::Work;
use crate::{Failure, Service};
use recovery::authenticator::Authenticator;
use recovery::case::{CaseState, Event};
use recovery::effect::Effect;
use recovery::id::{CaseId, PersonId, VetoId};
use recovery::sensitive::KeyedHash;
use recovery::veto::{Stop, Veto};
use store::Id;
use store::case::StoredCase;
use zeroize::Zeroizing;

const TOKEN_CHARS: usize = 22;

impl Service {
    /// Follows a link. Unknown, used, old and valid links have one answer: none.
    ///
    /// # Errors
    ///
    /// The store's own, nothing that tells links apart.
    pub async fn act_on_veto(&self, token: &str) -> Result<(), Failure> {
        let fits = token.len() == TOKEN_CHARS
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        // A malformed one does the same work as an unknown one.
        let token = if fits { token } else { "AAAAAAAAAAAAAAAAAAAAAA" };
        attempt!(self, |work| work.act_on_veto(token).await)
    }
}

impl Work<'_> {
    /// A link for the notice of what happens now; its token goes into the outbox alone.
    pub(crate) fn new_veto(&mut self, person: PersonId, case: CaseId) -> VetoId {
        use base64ct::Encoding as _;
        let id = VetoId(self.service.draw_id());
        let token =
            Zeroizing::new(base64ct::Base64UrlUnpadded::encode_string(&self.service.draw::<16>()));
        let hash = self.token_hash(&token);
        let veto = Veto::offer(id, person, case, hash, self.now());
        self.offered_vetoes.insert(id, veto);
        self.veto_tokens.insert(id, token);
        id
    }

    /// Saves the links whose notice is owed; one that was drawn for a step that owes none is forgotten.
    pub(crate) fn keep_veto(&mut self, id: VetoId) {
        if let Some(step) = self.offered_vetoes.remove(&id) {
            let person = step.next.person;
            let veto = self.take(person, step);
            self.insert(&veto);
        }
    }

    fn token_hash(&self, token: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("veto link", &[token.as_bytes()]))
    }

    async fn act_on_veto(&mut self, token: &str) -> Result<(), Failure> {
        let parts = self.service.parts();
        let lookup = store::veto::by_token(&parts.keys, &self.token_hash(token));
        let Some(veto) = self.find_one::<Veto>(lookup).await? else { return Ok(()) };
        let person_id = veto.value.person;
        let Some(case) = self.load::<StoredCase>(Id(veto.value.case.0)).await? else {
            return Ok(());
        };
        let policy = parts.policy.clone();
        let now = self.now();
        let Some((step, stop)) = veto.value.act(&case.value.case, &policy, now) else {
            return Ok(());
        };
        let used = self.take(person_id, step);
        self.put(&veto, &used);
        let person = self.load_person(person_id).await?;
        let frozen = self.take(person_id, person.value.freeze_by_veto(veto.value.id, &policy, now));
        self.put(&person, &frozen);
        match stop {
            Stop::Before => self.stop_case(person_id, &case, veto.value.id).await,
            Stop::After { instance } => {
                if let Some(app) = self.load::<Authenticator>(Id(instance.0)).await?
                    && let Some(step) = app.value.block_by_veto()
                {
                    let next = self.take(person_id, step);
                    self.put(&app, &next);
                }
                Ok(())
            }
        }
    }

    /// Ends a case with its code and its grant.
    pub(crate) async fn stop_case(
        &mut self,
        person: PersonId,
        case: &store::facade::Loaded<StoredCase>,
        veto: VetoId,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        if let CaseState::Granted { grant, .. } = &case.value.case.state {
            self.effects.push((person.into(), Effect::WithdrawGrant { grant: *grant }));
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

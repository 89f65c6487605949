//! The link in every notice that stops a recovery (PROTOCOLS.md section 12).

use crate::work::Work;
use crate::{Failure, Service};
use recovery::authenticator::Authenticator;
use recovery::case::{Case, Closed, Stage};
use recovery::grant::Grant;
use recovery::id::{ChannelId, PersonId, VetoId};
use recovery::sensitive::KeyedHash;
use recovery::veto::{About, Affected, Matter, Veto};
use store::rows::case::StoredCase;
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
    /// Names the links of a notice. Each channel gets a link of its own when the notice is queued; the tokens
    /// are stored in the outbox alone.
    pub(crate) fn new_veto(&self) -> VetoId {
        VetoId(self.service.draw_id())
    }

    /// Saves one link for one channel of a notice; returns its token.
    pub(crate) fn offer_link(
        &mut self,
        person: PersonId,
        channel: ChannelId,
        about: About,
    ) -> Zeroizing<String> {
        use base64ct::Encoding as _;
        let token =
            Zeroizing::new(base64ct::Base64UrlUnpadded::encode_string(&self.service.draw::<16>()));
        let hash = self.token_hash(&token);
        let id = VetoId(self.service.draw_id());
        let step = Veto::offer(id, person, (about, channel), hash, self.now());
        let veto = self.take(person, step);
        self.insert(&veto);
        token
    }

    fn token_hash(&self, token: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("veto link", &[token.as_bytes()]))
    }

    async fn act_on_veto(&mut self, token: &str) -> Result<(), Failure> {
        let parts = self.service.parts();
        let lookup = store::rows::veto::by_token(&parts.keys, &self.token_hash(token));
        let Some(veto) = self.find_one::<Veto>(lookup).await? else { return Ok(()) };
        let id = veto.person;
        let person = self.load_person(id).await?;
        let case = match veto.about {
            About::Case(case) => self.get::<StoredCase>(case).await?,
            About::Channels | About::Document(_) => None,
        };
        let matter = match (veto.about, &case) {
            (About::Case(_), Some(stored)) => Matter::Case(&stored.case),
            (About::Case(_), None) => return Ok(()),
            (About::Channels, _) => Matter::Channels,
            (About::Document(document), _) => {
                Matter::Document(person.documents.iter().find(|known| known.id == document))
            }
        };
        let (grant, app, links) = match &case {
            Some(stored) => self.hanging_on(&stored.case).await?,
            None => (None, None, Vec::new()),
        };
        let slot = self.temporary_pin_of(id).await?;
        let affected = Affected {
            person: &person,
            slot: &slot,
            grant: grant.as_ref(),
            app: app.as_ref(),
            links: &links,
        };
        let Some(used) = veto.press(matter, affected, &parts.policy, self.now()) else {
            return Ok(());
        };
        let link = self.take(id, used.link);
        self.set(&link);
        for other in used.others {
            let other = self.take(id, other);
            self.set(&other);
        }
        if let Some(stopped) = used.case
            && let Some(stored) = &case
        {
            let next = self.take(id, stopped);
            self.set(&stored.after(next));
        }
        if let Some(blocked) = used.app {
            let next = self.take(id, blocked);
            self.set(&next);
        }
        Ok(())
    }

    /// The grant that a case gave, the app in which it was completed, and all links about it.
    async fn hanging_on(
        &mut self,
        case: &Case,
    ) -> Result<(Option<Grant>, Option<Authenticator>, Vec<Veto>), Failure> {
        let grant = if let Stage::Granted(granted) = &case.stage {
            self.get::<Grant>(granted.grant).await?
        } else {
            None
        };
        let app = if let Stage::Closed(Closed::Completed { instance, .. }) = &case.stage {
            self.get::<Authenticator>(*instance).await?
        } else {
            None
        };
        let lookup = store::rows::veto::of_case(&self.service.parts().keys, case.id);
        Ok((grant, app, self.find::<Veto>(lookup).await?))
    }
}

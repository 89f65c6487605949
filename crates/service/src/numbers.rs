//! Number intelligence: what the telephone networks say of a number, asked before a code is sent to it (CHECKLIST attack 2).
//!
//! The operator of the eID hears of a new SIM late or never; the telephone networks know. Their answer is kept with the
//! channel, so that the rule on the age of a number treats it like the operator's own word.

use crate::work::Work;
use crate::{Failure, Service};
use recovery::id::PersonId;
use recovery::person::Person;
use recovery::time::Timestamp;

/// What was learned about the number to which a code may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberNews {
    channel: recovery::id::ChannelId,
    /// When the SIM was changed or the number ported.
    changed_at: Timestamp,
}

impl Service {
    /// Asks about the number to which a code may be sent now. Nothing is asked where the rules allow none.
    ///
    /// # Errors
    ///
    /// A service is configured and gives no answer. Then no code is sent, since a thief would otherwise silence it.
    pub(crate) async fn ask_about_number(
        &self,
        person: PersonId,
    ) -> Result<Option<NumberNews>, Failure> {
        let Some(numbers) = &self.parts().numbers else { return Ok(None) };
        let mut work = Work::begin(self).await?;
        let person = work.load_person(person).await?;
        let Ok(channel) = person.number_for_code(&self.parts().policy, work.now()) else {
            return Ok(None);
        };
        let Some(known) = person.channels.iter().find(|known| known.id == channel) else {
            return Ok(None);
        };
        let answer = numbers.last_change(known.address.expose()).await.map_err(|error| {
            Failure::Unavailable {
                doing: "asking about a phone number before a code goes there",
                source: Some(Box::new(error)),
            }
        })?;
        // A date ahead of us is a clock ahead of ours: it happened, and just now.
        Ok(answer.map(|at| NumberNews { channel, changed_at: at.min(work.now()) }))
    }
}

impl Work<'_> {
    /// Saves what was learned, if it is new; returns the person as the rules must see them now.
    pub(crate) fn learn_of_number(
        &mut self,
        person: &Person,
        news: Option<NumberNews>,
    ) -> Result<Person, Failure> {
        let person = person.clone();
        let Some(NumberNews { channel, changed_at }) = news else { return Ok(person) };
        if !person.is_new_sim(channel, changed_at) {
            return Ok(person);
        }
        let step = person.sim_changed(channel, changed_at)?;
        Ok(self.take(person.id, step))
    }
}

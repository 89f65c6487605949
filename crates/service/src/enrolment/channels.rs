//! The channels of a person as the operator states them: normalised, with checked dates, and treated as new where they were
//! not known before.

use crate::work::Work;
use crate::{Failure, RefusalCode};
use messages::{AddressError, MailAddress, PhoneNumber};
use recovery::Rejection;
use recovery::effect::{Effect, Notice};
use recovery::id::ChannelId;
use recovery::person::{Channel, ChannelKind, Person};
use recovery::sensitive::Sensitive;
use recovery::time::{Duration, Timestamp};

const CHANNELS_PER_CALL_MAX: usize = 16;
/// How far the operator's clock may be ahead of this service's (PROTOCOLS.md section 14).
const AHEAD_MAX: Duration = Duration::from_secs(5);

/// A channel as the operator states it.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Whether it is a telephone number or an e-mail address.
    pub kind: ChannelKind,
    /// The telephone number or e-mail address.
    pub address: Sensitive<String>,
    /// When the channel was registered or last changed.
    pub changed_at: Timestamp,
    /// When the channel was proven to be the person's.
    pub confirmed_at: Timestamp,
    /// When the SIM was last changed or the number ported, where the operator knows it.
    pub sim_changed_at: Option<Timestamp>,
}

/// Whether the person was known to the service before this call, which decides from when the age of a channel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acquaintance {
    /// The person was not known: the operator's dates count.
    New,
    /// The person was known: a channel that was not there before counts as new now, whatever dates come with it.
    Known,
}

/// The one spelling of an address: E.164 for a number, and a domain in lower case (RFC 5321 section 2.3.5).
fn plain(kind: ChannelKind, address: &str) -> Result<String, AddressError> {
    match kind {
        ChannelKind::Phone => PhoneNumber::parse(address).map(|number| number.as_str().to_owned()),
        ChannelKind::Email => {
            MailAddress::parse(address).map(|address| address.as_str().to_owned())
        }
    }
}

/// Checks the channels of one call: normalised, none twice, with possible dates.
pub(super) fn checked(channels: &[NewChannel], now: Timestamp) -> Result<Vec<NewChannel>, Failure> {
    if channels.len() > CHANNELS_PER_CALL_MAX {
        return Err(Failure::refused(Rejection::TooManyChannels));
    }
    let mut plain_channels: Vec<NewChannel> = Vec::with_capacity(channels.len());
    for channel in channels {
        let address =
            plain(channel.kind, channel.address.expose()).map_err(|error| match error {
                AddressError::Phone | AddressError::Mail => {
                    Failure::refused(RefusalCode::ChannelAddressInvalid)
                }
                AddressError::DanishPhone => Failure::refused(RefusalCode::PhoneDanishDigits),
                AddressError::MailNotAscii => Failure::refused(RefusalCode::EmailNotAscii),
            })?;
        let dates =
            [channel.changed_at, channel.confirmed_at].into_iter().chain(channel.sim_changed_at);
        if dates.into_iter().any(|at| at > now.plus(AHEAD_MAX)) {
            return Err(Failure::refused(RefusalCode::ChannelDateInFuture));
        }
        if channel.confirmed_at < channel.changed_at {
            return Err(Failure::refused(RefusalCode::ChannelConfirmedBeforeChanged));
        }
        let channel = NewChannel {
            kind: channel.kind,
            address: Sensitive::new(address),
            changed_at: channel.changed_at.min(now),
            confirmed_at: channel.confirmed_at.min(now),
            sim_changed_at: channel.sim_changed_at.map(|at| at.min(now)),
        };
        // The same twice is the same once, with the later dates.
        match plain_channels
            .iter_mut()
            .find(|known| known.kind == channel.kind && known.address == channel.address)
        {
            Some(known) => {
                known.changed_at = known.changed_at.max(channel.changed_at);
                known.confirmed_at = known.confirmed_at.max(channel.confirmed_at);
                known.sim_changed_at = known.sim_changed_at.max(channel.sim_changed_at);
            }
            None => plain_channels.push(channel),
        }
    }
    Ok(plain_channels)
}

/// Whether the operator's channel is one that is known; a stored address that is not normalised is compared by its
/// normalised form.
fn same(old: &Channel, new: &NewChannel) -> bool {
    old.kind == new.kind
        && (old.address == new.address
            || plain(old.kind, old.address.expose())
                .is_ok_and(|address| address == *new.address.expose()))
}

impl Work<'_> {
    /// Replaces the person's channels by those of the operator: one that is missing is removed, one that is the same keeps
    /// its id.
    pub(super) fn with_channels(
        &mut self,
        person: &Person,
        channels: &[NewChannel],
        acquaintance: Acquaintance,
    ) -> Result<Person, Failure> {
        let now = self.now();
        let policy = self.service.parts().policy.clone();
        let mut next = person.clone();
        let before = self.journal.len();
        let gone: Vec<ChannelId> = next
            .channels
            .iter()
            .filter(|old| old.removed_at.is_none() && !channels.iter().any(|new| same(old, new)))
            .map(|old| old.id)
            .collect();
        for id in gone {
            let step = next.remove_channel(id, now)?;
            next = self.take(person.id, step);
        }
        for channel in channels {
            let known =
                next.channels.iter().find(|old| old.removed_at.is_none() && same(old, channel));
            if let Some(known) = known {
                let (id, changed) = (known.id, channel.changed_at > known.changed_at);
                // A later date says that it changed: the age starts again. An earlier one changes nothing.
                if changed {
                    let step = next.channel_changed(id, channel.changed_at)?;
                    next = self.take(person.id, step);
                }
                if let Some(at) = channel.sim_changed_at
                    && next.is_new_sim(id, at)
                {
                    let step = next.sim_changed(id, at)?;
                    next = self.take(person.id, step);
                }
                continue;
            }
            let id = ChannelId(self.service.draw_id());
            let step = next.add_channel(id, channel.kind, channel.address.clone(), &policy, now)?;
            next = self.take(person.id, step);
            if let Some(added) = next.channels.iter_mut().find(|added| added.id == id) {
                match acquaintance {
                    Acquaintance::New => {
                        added.changed_at = channel.changed_at;
                        added.confirmed_at = Some(channel.confirmed_at);
                    }
                    // Whoever took over an account adds a number and says that it is old.
                    Acquaintance::Known => added.confirmed_at = Some(now),
                }
                added.sim_changed_at = channel.sim_changed_at;
            }
        }
        // Each change says so in the journal.
        if acquaintance == Acquaintance::Known && self.journal.len() > before {
            let notice = Notice::ChannelsChanged { veto: self.new_veto() };
            self.effects
                .push((person.id.into(), Effect::NotifyOfChange { person: person.id, notice }));
        }
        Ok(next)
    }
}

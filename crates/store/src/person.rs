//! Rows of persons.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{
    read_hash, read_hidden, read_instant, read_instants, read_maybe_instant, read_text, unknown,
    write_hash, write_hidden, write_instant, write_instants, write_maybe_instant,
};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::case::Route;
use recovery::id::{CaseId, ChannelId, ForeignDocumentId, InstanceId, PersonId, VetoId};
use recovery::person::{
    BoundApp, CHANNELS_MAX, Channel, ChannelKind, DOCUMENTS_MAX, ForeignDocument, Freeze,
    FreezeCause, NumberPause, PastRecovery, Person, Status,
};
use recovery::policy::Policy;
use recovery::sensitive::KeyedHash;

/// The person whose document the operator recorded; one document is one person's.
const BY_DOCUMENT: Index = Index::shared(1);

/// The look-up of the person whose this foreign document was recorded as.
#[must_use]
pub fn by_document(keys: &Keys, document: &KeyedHash) -> Lookup {
    Lookup { index: BY_DOCUMENT, key: keys.lookup_key(kinds::PERSON, BY_DOCUMENT, &document.0) }
}

const APPS_MAX: usize = 256;
const RECOVERIES_MAX: usize = 4_096;

impl Aggregate for Person {
    const KIND: Kind = kinds::PERSON;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.id)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy).map(Into::into)
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.str(&self.language);
        w.u8(status_tag(self.status));
        w.seq(self.channels.iter(), write_channel);
        w.seq(self.instances.iter(), |w, app| {
            w.u128(app.instance.0);
            write_hidden(w, &app.name);
            write_instant(w, app.bound_at);
        });
        w.seq(self.recoveries.iter(), |w, past| {
            w.u128(past.case.0);
            w.u8(route_tag(past.route));
            write_instant(w, past.at);
            w.option(past.without_presence.as_ref(), write_hash);
        });
        write_instants(w, &self.vetoes);
        w.option(self.freeze.as_ref(), write_freeze);
        write_instants(w, &self.chip_cases);
        write_instants(w, &self.failed_calls);
        write_instants(w, &self.witnessed);
        w.seq(self.documents.iter(), |w, document| {
            w.u128(document.id.0);
            write_hash(w, &document.document);
            write_instant(w, document.recorded_at);
        });
        w.option(self.number_pause.as_ref(), |w, pause| {
            write_instant(w, pause.at);
            w.u128(pause.by.0);
        });
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        self.documents.iter().map(|known| by_document(keys, &known.document)).collect()
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut person = Self {
            id: PersonId(r.u128("person")?),
            language: read_text(r, "language")?,
            status: status(r.u8("status")?)?,
            channels: r.seq("channels", CHANNELS_MAX, read_channel)?,
            instances: r.seq("apps", APPS_MAX, |r| {
                Ok(BoundApp {
                    instance: InstanceId(r.u128("instance")?),
                    name: read_hidden(r, "app name")?,
                    bound_at: read_instant(r, "bound at")?,
                })
            })?,
            recoveries: r.seq("recoveries", RECOVERIES_MAX, |r| {
                Ok(PastRecovery {
                    case: CaseId(r.u128("case")?),
                    route: read_route(r)?,
                    at: read_instant(r, "recovered at")?,
                    without_presence: r.option("document", |r| read_hash(r, "document"))?,
                })
            })?,
            vetoes: read_instants(r, "vetoes")?,
            freeze: r.option("freeze", read_freeze)?,
            chip_cases: read_instants(r, "chip cases")?,
            failed_calls: read_instants(r, "failed calls")?,
            witnessed: read_instants(r, "witnessed")?,
            documents: Vec::new(),
            number_pause: None,
        };
        if schema >= 2 {
            person.documents = r.seq("documents", DOCUMENTS_MAX, |r| {
                Ok(ForeignDocument {
                    id: ForeignDocumentId(r.u128("document id")?),
                    document: read_hash(r, "document")?,
                    recorded_at: read_instant(r, "recorded at")?,
                })
            })?;
            person.number_pause = r.option("pause", |r| {
                Ok(NumberPause { at: read_instant(r, "paused at")?, by: VetoId(r.u128("veto")?) })
            })?;
        }
        Ok(person)
    }
}

fn status_tag(status: Status) -> u8 {
    match status {
        Status::Active => 0,
        Status::Protected => 1,
        Status::Administrative => 2,
        Status::Guardianship => 3,
        Status::Emigrated => 4,
        Status::Disappeared => 5,
        Status::Dead => 6,
        Status::Annulled => 7,
    }
}

fn status(tag: u8) -> Result<Status, CodecError> {
    Ok(match tag {
        0 => Status::Active,
        1 => Status::Protected,
        2 => Status::Administrative,
        3 => Status::Guardianship,
        4 => Status::Emigrated,
        5 => Status::Disappeared,
        6 => Status::Dead,
        7 => Status::Annulled,
        other => return Err(unknown("status", other)),
    })
}

/// The stored tag of a route.
pub(crate) fn route_tag(route: Route) -> u8 {
    match route {
        Route::ChipFace => 0,
        Route::Phone => 1,
        Route::Desk => 2,
        Route::SelfService => 3,
    }
}

/// Reads what [`route_tag`] gave.
pub(crate) fn read_route(r: &mut Reader<'_>) -> Result<Route, CodecError> {
    Ok(match r.u8("route")? {
        0 => Route::ChipFace,
        1 => Route::Phone,
        2 => Route::Desk,
        3 => Route::SelfService,
        other => return Err(unknown("route", other)),
    })
}

fn write_channel(w: &mut Writer, channel: &Channel) {
    w.u128(channel.id.0);
    w.u8(match channel.kind {
        ChannelKind::Phone => 0,
        ChannelKind::Email => 1,
    });
    write_hidden(w, &channel.address);
    write_maybe_instant(w, channel.confirmed_at);
    write_instant(w, channel.changed_at);
    write_maybe_instant(w, channel.sim_changed_at);
    write_maybe_instant(w, channel.removed_at);
}

fn read_channel(r: &mut Reader<'_>) -> Result<Channel, CodecError> {
    Ok(Channel {
        id: ChannelId(r.u128("channel")?),
        kind: match r.u8("channel kind")? {
            0 => ChannelKind::Phone,
            1 => ChannelKind::Email,
            other => return Err(unknown("channel kind", other)),
        },
        address: read_hidden(r, "address")?,
        confirmed_at: read_maybe_instant(r, "confirmed at")?,
        changed_at: read_instant(r, "changed at")?,
        sim_changed_at: read_maybe_instant(r, "SIM changed at")?,
        removed_at: read_maybe_instant(r, "removed at")?,
    })
}

fn write_freeze(w: &mut Writer, freeze: &Freeze) {
    write_instant(w, freeze.at);
    match freeze.cause {
        FreezeCause::Owner => w.u8(0),
        FreezeCause::Veto(veto) => {
            w.u8(1);
            w.u128(veto.0);
        }
        FreezeCause::SecondVeto(veto) => {
            w.u8(2);
            w.u128(veto.0);
        }
    }
}

fn read_freeze(r: &mut Reader<'_>) -> Result<Freeze, CodecError> {
    Ok(Freeze {
        at: read_instant(r, "frozen at")?,
        cause: match r.u8("freeze cause")? {
            0 => FreezeCause::Owner,
            1 => FreezeCause::Veto(VetoId(r.u128("veto")?)),
            2 => FreezeCause::SecondVeto(VetoId(r.u128("veto")?)),
            other => return Err(unknown("freeze cause", other)),
        },
    })
}

//! The evidence inside a case.

use super::questions::{read_set_key, write_set_key};
use crate::codec::{CodecError, Reader, Writer};
use crate::fields::{
    read_hash, read_hidden, read_instant, read_text, unknown, write_hash, write_hidden,
    write_instant,
};
use chip::date::Date;
use chip::verdict::{Presence, PresenceProof};
use recovery::case::{Call, CaseApp, ChipEvidence, Consent, DeskProof, Ground, Visit};
use recovery::evidence::{CprProof, PictureDocument, SeenAtDesk, Witness};
use recovery::id::{AppointmentId, CentreId, InstanceId, PCodeId, PersonId, StaffId};

pub(super) fn write_app(w: &mut Writer, app: &CaseApp) {
    w.u128(app.person.0);
    w.u128(app.instance.0);
}

pub(super) fn read_app(r: &mut Reader<'_>) -> Result<CaseApp, CodecError> {
    Ok(CaseApp { person: PersonId(r.u128("person")?), instance: InstanceId(r.u128("instance")?) })
}

pub(super) fn write_consent(w: &mut Writer, consent: &Consent) {
    w.u32(consent.text_version);
    write_instant(w, consent.at);
}

pub(super) fn read_consent(r: &mut Reader<'_>) -> Result<Consent, CodecError> {
    Ok(Consent { text_version: r.u32("text version")?, at: read_instant(r, "consent at")? })
}

pub(super) fn write_call(w: &mut Writer, call: &Call) {
    w.u128(call.agent.0);
    w.u128(call.centre.0);
}

pub(super) fn read_call(r: &mut Reader<'_>) -> Result<Call, CodecError> {
    Ok(Call { agent: StaffId(r.u128("agent")?), centre: CentreId(r.u128("centre")?) })
}

pub(super) fn write_visit(w: &mut Writer, visit: &Visit) {
    w.u128(visit.clerk.0);
    w.u128(visit.centre.0);
    w.option(visit.appointment.as_ref(), |w, appointment| w.u128(appointment.0));
}

pub(super) fn read_visit(r: &mut Reader<'_>) -> Result<Visit, CodecError> {
    Ok(Visit {
        clerk: StaffId(r.u128("clerk")?),
        centre: CentreId(r.u128("centre")?),
        appointment: r.option("appointment", |r| r.u128("appointment").map(AppointmentId))?,
    })
}

pub(super) fn write_chip(w: &mut Writer, chip: &ChipEvidence) {
    w.str(&chip.issuing_state);
    write_hidden(w, &chip.number);
    write_hash(w, &chip.document);
    w.u16(chip.expires_on.year());
    w.u8(chip.expires_on.month());
    w.u8(chip.expires_on.day());
    write_presence(w, chip.presence);
    w.array(&chip.portrait);
    w.option(chip.p_code.as_ref(), |w, p_code| w.u128(p_code.0));
    write_instant(w, chip.verified_at);
}

pub(super) fn read_chip(r: &mut Reader<'_>) -> Result<ChipEvidence, CodecError> {
    Ok(ChipEvidence {
        issuing_state: read_text(r, "issuing state")?,
        number: read_hidden(r, "number")?,
        document: read_hash(r, "document")?,
        expires_on: {
            let (year, month, day) = (r.u16("year")?, r.u8("month")?, r.u8("day")?);
            Date::new(year, month, day).ok_or(CodecError::Invalid { what: "expires on" })?
        },
        presence: read_presence(r)?,
        portrait: r.array("portrait")?,
        p_code: r.option("P code", |r| r.u128("P code").map(PCodeId))?,
        verified_at: read_instant(r, "verified at")?,
    })
}

/// Writes how presence was proven.
fn write_presence(w: &mut Writer, presence: Presence) {
    w.u8(match presence {
        Presence::NotOffered => 0,
        Presence::Proven(PresenceProof::ActiveAuthentication) => 1,
        Presence::Proven(PresenceProof::ChipAuthentication) => 2,
        Presence::Proven(PresenceProof::PaceCam) => 3,
    });
}

/// Reads what [`write_presence`] wrote.
fn read_presence(r: &mut Reader<'_>) -> Result<Presence, CodecError> {
    Ok(match r.u8("presence")? {
        0 => Presence::NotOffered,
        1 => Presence::Proven(PresenceProof::ActiveAuthentication),
        2 => Presence::Proven(PresenceProof::ChipAuthentication),
        3 => Presence::Proven(PresenceProof::PaceCam),
        other => return Err(unknown("presence", other)),
    })
}

pub(super) fn write_seen(w: &mut Writer, seen: &SeenAtDesk) {
    w.str(seen.picture().code());
    w.option(seen.cpr_proof().as_ref(), |w, proof| w.str(proof.code()));
    write_instant(w, seen.at());
}

pub(super) fn read_seen(r: &mut Reader<'_>) -> Result<SeenAtDesk, CodecError> {
    let picture = PictureDocument::from_code(r.str("picture document", 64)?)
        .ok_or(CodecError::Invalid { what: "picture document" })?;
    let cpr_proof = r.option("CPR proof", |r| {
        CprProof::from_code(r.str("CPR proof", 64)?)
            .ok_or(CodecError::Invalid { what: "CPR proof" })
    })?;
    Ok(SeenAtDesk::assume_verified(picture, cpr_proof, read_instant(r, "seen at")?))
}

pub(super) fn write_proof(w: &mut Writer, proof: &DeskProof) {
    match proof {
        DeskProof::Questions(key) => {
            w.u8(0);
            write_set_key(w, key);
        }
        DeskProof::Witness(witness) => {
            w.u8(1);
            w.u128(witness.person().0);
            write_instant(w, witness.at());
        }
        DeskProof::Chip(chip) => {
            w.u8(2);
            write_chip(w, chip);
        }
    }
}

pub(super) fn read_proof(r: &mut Reader<'_>) -> Result<DeskProof, CodecError> {
    Ok(match r.u8("proof")? {
        0 => DeskProof::Questions(read_set_key(r)?),
        1 => DeskProof::Witness(Witness::assume_verified(
            PersonId(r.u128("witness")?),
            read_instant(r, "heard at")?,
        )),
        2 => DeskProof::Chip(Box::new(read_chip(r)?)),
        other => return Err(unknown("proof", other)),
    })
}

pub(super) fn write_ground(w: &mut Writer, ground: &Ground) {
    match ground {
        Ground::ChipFace { chip, face_tries } => {
            w.u8(0);
            write_chip(w, chip);
            w.u8(*face_tries);
        }
        Ground::Phone { call } => {
            w.u8(1);
            write_call(w, call);
        }
        Ground::Desk { visit, seen, proof, second_clerk } => {
            w.u8(2);
            write_visit(w, visit);
            write_seen(w, seen);
            write_proof(w, proof);
            w.option(second_clerk.as_ref(), |w, clerk| w.u128(clerk.0));
        }
        Ground::SelfService => w.u8(3),
    }
}

pub(super) fn read_ground(r: &mut Reader<'_>) -> Result<Ground, CodecError> {
    Ok(match r.u8("ground")? {
        0 => Ground::ChipFace { chip: read_chip(r)?, face_tries: r.u8("face tries")? },
        1 => Ground::Phone { call: read_call(r)? },
        2 => Ground::Desk {
            visit: read_visit(r)?,
            seen: read_seen(r)?,
            proof: read_proof(r)?,
            second_clerk: r.option("second clerk", |r| r.u128("second clerk").map(StaffId))?,
        },
        3 => Ground::SelfService,
        other => return Err(unknown("ground", other)),
    })
}

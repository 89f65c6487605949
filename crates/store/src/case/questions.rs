//! Questions inside a case: what would be right is sealed with the rest.

use crate::codec::{CodecError, Reader, Writer};
use crate::fields::{read_hidden, unknown, write_hidden};
use recovery::id::QuestionSetId;
use recovery::questions::{
    Expected, FactKind, Guessing, Probability, Question, QuestionRun, QuestionSet, SetKey,
};
use recovery::sensitive::Sensitive;

const QUESTIONS_MAX: usize = 16;
const WAYS_MAX: usize = 64;

pub(super) fn write_run(w: &mut Writer, run: &QuestionRun) {
    w.u128(run.set.id.0);
    w.seq(run.set.questions.iter(), |w, question| {
        w.str(question.kind.code());
        w.u8(question.ordinal);
        write_expected(w, &question.expected);
    });
    w.u8(run.set.right_min);
    w.u8(run.set.wrong_max);
    w.option(run.set.guessing.as_ref(), |w, guessing| {
        w.u32(guessing.stranger.parts_per_billion());
        w.u32(guessing.wallet_thief.parts_per_billion());
    });
    w.u8(run.put);
    w.u8(run.judged);
    w.u8(run.right);
}

pub(super) fn read_run(r: &mut Reader<'_>) -> Result<QuestionRun, CodecError> {
    let set = QuestionSet {
        id: QuestionSetId(r.u128("question set")?),
        questions: r.seq("questions", QUESTIONS_MAX, |r| {
            Ok(Question {
                kind: read_kind(r)?,
                ordinal: r.u8("ordinal")?,
                expected: read_expected(r)?,
            })
        })?,
        right_min: r.u8("right min")?,
        wrong_max: r.u8("wrong max")?,
        guessing: r.option("guessing", |r| {
            Ok(Guessing {
                stranger: Probability::from_parts_per_billion(r.u32("stranger")?),
                wallet_thief: Probability::from_parts_per_billion(r.u32("wallet thief")?),
            })
        })?,
    };
    Ok(QuestionRun { set, put: r.u8("put")?, judged: r.u8("judged")?, right: r.u8("right")? })
}

/// Writes what a set is told apart by.
pub(crate) fn write_set_key(w: &mut Writer, key: &SetKey) {
    w.seq(key.facts().iter(), |w, (kind, ordinal)| {
        w.str(kind.code());
        w.u8(*ordinal);
    });
}

/// Reads what [`write_set_key`] wrote.
pub(crate) fn read_set_key(r: &mut Reader<'_>) -> Result<SetKey, CodecError> {
    r.seq("facts", QUESTIONS_MAX, |r| Ok((read_kind(r)?, r.u8("ordinal")?)))
        .map(SetKey::from_stored)
}

fn read_kind(r: &mut Reader<'_>) -> Result<FactKind, CodecError> {
    FactKind::from_code(r.str("fact kind", 64)?).ok_or(CodecError::Invalid { what: "fact kind" })
}

fn write_expected(w: &mut Writer, expected: &Expected) {
    let several = |w: &mut Writer, tag, ways: &[Sensitive<String>]| {
        w.u8(tag);
        w.seq(ways.iter(), write_hidden);
    };
    match expected {
        Expected::Nothing => w.u8(0),
        Expected::AnyName(ways) => several(w, 1, ways),
        Expected::AnyPlace(ways) => several(w, 2, ways),
        Expected::AnyAddress(ways) => several(w, 3, ways),
        Expected::Date(date) => {
            w.u8(4);
            date.expose().iter().for_each(|part| w.u16(*part));
        }
        Expected::Month(month) => {
            w.u8(5);
            month.expose().iter().for_each(|part| w.u16(*part));
        }
        Expected::Year(year) => {
            w.u8(6);
            w.u16(*year.expose());
        }
        Expected::Number(number) => {
            w.u8(7);
            w.u16(*number.expose());
        }
    }
}

fn read_expected(r: &mut Reader<'_>) -> Result<Expected, CodecError> {
    let several = |r: &mut Reader<'_>| r.seq("ways", WAYS_MAX, |r| read_hidden(r, "way"));
    let what = "expected answer";
    Ok(match r.u8(what)? {
        0 => Expected::Nothing,
        1 => Expected::AnyName(several(r)?),
        2 => Expected::AnyPlace(several(r)?),
        3 => Expected::AnyAddress(several(r)?),
        4 => Expected::Date(Sensitive::new([r.u16(what)?, r.u16(what)?, r.u16(what)?])),
        5 => Expected::Month(Sensitive::new([r.u16(what)?, r.u16(what)?])),
        6 => Expected::Year(Sensitive::new(r.u16(what)?)),
        7 => Expected::Number(Sensitive::new(r.u16(what)?)),
        other => return Err(unknown(what, other)),
    })
}

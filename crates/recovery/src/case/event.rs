//! What can happen to a case.

use super::{ChipFaceEvent, DeskEvent, GrantOf, PhoneEvent};
use crate::effect::Medium;
use crate::grant::SpentGrant;
use crate::id::VetoId;
use crate::p_code::PCode;
use crate::person::Person;
use crate::staff::StaffMember;
use crate::temporary_pin::{DrawnCode, Redeemed, TemporaryPin};

/// What can happen to a case: events of one route, and events of every route.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    ChipFace(ChipFaceEvent<'a>),
    Phone(PhoneEvent<'a>),
    Desk(DeskEvent<'a>),
    /// A register question is asked or answered, on a call or at a desk.
    Question(QuestionEvent<'a>),
    /// The wait of the self-service route is over.
    WaitOver {
        issue: Issue<'a>,
    },
    /// The temporary PIN of the case was redeemed in an app instance.
    Redeemed {
        redeemed: Redeemed,
        person: &'a Person,
        granted: GrantOf,
    },
    /// The grant of the case was spent on a new PIN.
    PinSet {
        spent: SpentGrant,
        person: &'a Person,
        /// The P code by which the chip was paired with the person, if one was.
        p_code: Option<&'a PCode>,
        veto: VetoId,
    },
    /// A veto link was used, or the person stopped the case.
    Stopped {
        veto: Option<VetoId>,
    },
    /// A member of staff stops the case on suspicion of fraud. Staff may always stop a case and can never grant one.
    FraudFlagged {
        by: &'a StaffMember,
    },
}

/// What can happen while register questions are asked.
#[derive(Clone, Debug)]
pub enum QuestionEvent<'a> {
    /// The member of staff reads out the next question.
    Put { by: &'a StaffMember },
    /// The member of staff typed the answer that was given.
    Answered {
        by: &'a StaffMember,
        given: &'a str,
        /// The caller or visitor, where known: a call that ends without enough right answers counts for them.
        person: Option<&'a Person>,
    },
}

impl<'a> From<ChipFaceEvent<'a>> for Event<'a> {
    fn from(event: ChipFaceEvent<'a>) -> Self {
        Self::ChipFace(event)
    }
}

impl<'a> From<PhoneEvent<'a>> for Event<'a> {
    fn from(event: PhoneEvent<'a>) -> Self {
        Self::Phone(event)
    }
}

impl<'a> From<DeskEvent<'a>> for Event<'a> {
    fn from(event: DeskEvent<'a>) -> Self {
        Self::Desk(event)
    }
}

impl<'a> From<QuestionEvent<'a>> for Event<'a> {
    fn from(event: QuestionEvent<'a>) -> Self {
        Self::Question(event)
    }
}

/// What issuing a temporary PIN is judged by, and the ids that the caller drew for it.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    pub person: &'a Person,
    /// The person's place for a temporary PIN, with the earlier issues that the caps count.
    pub slot: &'a TemporaryPin,
    pub code: &'a DrawnCode,
    /// The id that ties together the veto links in the notices.
    pub veto: VetoId,
}

/// How a temporary PIN reaches a person at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// By text message to the registered phone number, where it has been registered long enough.
    Sms,
    /// On paper, or on a screen turned to the person.
    Reveal(Medium),
}

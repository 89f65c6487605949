//! What can happen to a case.

use super::{ChipFaceEvent, DeskEvent, GrantOf, PhoneEvent};
use crate::effect::Medium;
use crate::grant::SpentGrant;
use crate::id::{TemporaryPinId, VetoId};
use crate::person::Person;
use crate::staff::StaffMember;
use crate::temporary_pin::{Redeemed, TemporaryPin};

/// What can happen to a case: on its route, or on every route.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    ChipFace(ChipFaceEvent<'a>),
    Phone(PhoneEvent<'a>),
    Desk(DeskEvent<'a>),
    /// On a call or at a desk.
    Question(QuestionEvent<'a>),
    /// The wait of self-service is over.
    WaitOver {
        issue: Issue<'a>,
    },
    Redeemed {
        redeemed: Redeemed,
        person: &'a Person,
        granted: GrantOf,
    },
    PinSet {
        spent: SpentGrant,
        person: &'a Person,
        veto: VetoId,
    },
    /// A veto link was used, or the person took the request back.
    Stopped {
        veto: Option<VetoId>,
    },
    /// Staff may always stop a case that smells; they can never grant one.
    FraudFlagged {
        by: &'a StaffMember,
    },
}

/// What can happen while questions are put.
#[derive(Clone, Debug)]
pub enum QuestionEvent<'a> {
    Put { by: &'a StaffMember },
    Answered { by: &'a StaffMember, given: &'a str },
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
    pub slot: &'a TemporaryPin,
    pub temporary_pin: TemporaryPinId,
    pub veto: VetoId,
}

/// How a code reaches the person at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// To the registered number, where that is old enough.
    Sms,
    /// On paper or on a screen turned to the person.
    Reveal(Medium),
}

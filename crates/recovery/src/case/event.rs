//! What can happen to a case.

use crate::effect::Medium;
use crate::evidence::{ChipJudged, SeenAtDesk, Witness};
use crate::grant::SpentGrant;
use crate::id::{GrantId, InstanceId, TemporaryPinId, VetoId};
use crate::person::Person;
use crate::questions::{CallSubject, QuestionSet};
use crate::staff::StaffMember;
use crate::temporary_pin::{Redeemed, TemporaryPin};

use super::DeskRefusal;

/// What can happen to a case.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    // chip + face
    ConsentGiven {
        text_version: u32,
        p_code_given: bool,
    },
    ConsentRefused,
    /// The tag was lost or the phone gave up: costs nothing.
    ChipReadBroken,
    /// The chip was read to the end and is not genuine, or did not prove what it must.
    ChipRefused,
    /// The chip is genuine; `judged` says whose it is and what it buys.
    ChipVerified {
        judged: ChipJudged,
    },
    FaceCompared {
        comparison: &'a face::Comparison,
        /// SHA-256 of the portrait that was compared.
        portrait: [u8; 32],
        person: &'a Person,
        grant: GrantId,
        veto: VetoId,
    },

    // phone
    NumberTyped {
        by: &'a StaffMember,
        subject: CallSubject,
    },
    SendTemporaryPin {
        by: &'a StaffMember,
        issue: Issue<'a>,
    },

    // questions, on the phone and at the desk
    QuestionPut {
        by: &'a StaffMember,
    },
    Answered {
        by: &'a StaffMember,
        given: &'a str,
    },

    // Citizen Service
    /// A colleague takes a visit over before any document was seen: the clerk may not handle it, or has left the desk.
    TakenOver {
        by: &'a StaffMember,
    },
    DocumentsSeen {
        by: &'a StaffMember,
        person: &'a Person,
        seen: SeenAtDesk,
    },
    QuestionsDrawn {
        by: &'a StaffMember,
        set: QuestionSet,
    },
    WitnessHeard {
        by: &'a StaffMember,
        witness: Witness,
    },
    ChipReadAtDesk {
        by: &'a StaffMember,
        judged: ChipJudged,
    },
    SecondClerk {
        by: &'a StaffMember,
    },
    IssueAtDesk {
        by: &'a StaffMember,
        issue: Issue<'a>,
        delivery: Delivery,
        instance: Option<InstanceId>,
    },
    RefusedAtDesk {
        by: &'a StaffMember,
        reason: DeskRefusal,
    },
    /// Staff may always stop a case that smells; they can never grant one.
    FraudFlagged {
        by: &'a StaffMember,
    },

    // self-service
    WaitOver {
        issue: Issue<'a>,
    },

    // every route
    Redeemed {
        redeemed: Redeemed,
        person: &'a Person,
        grant: GrantId,
        veto: VetoId,
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

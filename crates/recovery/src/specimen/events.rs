//! Every event of a case, with what it carries.

use face::{Comparison, FaceResult, Reason};

use crate::authenticator::Authenticator;
use crate::case::{
    ChipFaceEvent, Delivery, DeskEvent, DeskRefusal, Event, GrantOf, Issue, PhoneEvent,
    QuestionEvent,
};
use crate::effect::Medium;
use crate::evidence::Witness;
use crate::grant::{self, Grant, Origin, SpentGrant};
use crate::id::CredentialId;
use crate::id::{QuestionSetId, TicketId, VetoId};
use crate::person::Person;
use crate::policy::Policy;
use crate::questions::{Decoy, subject_of_call};
use crate::staff::{Role, StaffMember};
use crate::temporary_pin::{DrawnCode, Redeemed, Redemption, TemporaryPin};

use super::{
    CASE, CODE, GRANT, INSTANCE, NOW, PERSON, PORTRAIT, PROVEN, WITNESS, agent, app, clerk, code,
    comparison, drawn_code, judged, no_temporary_pin, person, question_set, seen, staff,
};

/// What the events borrow from.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) person: Person,
    pub(crate) slot: TemporaryPin,
    drawn: DrawnCode,
    app: Authenticator,
    witness: Person,
    pub(crate) agent: StaffMember,
    pub(crate) clerk: StaffMember,
    pub(crate) other_clerk: StaffMember,
    matching: Comparison,
    unsure: Comparison,
    other_face: Comparison,
}

impl World {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            person: person(),
            slot: no_temporary_pin(),
            drawn: drawn_code(),
            app: app(),
            witness: Person { id: WITNESS, ..person() },
            agent: agent(),
            clerk: clerk(),
            other_clerk: staff(31, Role::Clerk),
            matching: comparison(FaceResult::Match),
            unsure: comparison(FaceResult::TryAgain(Reason::Unsure)),
            other_face: comparison(FaceResult::NoMatch),
        }
    }

    pub(crate) fn issue(&self) -> Issue<'_> {
        let veto = VetoId(50);
        Issue { person: &self.person, slot: &self.slot, code: &self.drawn, veto }
    }

    /// Every event by name.
    pub(crate) fn events(&self) -> Vec<(&'static str, Event<'_>)> {
        let mut events = self.chip_face_events();
        events.extend(self.staff_events());
        events.extend(self.code_events());
        events
    }

    fn chip_face_events(&self) -> Vec<(&'static str, Event<'_>)> {
        let granted = GrantOf { grant: GRANT, veto: VetoId(51) };
        let (portrait, person) = (PORTRAIT, &self.person);
        let face = |comparison| {
            ChipFaceEvent::FaceCompared { comparison, portrait, person, granted }.into()
        };
        let judged = judged(PROVEN, &self.person, &self.policy);
        vec![
            (
                "consent given",
                ChipFaceEvent::ConsentGiven { text_version: 1, p_code_given: false }.into(),
            ),
            ("consent refused", ChipFaceEvent::ConsentRefused.into()),
            ("chip read broken off", ChipFaceEvent::ChipReadBroken.into()),
            ("chip not genuine", ChipFaceEvent::ChipRefused.into()),
            (
                "chip genuine and theirs",
                ChipFaceEvent::ChipVerified { judged, app: &self.app }.into(),
            ),
            ("face matches", face(&self.matching)),
            ("face unsure", face(&self.unsure)),
            ("another face", face(&self.other_face)),
        ]
    }

    fn staff_events(&self) -> Vec<(&'static str, Event<'_>)> {
        let (agent, clerk, policy) = (&self.agent, &self.clerk, &self.policy);
        let nobody =
            subject_of_call(QuestionSetId(41), None, Decoy { random: [0, 0] }, policy, NOW);
        let judged = judged(PROVEN, &self.person, policy);
        let witness = Witness::assume_verified(WITNESS, NOW);
        let desk_issue = |delivery| {
            let issue = self.issue();
            DeskEvent::Issue { by: clerk, issue, delivery, instance: None }.into()
        };
        let put = |by| QuestionEvent::Put { by }.into();
        let answered =
            |by, given| QuestionEvent::Answered { by, given, person: Some(&self.person) }.into();
        vec![
            (
                "number typed, unknown",
                PhoneEvent::NumberTyped { by: agent, subject: nobody }.into(),
            ),
            ("question put by agent", put(agent)),
            ("right answer to agent", answered(agent, "2003")),
            ("wrong answer to agent", answered(agent, "1900")),
            (
                "send temporary PIN",
                PhoneEvent::SendTemporaryPin { by: agent, issue: self.issue() }.into(),
            ),
            ("fraud flagged by agent", Event::FraudFlagged { by: agent }),
            (
                "documents seen",
                DeskEvent::DocumentsSeen { by: clerk, person: &self.person, seen: seen() }.into(),
            ),
            (
                "questions drawn",
                DeskEvent::QuestionsDrawn { by: clerk, set: question_set() }.into(),
            ),
            ("question put by clerk", put(clerk)),
            ("right answer to clerk", answered(clerk, "2003")),
            ("wrong answer to clerk", answered(clerk, "1900")),
            (
                "witness heard",
                DeskEvent::WitnessHeard { by: clerk, witness, heard: &self.witness }.into(),
            ),
            ("chip read at desk", DeskEvent::ChipRead { by: clerk, judged }.into()),
            ("taken over", DeskEvent::TakenOver { by: &self.other_clerk }.into()),
            ("second clerk", DeskEvent::SecondClerk { by: &self.other_clerk }.into()),
            ("issue at desk by SMS", desk_issue(Delivery::Sms)),
            ("issue at desk on paper", desk_issue(Delivery::Reveal(Medium::Paper))),
            (
                "refused at desk",
                DeskEvent::Refused { by: clerk, reason: DeskRefusal::PictureDiffers }.into(),
            ),
            ("fraud flagged by clerk", Event::FraudFlagged { by: clerk }),
        ]
    }

    fn code_events(&self) -> Vec<(&'static str, Event<'_>)> {
        let person = &self.person;
        let mut events = vec![
            ("wait over", Event::WaitOver { issue: self.issue() }),
            ("stopped", Event::Stopped { veto: None }),
        ];
        events.extend(redeemed(&self.policy).map(|redeemed| {
            let granted = GrantOf { grant: GRANT, veto: VetoId(52) };
            ("temporary PIN redeemed", Event::Redeemed { redeemed, person, granted })
        }));
        events.extend(spent(&self.policy).map(|spent| {
            ("new PIN set", Event::PinSet { spent, person, p_code: None, veto: VetoId(53) })
        }));
        events
    }
}

/// The proof that the specimen code was redeemed, made as production makes it.
pub(crate) fn redeemed(policy: &Policy) -> Option<Redeemed> {
    let issued = no_temporary_pin().issue(code(), policy, NOW).ok()?.next;
    let reserved = issued.reserve(TicketId(60), INSTANCE, policy, NOW).ok()?.next;
    match reserved.settle(TicketId(60), CODE, policy, NOW).ok()? {
        Redemption::Right(_, redeemed) => Some(redeemed),
        Redemption::Wrong(_) => None,
    }
}

/// The proof that the specimen grant was spent.
pub(crate) fn spent(policy: &Policy) -> Option<SpentGrant> {
    let state =
        grant::State::Registering { blinded_element: CODE, credential: CredentialId([2; 32]) };
    let grant = Grant {
        id: GRANT,
        person: PERSON,
        instance: INSTANCE,
        origin: Origin::Case(CASE),
        issued_at: NOW,
        state,
    };
    grant.spend(INSTANCE, policy, NOW).ok().map(|(_, spent, _)| spent)
}

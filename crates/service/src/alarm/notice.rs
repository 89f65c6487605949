//! The row that says when the operator was last told of an alarm, so that a flood of one kind is one message an hour and not
//! a thousand.

use recovery::alarm::Alarm;
use recovery::time::Timestamp;
use store::Kind;
use store::facade::{Aggregate, Owner};
use store::kinds;

store::row_ids! {
    /// What the operator was told about one kind of alarm: a keyed hash of the alarm's code.
    pub AlarmNoticeId;
}

/// When the last message about one alarm was sent, and how often the alarm was raised since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmNotice {
    id: AlarmNoticeId,
    alarm: Alarm,
    /// When the last message was sent.
    told_at: Option<Timestamp>,
    /// How often the alarm was raised since then without a message.
    held_back: u32,
}

/// Whether the operator is told of an alarm that was raised, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// The operator is told now.
    Now {
        /// How often it was raised since the last message.
        times: u32,
    },
    /// It is too soon after the last message; a later message tells of the alarms that were held back.
    Later {
        /// When the message is due.
        at: Timestamp,
    },
    /// It is too soon, and the later message is queued already.
    Nothing,
}

impl AlarmNotice {
    pub(super) const fn new(alarm: Alarm, id: AlarmNoticeId) -> Self {
        Self { id, alarm, told_at: None, held_back: 0 }
    }

    /// The row after one more alarm, and what is to be done; `times` is 0 where the message about alarms that were held back
    /// is due.
    pub(super) fn after(&self, times: u32, now: Timestamp, pause_ms: i64) -> (Self, Telling) {
        let held_back = self.held_back.saturating_add(times);
        let again_at = self.told_at.map(|at| Timestamp(at.0.saturating_add(pause_ms)));
        let (told_at, held_back, telling) = match again_at {
            _ if held_back == 0 => (self.told_at, 0, Telling::Nothing),
            Some(at) if now < at && self.held_back == 0 => {
                (self.told_at, held_back, Telling::Later { at })
            }
            Some(at) if now < at => (self.told_at, held_back, Telling::Nothing),
            Some(_) | None => (Some(now), 0, Telling::Now { times: held_back }),
        };
        (Self { id: self.id, alarm: self.alarm, told_at, held_back }, telling)
    }
}

impl Aggregate for AlarmNotice {
    type Id = AlarmNoticeId;
    const KIND: Kind = kinds::ALARM_NOTICE;

    fn id(&self) -> AlarmNoticeId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

store::stored! { struct AlarmNotice { id, alarm, told_at, held_back } }

//! What a chip can be told to do wrong: the cases of real documents, and hostile chips.

/// A form in which a reader selects the master file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterFileForm {
    /// `00 A4 00 0C 02 3F 00`: by its identifier, no answer wanted.
    WithoutAnswer,
    /// `00 A4 00 00 02 3F 00`: by its identifier, with control information.
    WithAnswer,
    /// `00 A4 00 0C` or `00 A4 00 00`: by nothing at all.
    Empty,
}

/// What a chip that misbehaves says instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// This status word.
    Status(u16),
    /// Nothing: the chip is dead until it is put on the reader again.
    Silence,
}

/// What a chip does to a READ BINARY with a short file identifier in place of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortIds {
    /// Refuses it with this status word.
    Refused(u16),
    /// The same without protection.
    RefusedBarely(u16),
    /// Refuses it, and is in the master file afterwards.
    RefusedElsewhere(u16),
    /// Answers DG1 for EF.COM, and is in the master file afterwards.
    OtherFile,
    /// Answers rightly, and is in the master file afterwards.
    Elsewhere,
}

/// How a protected SELECT of the application that wants nothing back is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietSelect {
    /// With this status word.
    pub status: u16,
    /// Without protection.
    pub naked: bool,
    /// The chip forgets the session.
    pub ends_session: bool,
}

/// A limit on the length of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    /// Most bytes that a READ BINARY may ask for.
    pub bytes_max: usize,
    /// The status word for more; `9000` and `6282` come with `bytes_max` bytes.
    pub status: u16,
    /// The status word is sent without protection.
    pub naked: bool,
    /// The chip forgets the session when it sends it.
    pub ends_session: bool,
}

/// How protected responses are spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpoiledResponse {
    /// Data and status word in the clear.
    Plain,
    /// The status word alone, in the clear.
    PlainStatus,
    /// Without the protected status word, DO'99'.
    WithoutStatusObject,
    /// Without the MAC, DO'8E'.
    WithoutMac,
    /// With one bit of the MAC turned.
    WrongMac,
    /// The protected response before, once more.
    Replayed,
    /// Protected status 9000, but 6A82 outside.
    OtherStatusOutside,
}

/// How active authentication is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActiveAnswer {
    /// As the standard says.
    #[default]
    Right,
    /// Over a challenge that the terminal did not send.
    OtherChallenge,
    /// With the two-byte trailer where the one-byte trailer is usual (RSA, SHA-1).
    LongTrailer,
    /// Signed with SHA-256 on any curve, though nothing says so.
    Sha256,
    /// With a DER signature instead of `r || s`.
    DerSignature,
}

/// How chip authentication is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AgreementAnswer {
    /// As the standard says.
    #[default]
    Right,
    /// MSE:Set AT is answered `6F00`: only MSE:Set KAT works (Norwegian documents).
    OnlyKeyAgreementTemplate,
    /// MSE:Set KAT is refused.
    OnlyGeneralAuthenticate,
    /// Says 9000, but stays on the old keys: what a clone without the secret can do.
    OldKeysKept,
}

/// What the chip does wrong; the default is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Answer to GET CHALLENGE of a chip without BAC (case 1).
    pub bac_refusal: u16,
    /// Answer for a file that is not there (cases 2, 23).
    pub missing_file: u16,
    /// EF.CardAccess answers this although it is there: a relay that wants BAC (case 3).
    pub hidden_card_access: Option<u16>,
    /// Reading EF.DIR before access control kills the chip (case 2).
    pub directory_kills: bool,
    /// The chip wakes up with the application selected and not with the master file (case 4).
    pub wakes_in_application: bool,
    /// Forms of selecting the master file that are refused, with the status word (case 4).
    pub refused_master_file: Vec<(MasterFileForm, u16)>,
    /// READ BINARY with a short file identifier answers this (case 4).
    pub short_ids_refused: Option<u16>,
    /// What else such a READ BINARY inside a session comes to.
    pub short_ids: Option<ShortIds>,
    /// SELECT of the application inside a session is taken only where it asks for something.
    pub quiet_select: Option<QuietSelect>,
    /// After a session that the chip ended, nothing but a reset helps.
    pub wants_reset: bool,
    /// A second SELECT of the application ends the session with this answer (case 4).
    pub second_select_refused: Option<u16>,
    /// MSE:Set AT for PACE without a parameter id (case 5).
    pub parameter_id_required: Option<Instead>,
    /// `6700` for an Le where no data is answered (case 9).
    pub superfluous_le_refused: bool,
    /// Longest read inside a session (case 10).
    pub read_limit: Option<ReadLimit>,
    /// Longest read outside a session, such as of EF.CardAccess (case 10).
    pub open_read_limit: Option<ReadLimit>,
    /// Extended lengths are answered `6700` (cases 7, 10).
    pub no_extended_length: bool,
    /// Every error inside a session is sent without protection (case 11).
    pub naked_errors: bool,
    /// Spoils protected responses from this one on, counted from 1 (case 12).
    pub spoiled_from: Option<(usize, SpoiledResponse)>,
    /// The odd READ BINARY is unknown (case 13).
    pub no_odd_read: bool,
    /// The chip leaves the field once it has sent so many bytes since it was last put on (case 14).
    pub lost_after_bytes: Option<usize>,
    /// Answer to a wrong access key (case 15).
    pub wrong_key: u16,
    /// Active authentication (case 23).
    pub active_answer: ActiveAnswer,
    /// Chip authentication (case 24).
    pub agreement_answer: AgreementAnswer,
    /// Hostile: GET RESPONSE never ends.
    pub endless_more_data: bool,
    /// Hostile: every file says that it is this long, and goes on for ever.
    pub claimed_length: Option<u32>,
    /// Hostile: every answer is followed by this many more bytes than were asked for.
    pub surplus_bytes: usize,
    /// Hostile: waiting time before each answer. The card has no clock; whoever carries its bytes
    /// waits.
    pub answer_millis: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            bac_refusal: 0x6985,
            missing_file: 0x6A82,
            hidden_card_access: None,
            directory_kills: false,
            wakes_in_application: false,
            refused_master_file: Vec::new(),
            short_ids_refused: None,
            short_ids: None,
            quiet_select: None,
            wants_reset: false,
            second_select_refused: None,
            parameter_id_required: None,
            superfluous_le_refused: false,
            read_limit: None,
            open_read_limit: None,
            no_extended_length: false,
            naked_errors: false,
            spoiled_from: None,
            no_odd_read: false,
            lost_after_bytes: None,
            wrong_key: 0x6300,
            active_answer: ActiveAnswer::default(),
            agreement_answer: AgreementAnswer::default(),
            endless_more_data: false,
            claimed_length: None,
            surplus_bytes: 0,
            answer_millis: 0,
        }
    }
}

/// A value of constructed tags, each in the one before: for files that exhaust a parser's stack.
#[must_use]
pub fn nested(tag: u8, depth: usize) -> Vec<u8> {
    let mut headers = Vec::new();
    let mut length = 0usize;
    for _ in 0..depth {
        let mut header = vec![tag];
        header.extend(crate::der::length(length));
        length = length.saturating_add(header.len());
        headers.push(header);
    }
    headers.reverse();
    headers.concat()
}

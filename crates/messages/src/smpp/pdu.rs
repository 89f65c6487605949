//! The protocol's units, both ways, as far as a service that sends SMS and a message centre need
//! them (SMPP 3.4 §4).

use std::fmt;

use zeroize::Zeroizing;

/// Length of the header: length, command, status, sequence.
const HEADER_BYTES: usize = 16;

/// Longest unit that is read. The longest that the protocol needs here is below 1 kB.
pub const PDU_BYTES_MAX: usize = 8_192;

/// Longest text of the one-octet length (§5.2.21).
const SHORT_MESSAGE_BYTES_MAX: usize = 254;

/// `esm_class`: a user data header stands before the text.
pub const ESM_HEADER: u8 = 0x40;

/// `esm_class`: the message is a delivery receipt.
pub const ESM_RECEIPT: u8 = 0x04;

/// Answer bit of a command.
const ANSWER: u32 = 0x8000_0000;

/// Command statuses (§5.1.3) that are told apart.
pub mod status {
    /// All is well.
    pub const OK: u32 = 0;
    /// Message length is invalid.
    pub const INVALID_LENGTH: u32 = 0x01;
    /// Command id is unknown.
    pub const INVALID_COMMAND: u32 = 0x03;
    /// Not allowed in this state of the session.
    pub const INVALID_BIND_STATUS: u32 = 0x04;
    /// The centre has an error.
    pub const SYSTEM_ERROR: u32 = 0x08;
    /// Source address.
    pub const INVALID_SOURCE: u32 = 0x0A;
    /// Destination address.
    pub const INVALID_DESTINATION: u32 = 0x0B;
    /// Bind failed.
    pub const BIND_FAILED: u32 = 0x0D;
    /// Password.
    pub const INVALID_PASSWORD: u32 = 0x0E;
    /// Our name at the centre.
    pub const INVALID_SYSTEM_ID: u32 = 0x0F;
    /// Our kind of system.
    pub const INVALID_SYSTEM_TYPE: u32 = 0x53;
    /// The centre's queue is full.
    pub const QUEUE_FULL: u32 = 0x14;
    /// ESM class.
    pub const INVALID_ESM_CLASS: u32 = 0x43;
    /// Type of number of the source.
    pub const INVALID_SOURCE_TYPE: u32 = 0x48;
    /// Numbering plan of the source.
    pub const INVALID_SOURCE_PLAN: u32 = 0x49;
    /// Type of number of the destination.
    pub const INVALID_DESTINATION_TYPE: u32 = 0x50;
    /// Numbering plan of the destination.
    pub const INVALID_DESTINATION_PLAN: u32 = 0x51;
    /// Too many messages.
    pub const THROTTLED: u32 = 0x58;
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// 0 in a request; the outcome in an answer.
    pub status: u32,
    /// Ties an answer to its request.
    pub sequence: u32,
    /// What it says.
    pub body: Body,
}

/// What a unit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A client wants a session.
    Bind(Bind),
    /// The answer: the centre's name. Which kind of bind it answers is in the command.
    BindResp {
        /// What was asked for.
        kind: BindKind,
        /// The centre's name.
        system_id: String,
    },
    /// A message to a phone.
    SubmitSm(Box<ShortMessage>),
    /// The answer.
    SubmitSmResp {
        /// The centre's name of the message.
        message_id: String,
    },
    /// A message or receipt from the centre.
    DeliverSm(Box<ShortMessage>),
    /// The answer.
    DeliverSmResp,
    /// Are you there?
    EnquireLink,
    /// Yes.
    EnquireLinkResp,
    /// Goodbye.
    Unbind,
    /// Goodbye.
    UnbindResp,
    /// That was no unit.
    GenericNack,
    /// A command that is not spoken here.
    Unknown {
        /// Its number.
        command: u32,
    },
}

/// Which way messages may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// From the centre.
    Receiver,
    /// To the centre.
    Transmitter,
    /// Both.
    Transceiver,
}

impl BindKind {
    const fn command(self) -> u32 {
        match self {
            Self::Receiver => 0x01,
            Self::Transmitter => 0x02,
            Self::Transceiver => 0x09,
        }
    }

    const fn of_command(command: u32) -> Option<Self> {
        match command {
            0x01 => Some(Self::Receiver),
            0x02 => Some(Self::Transmitter),
            0x09 => Some(Self::Transceiver),
            _ => None,
        }
    }
}

/// Who wants a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Bind {
    /// Which way.
    pub kind: BindKind,
    /// Name.
    pub system_id: String,
    /// Password.
    pub password: Zeroizing<String>,
    /// Kind of system.
    pub system_type: String,
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// An address with its type of number and numbering plan.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// Type of number: 1 international, 5 a name.
    pub ton: u8,
    /// Numbering plan: 1 telephone.
    pub npi: u8,
    /// Digits, or the name.
    pub text: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A message, whichever way it goes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// From.
    pub source: Address,
    /// To.
    pub destination: Address,
    /// What kind of message.
    pub esm_class: u8,
    /// How long to keep trying; empty for the centre's default.
    pub validity: String,
    /// 1 for a receipt of the outcome.
    pub registered_delivery: u8,
    /// The alphabet.
    pub data_coding: u8,
    /// The text with its header, if any.
    pub payload: Zeroizing<Vec<u8>>,
    /// Further parameters: tag and value.
    pub parameters: Vec<(u16, Vec<u8>)>,
}

impl fmt::Debug for ShortMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortMessage([hidden])")
    }
}

/// A text longer than the one-octet length goes here (§5.3.2.32).
const MESSAGE_PAYLOAD: u16 = 0x0424;

/// The bytes are no unit. The session cannot go on: nobody knows where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// The length is below 16 or above the limit.
    #[error("a unit of the protocol has an impossible length")]
    Length,
    /// A field runs over the end, or a text does not end.
    #[error("a field of a unit runs over its end")]
    Field,
}

/// The length of the unit that begins here; `None` while fewer than four bytes are there.
///
/// # Errors
///
/// [`PduError::Length`] for a length that no unit has.
pub fn unit_length(bytes: &[u8]) -> Result<Option<usize>, PduError> {
    let Some(length) = bytes.first_chunk::<4>() else { return Ok(None) };
    match usize::try_from(u32::from_be_bytes(*length)) {
        Ok(length) if (HEADER_BYTES..=PDU_BYTES_MAX).contains(&length) => Ok(Some(length)),
        Ok(_) | Err(_) => Err(PduError::Length),
    }
}

impl Pdu {
    /// A request.
    pub const fn request(sequence: u32, body: Body) -> Self {
        Self { status: status::OK, sequence, body }
    }

    /// The bytes, which may hold a code and are wiped when dropped.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(Vec::with_capacity(256));
        let command = encode_body(&self.body, &mut body);
        let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
        let mut unit = Zeroizing::new(Vec::with_capacity(HEADER_BYTES + body.len()));
        for word in [length, command, self.status, self.sequence] {
            unit.extend_from_slice(&word.to_be_bytes());
        }
        unit.extend_from_slice(&body);
        unit
    }

    /// Reads one whole unit, as long as [`unit_length`] says.
    ///
    /// # Errors
    ///
    /// [`PduError`] where it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, PduError> {
        if unit_length(bytes)? != Some(bytes.len()) {
            return Err(PduError::Length);
        }
        let mut reader = Reader(bytes);
        reader.u32()?;
        let (command, status, sequence) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let body = decode_body(command, status, &mut reader)?;
        Ok(Self { status, sequence, body })
    }
}

fn encode_body(body: &Body, out: &mut Vec<u8>) -> u32 {
    match body {
        Body::Bind(bind) => {
            for text in [&bind.system_id, &*bind.password, &bind.system_type] {
                put_text(text, out);
            }
            // Interface version 3.4, no range of addresses.
            out.extend_from_slice(&[0x34, 0, 0, 0]);
            bind.kind.command()
        }
        Body::BindResp { kind, system_id } => {
            put_text(system_id, out);
            kind.command() | ANSWER
        }
        Body::SubmitSm(message) => {
            put_message(message, out);
            0x04
        }
        Body::SubmitSmResp { message_id } => {
            put_text(message_id, out);
            0x04 | ANSWER
        }
        Body::DeliverSm(message) => {
            put_message(message, out);
            0x05
        }
        Body::DeliverSmResp => {
            out.push(0);
            0x05 | ANSWER
        }
        Body::EnquireLink => 0x15,
        Body::EnquireLinkResp => 0x15 | ANSWER,
        Body::Unbind => 0x06,
        Body::UnbindResp => 0x06 | ANSWER,
        Body::GenericNack => ANSWER,
        Body::Unknown { command } => *command,
    }
}

/// Whether a command that is not spoken here is a request that has an answer: neither an answer
/// itself, nor `outbind` (0x0B), nor `alert_notification` (0x102).
pub(super) const fn wants_answer(command: u32) -> bool {
    command & ANSWER == 0 && command != 0x0B && command != 0x102
}

fn decode_body(command: u32, status: u32, reader: &mut Reader<'_>) -> Result<Body, PduError> {
    if let Some(kind) = BindKind::of_command(command) {
        let system_id = reader.text(16)?;
        let password = Zeroizing::new(reader.text(64)?);
        let system_type = reader.text(13)?;
        return Ok(Body::Bind(Bind { kind, system_id, password, system_type }));
    }
    if let Some(kind) = BindKind::of_command(command & !ANSWER) {
        // An answer that refuses may come without a body.
        let system_id = if reader.0.is_empty() { String::new() } else { reader.text(16)? };
        return Ok(Body::BindResp { kind, system_id });
    }
    Ok(match command {
        0x04 => Body::SubmitSm(Box::new(read_message(reader)?)),
        0x05 => Body::DeliverSm(Box::new(read_message(reader)?)),
        0x8000_0004 => {
            let empty = status != status::OK && reader.0.is_empty();
            let message_id = if empty { String::new() } else { reader.text(65)? };
            Body::SubmitSmResp { message_id }
        }
        0x8000_0005 => Body::DeliverSmResp,
        0x15 => Body::EnquireLink,
        0x8000_0015 => Body::EnquireLinkResp,
        0x06 => Body::Unbind,
        0x8000_0006 => Body::UnbindResp,
        0x8000_0000 => Body::GenericNack,
        command => Body::Unknown { command },
    })
}

/// A text with its ending zero; a zero inside would end it early and is left out.
fn put_text(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

fn put_address(address: &Address, out: &mut Vec<u8>) {
    out.extend_from_slice(&[address.ton, address.npi]);
    put_text(&address.text, out);
}

fn put_message(message: &ShortMessage, out: &mut Vec<u8>) {
    put_text("", out); // service type
    put_address(&message.source, out);
    put_address(&message.destination, out);
    out.extend_from_slice(&[message.esm_class, 0, 0]); // protocol, priority
    put_text("", out); // at once
    put_text(&message.validity, out);
    out.extend_from_slice(&[message.registered_delivery, 0, message.data_coding, 0]);
    let short = u8::try_from(message.payload.len())
        .ok()
        .filter(|length| usize::from(*length) <= SHORT_MESSAGE_BYTES_MAX);
    match short {
        Some(length) => {
            out.push(length);
            out.extend_from_slice(&message.payload);
        }
        None => {
            out.push(0);
            put_parameter(MESSAGE_PAYLOAD, &message.payload, out);
        }
    }
    for (tag, value) in &message.parameters {
        put_parameter(*tag, value, out);
    }
}

fn put_parameter(tag: u16, value: &[u8], out: &mut Vec<u8>) {
    let value = value.get(..value.len().min(PDU_BYTES_MAX)).unwrap_or_default();
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&tag.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
}

fn read_message(reader: &mut Reader<'_>) -> Result<ShortMessage, PduError> {
    reader.text(6)?; // service type
    let source = reader.address()?;
    let destination = reader.address()?;
    let esm_class = reader.u8()?;
    reader.take(2)?; // protocol, priority
    reader.text(17)?; // scheduled time
    let validity = reader.text(17)?;
    let registered_delivery = reader.u8()?;
    reader.u8()?; // replace if present
    let data_coding = reader.u8()?;
    reader.u8()?; // predefined message
    let length = usize::from(reader.u8()?);
    let mut payload = Zeroizing::new(reader.take(length)?.to_vec());
    let mut parameters = Vec::new();
    while !reader.0.is_empty() {
        let (tag, length) = (reader.u16()?, reader.u16()?);
        let value = reader.take(usize::from(length))?;
        if tag == MESSAGE_PAYLOAD && payload.is_empty() {
            payload = Zeroizing::new(value.to_vec());
        } else {
            parameters.push((tag, value.to_vec()));
        }
    }
    Ok(ShortMessage {
        source,
        destination,
        esm_class,
        validity,
        registered_delivery,
        data_coding,
        payload,
        parameters,
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PduError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(PduError::Field)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, PduError> {
        self.take(1)?.first().copied().ok_or(PduError::Field)
    }

    fn u16(&mut self) -> Result<u16, PduError> {
        self.take(2)?.first_chunk().map(|b| u16::from_be_bytes(*b)).ok_or(PduError::Field)
    }

    fn u32(&mut self) -> Result<u32, PduError> {
        self.take(4)?.first_chunk().map(|b| u32::from_be_bytes(*b)).ok_or(PduError::Field)
    }

    /// A text of at most `max` bytes with its ending zero. Bytes beyond ASCII become `?`.
    fn text(&mut self, max: usize) -> Result<String, PduError> {
        let within = self.0.get(..self.0.len().min(max)).unwrap_or_default();
        let end = within.iter().position(|byte| *byte == 0).ok_or(PduError::Field)?;
        let text = self.take(end)?;
        self.take(1)?;
        Ok(text.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect())
    }

    fn address(&mut self) -> Result<Address, PduError> {
        Ok(Address { ton: self.u8()?, npi: self.u8()?, text: self.text(21)? })
    }
}

#[cfg(test)]
mod tests;

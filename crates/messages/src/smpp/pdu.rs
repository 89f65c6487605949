//! The protocol data units (PDUs) of SMPP, in both directions (SMPP 3.4 §4). Only those that a sender of SMS and a
//! message centre need are supported.

use std::fmt;

use zeroize::Zeroizing;

/// The length of the header in bytes: length, command, status and sequence number.
const HEADER_BYTES: usize = 16;

/// The longest PDU that is read, in bytes. The PDUs that are needed here are shorter than 1 kB.
pub const PDU_BYTES_MAX: usize = 8_192;

/// The longest text whose length is a single octet, in bytes (§5.2.21).
const SHORT_MESSAGE_BYTES_MAX: usize = 254;

/// The `esm_class` of a message with a user data header before its text.
pub const ESM_HEADER: u8 = 0x40;

/// The `esm_class` of a delivery receipt.
pub const ESM_RECEIPT: u8 = 0x04;

/// The bit that marks a command as a reply.
const ANSWER: u32 = 0x8000_0000;

/// The command statuses (§5.1.3) that are distinguished.
pub mod status {
    /// No error.
    pub const OK: u32 = 0;
    /// The length of the message is invalid.
    pub const INVALID_LENGTH: u32 = 0x01;
    /// The command is unknown.
    pub const INVALID_COMMAND: u32 = 0x03;
    /// The command is not allowed in this state of the session.
    pub const INVALID_BIND_STATUS: u32 = 0x04;
    /// The centre has an error.
    pub const SYSTEM_ERROR: u32 = 0x08;
    /// The source address is invalid.
    pub const INVALID_SOURCE: u32 = 0x0A;
    /// The destination address is invalid.
    pub const INVALID_DESTINATION: u32 = 0x0B;
    /// The bind failed.
    pub const BIND_FAILED: u32 = 0x0D;
    /// The password is wrong.
    pub const INVALID_PASSWORD: u32 = 0x0E;
    /// The name of this service at the centre is wrong.
    pub const INVALID_SYSTEM_ID: u32 = 0x0F;
    /// The system type of this service is wrong.
    pub const INVALID_SYSTEM_TYPE: u32 = 0x53;
    /// The centre's queue is full.
    pub const QUEUE_FULL: u32 = 0x14;
    /// The `esm_class` is invalid.
    pub const INVALID_ESM_CLASS: u32 = 0x43;
    /// The type of number of the source address is invalid.
    pub const INVALID_SOURCE_TYPE: u32 = 0x48;
    /// The numbering plan of the source address is invalid.
    pub const INVALID_SOURCE_PLAN: u32 = 0x49;
    /// The type of number of the destination address is invalid.
    pub const INVALID_DESTINATION_TYPE: u32 = 0x50;
    /// The numbering plan of the destination address is invalid.
    pub const INVALID_DESTINATION_PLAN: u32 = 0x51;
    /// This service sent more messages than the centre allows in the time.
    pub const THROTTLED: u32 = 0x58;
}

/// A PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// The command status: 0 in a request, the result in a reply.
    pub status: u32,
    /// The sequence number, which a reply repeats from its request.
    pub sequence: u32,
    /// The command and its fields.
    pub body: Body,
}

/// The command of a PDU and its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The request of a client for a session.
    Bind(Bind),
    /// The reply to [`Self::Bind`].
    BindResp {
        /// The kind of session that was requested.
        kind: BindKind,
        /// The name of the centre.
        system_id: String,
    },
    /// A message for a phone.
    SubmitSm(Box<ShortMessage>),
    /// The reply to [`Self::SubmitSm`].
    SubmitSmResp {
        /// The centre's id of the message.
        message_id: String,
    },
    /// A message or receipt from the centre.
    DeliverSm(Box<ShortMessage>),
    /// The reply to [`Self::DeliverSm`].
    DeliverSmResp,
    /// A check whether the other side is alive.
    EnquireLink,
    /// The reply to [`Self::EnquireLink`].
    EnquireLinkResp,
    /// The request to end the session.
    Unbind,
    /// The reply to [`Self::Unbind`].
    UnbindResp,
    /// The reply to an invalid PDU.
    GenericNack,
    /// A command that is not supported.
    Unknown {
        /// The number of the command.
        command: u32,
    },
}

/// The kind of a session, by the direction of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// Messages go from the centre to the client.
    Receiver,
    /// Messages go from the client to the centre.
    Transmitter,
    /// Messages go in both directions.
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

/// The request for a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Bind {
    /// The kind of the session.
    pub kind: BindKind,
    /// The name of the client.
    pub system_id: String,
    /// The password of the client.
    pub password: Zeroizing<String>,
    /// The system type of the client.
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
    /// The type of number: 1 for an international number, 5 for a name.
    pub ton: u8,
    /// The numbering plan: 1 for a telephone number.
    pub npi: u8,
    /// The digits or the name.
    pub text: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A message in either direction.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// The source address.
    pub source: Address,
    /// The destination address.
    pub destination: Address,
    /// The kind of the message.
    pub esm_class: u8,
    /// How long the centre tries to deliver the message; empty for the centre's default.
    pub validity: String,
    /// 1 to request a delivery receipt.
    pub registered_delivery: u8,
    /// The encoding of the text.
    pub data_coding: u8,
    /// The text, after its user data header where it has one.
    pub payload: Zeroizing<Vec<u8>>,
    /// Optional parameters: tag and value.
    pub parameters: Vec<(u16, Vec<u8>)>,
}

impl fmt::Debug for ShortMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortMessage([hidden])")
    }
}

/// The tag of the parameter with a text that is too long for a length of one octet (§5.3.2.32).
const MESSAGE_PAYLOAD: u16 = 0x0424;

/// Bytes that are not a PDU. The session cannot continue, because the beginning of the next PDU is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// The length of the PDU is below 16 or above the limit.
    #[error("a unit of the protocol has an impossible length")]
    Length,
    /// A field extends beyond the end of the PDU, or a text is not terminated.
    #[error("a field of a unit runs over its end")]
    Field,
}

/// The length of the PDU at the beginning of `bytes`; `None` for fewer than four bytes.
///
/// # Errors
///
/// [`PduError::Length`] for an impossible length.
pub fn unit_length(bytes: &[u8]) -> Result<Option<usize>, PduError> {
    let Some(length) = bytes.first_chunk::<4>() else { return Ok(None) };
    match usize::try_from(u32::from_be_bytes(*length)) {
        Ok(length) if (HEADER_BYTES..=PDU_BYTES_MAX).contains(&length) => Ok(Some(length)),
        Ok(_) | Err(_) => Err(PduError::Length),
    }
}

impl Pdu {
    /// Makes a request.
    pub const fn request(sequence: u32, body: Body) -> Self {
        Self { status: status::OK, sequence, body }
    }

    /// Encodes the PDU. The bytes may contain a code, so they are wiped on drop.
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

    /// Decodes a complete PDU, whose length must be that of [`unit_length`].
    ///
    /// # Errors
    ///
    /// [`PduError`] where the bytes are not a PDU.
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
            // The interface version is 3.4, and there is no range of addresses.
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

/// Whether an unsupported command is a request that needs a reply, and not a reply itself, `outbind` (0x0B) or
/// `alert_notification` (0x102).
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
        // A refusal may have no body.
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

/// Writes a text with its terminating zero. A zero inside the text would terminate it early and is left out.
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

    /// Reads a text of at most `max` bytes, including its terminating zero. Bytes outside ASCII become `?`.
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

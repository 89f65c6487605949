//! A message centre: takes SMS, sends receipts, puts long messages together.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use messages::smpp::{
    Coding, assemble,
    pdu::{self, Address, Body, Pdu, ShortMessage, status},
    text,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Content, Inbox, Running};

/// Long messages that lack a part; more are forgotten.
const UNFINISHED_MAX: usize = 64;

/// Who may send.
#[derive(Clone, Debug)]
pub struct Account {
    /// Name.
    pub system_id: String,
    /// Password.
    pub password: String,
}

/// Starts the centre.
///
/// # Errors
///
/// Where no loopback port can be had.
pub async fn serve(inbox: Inbox, account: Account) -> io::Result<Running> {
    let account = Arc::new(account);
    super::listen(move |stream| {
        let session = Session {
            stream,
            inbox: inbox.clone(),
            account: Arc::clone(&account),
            buffer: Vec::new(),
            bound: false,
            sequence: 0,
            taken: 0,
            unfinished: HashMap::new(),
        };
        session.run()
    })
    .await
}

/// Which long message: to whom, and the reference of its parts.
type Long = (String, u8);

struct Session {
    stream: TcpStream,
    inbox: Inbox,
    account: Arc<Account>,
    buffer: Vec<u8>,
    bound: bool,
    sequence: u32,
    taken: u32,
    unfinished: HashMap<Long, BTreeMap<u8, Vec<u8>>>,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        loop {
            let unit = loop {
                let length = pdu::unit_length(&self.buffer).map_err(io::Error::other)?;
                if let Some(bytes) = length.and_then(|length| self.buffer.get(..length)) {
                    let unit = Pdu::decode(bytes).map_err(io::Error::other)?;
                    self.buffer.drain(..bytes.len());
                    break unit;
                }
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    return Ok(());
                }
            };
            let goodbye = unit.body == Body::Unbind;
            self.take(unit).await?;
            if goodbye {
                return Ok(());
            }
        }
    }

    async fn take(&mut self, unit: Pdu) -> io::Result<()> {
        let mut receipt = None;
        let (status, body) = match unit.body {
            Body::Bind(bind) => {
                let known = bind.system_id == self.account.system_id
                    && *bind.password == self.account.password;
                self.bound = known;
                let status = if known { status::OK } else { status::INVALID_PASSWORD };
                (status, Body::BindResp { kind: bind.kind, system_id: "sandbox".to_owned() })
            }
            Body::SubmitSm(_) if !self.bound => {
                (status::INVALID_BIND_STATUS, Body::SubmitSmResp { message_id: String::new() })
            }
            Body::SubmitSm(message) => {
                self.taken += 1;
                let message_id = format!("{:08x}", self.taken);
                let wanted = message.registered_delivery & 0x03 == 1;
                let outcome = self.keep(&message);
                if wanted && outcome == status::OK {
                    receipt = Some(receipt_of(&message, &message_id));
                }
                (outcome, Body::SubmitSmResp { message_id })
            }
            Body::EnquireLink => (status::OK, Body::EnquireLinkResp),
            Body::Unbind => (status::OK, Body::UnbindResp),
            Body::DeliverSmResp | Body::EnquireLinkResp | Body::UnbindResp | Body::GenericNack => {
                return Ok(());
            }
            Body::BindResp { .. }
            | Body::SubmitSmResp { .. }
            | Body::DeliverSm(_)
            | Body::Unknown { .. } => (status::INVALID_COMMAND, Body::GenericNack),
        };
        let answer = Pdu { status, sequence: unit.sequence, body };
        self.stream.write_all(&answer.encode()).await?;
        if let Some(receipt) = receipt {
            self.sequence += 1;
            let receipt = Pdu::request(self.sequence, Body::DeliverSm(Box::new(receipt)));
            self.stream.write_all(&receipt.encode()).await?;
        }
        Ok(())
    }

    /// Keeps a message, or a part of one until all are there.
    fn keep(&mut self, message: &ShortMessage) -> u32 {
        let Some(coding) = Coding::of_data_coding(message.data_coding) else {
            return status::SYSTEM_ERROR;
        };
        let to = match message.destination.ton {
            1 => format!("+{}", message.destination.text),
            _ => message.destination.text.clone(),
        };
        let words = if message.esm_class & pdu::ESM_HEADER == 0 {
            Some(text(coding, &message.payload))
        } else {
            let Some((reference, total, number, octets)) = part(&message.payload) else {
                return status::INVALID_ESM_CLASS;
            };
            if self.unfinished.len() >= UNFINISHED_MAX {
                self.unfinished.clear();
            }
            let long = (to.clone(), reference);
            let parts = self.unfinished.entry(long.clone()).or_default();
            parts.insert(number, octets);
            let whole = assemble(parts, total, coding);
            if whole.is_some() {
                self.unfinished.remove(&long);
            }
            whole
        };
        if let Some(text) = words {
            let from = match message.source.ton {
                1 => format!("+{}", message.source.text),
                _ => message.source.text.clone(),
            };
            self.inbox.keep(to, Content::Sms { from, text });
        }
        status::OK
    }
}

/// Reference, number of parts, which part, and its octets (3GPP TS 23.040 §9.2.3.24.1).
fn part(payload: &[u8]) -> Option<(u8, u8, u8, Vec<u8>)> {
    let (header, octets) = payload.split_at_checked(6)?;
    match header {
        [5, 0, 3, reference, total, number] if (1..=*total).contains(number) => {
            Some((*reference, *total, *number, octets.to_vec()))
        }
        _ => None,
    }
}

/// "Delivered", from the phone to the sender.
fn receipt_of(message: &ShortMessage, id: &str) -> ShortMessage {
    let text = format!("id:{id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
    ShortMessage {
        source: message.destination.clone(),
        destination: Address { ..message.source.clone() },
        esm_class: pdu::ESM_RECEIPT,
        payload: text.into_bytes().into(),
        ..ShortMessage::default()
    }
}

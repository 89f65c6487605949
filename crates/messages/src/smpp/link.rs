//! A bound session: a task that owns the socket, and a handle that sends requests to it.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    SmppSettings,
    connection::{Connection, Endpoint},
    pdu::{self, Bind, BindKind, Body, PDU_BYTES_MAX, Pdu, PduError, status, unit_length},
    receipt::Receipt,
};

/// The largest sequence number; the smallest is 1 (SMPP 3.4 §5.1.4).
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

/// The largest number of requests that wait to be written to the socket.
const REQUESTS_WAITING_MAX: usize = 64;

/// Why there is no reply from the centre.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("connecting to the message centre failed")]
    Connect(#[source] io::Error),
    #[error("the message centre did not answer in time")]
    Late,
    #[error("the message centre refused the session with status {0:#x}")]
    Refused(u32),
    #[error("the message centre does not speak SMPP")]
    Protocol(#[source] PduError),
    #[error("the message centre answered something else")]
    OutOfOrder,
    #[error("the session ended before the request was written")]
    NotWritten,
    #[error("the session ended before the answer came")]
    Ended,
}

impl LinkError {
    /// Whether the request certainly did not reach the centre.
    pub(super) const fn never_left(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Refused(_) | Self::NotWritten => true,
            Self::Late | Self::Protocol(_) | Self::OutOfOrder | Self::Ended => false,
        }
    }

    /// Whether only the operator can correct the error: the name, password or system type of this service is wrong, or
    /// the certificate of the centre is.
    pub(super) fn is_the_operators(&self) -> bool {
        match self {
            Self::Refused(code) => matches!(
                *code,
                status::BIND_FAILED
                    | status::INVALID_PASSWORD
                    | status::INVALID_SYSTEM_ID
                    | status::INVALID_SYSTEM_TYPE
            ),
            Self::Connect(error) => error.get_ref().is_some_and(|why| why.is::<rustls::Error>()),
            Self::Late | Self::Protocol(_) | Self::OutOfOrder | Self::NotWritten | Self::Ended => {
                false
            }
        }
    }
}

struct Request {
    body: Body,
    answer: oneshot::Sender<Result<Pdu, LinkError>>,
    /// Set before the session checks whether the caller still waits. A caller that stops waiting and then reads `false`
    /// knows that the request was not written.
    picked_up: Arc<AtomicBool>,
}

/// A request without a reply. Even if its caller has stopped waiting, the request counts towards the window, because
/// the centre still has it.
struct Unanswered(oneshot::Sender<Result<Pdu, LinkError>>);

/// A handle to a bound session. Dropping it closes the socket.
pub(super) struct Link {
    requests: mpsc::Sender<Request>,
    task: JoinHandle<()>,
}

impl Link {
    /// Connects and binds.
    pub(super) async fn open(
        settings: &SmppSettings,
        endpoint: &Endpoint,
        receipts: mpsc::Sender<Receipt>,
    ) -> Result<Self, LinkError> {
        let binding = Session::bind(settings, endpoint, receipts);
        let mut session =
            timeout(settings.answer_within, binding).await.map_err(|_| LinkError::Late)??;
        let (requests, waiting) = mpsc::channel(REQUESTS_WAITING_MAX);
        let task = tokio::spawn(async move {
            let reason = session.run(waiting).await;
            tracing::debug!(%reason, "the session with the message centre ended");
        });
        Ok(Self { requests, task })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.task.is_finished()
    }

    /// Sends a request and waits for its reply.
    pub(super) async fn ask(&self, body: Body, within: Duration) -> Result<Pdu, LinkError> {
        let (answer, mut answered) = oneshot::channel();
        let picked_up = Arc::new(AtomicBool::new(false));
        let request = Request { body, answer, picked_up: Arc::clone(&picked_up) };
        let deadline = Instant::now() + within;
        if !matches!(timeout(within, self.requests.send(request)).await, Ok(Ok(()))) {
            return Err(LinkError::NotWritten);
        }
        match tokio::time::timeout_at(deadline, &mut answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(LinkError::Ended),
            Err(_) => {
                answered.close();
                let left = picked_up.load(Ordering::SeqCst);
                Err(if left { LinkError::Late } else { LinkError::NotWritten })
            }
        }
    }

    /// Ends the session.
    pub(super) async fn close(&self, within: Duration) {
        // The session has ended, whatever the centre replies.
        let _ = self.ask(Body::Unbind, within).await;
        self.task.abort();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a session ended. It is logged, so it contains no personal data.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("nobody needs it any more")]
    Unneeded,
    #[error("the centre closed it")]
    Closed,
    #[error("the centre is silent")]
    Silent,
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("{0}")]
    Protocol(PduError),
}

struct Session {
    stream: Box<dyn Connection>,
    /// The bytes that were read and do not form a complete PDU yet.
    buffer: Vec<u8>,
    sequence: u32,
    pending: HashMap<u32, Unanswered>,
    /// The largest number of requests without a reply.
    window: usize,
    /// When the centre last replied to a request, or a request was written while none was waiting for a reply.
    answered_at: Instant,
    receipts: mpsc::Sender<Receipt>,
    answer_within: Duration,
    enquire_every: Duration,
    /// The sequence number and time of our `enquire_link` request that has no reply yet.
    enquiry: Option<(u32, Instant)>,
}

impl Session {
    async fn bind(
        settings: &SmppSettings,
        endpoint: &Endpoint,
        receipts: mpsc::Sender<Receipt>,
    ) -> Result<Self, LinkError> {
        let stream = endpoint.connect().await.map_err(LinkError::Connect)?;
        let mut session = Self {
            stream,
            buffer: Vec::with_capacity(1_024),
            sequence: 0,
            pending: HashMap::new(),
            window: usize::from(settings.window.get()),
            answered_at: Instant::now(),
            receipts,
            answer_within: settings.answer_within,
            enquire_every: settings.enquire_every,
            enquiry: None,
        };
        let bind = Bind {
            kind: BindKind::Transceiver,
            system_id: settings.system_id.clone(),
            password: Zeroizing::new(settings.password.expose().clone()),
            system_type: settings.system_type.clone(),
        };
        let sequence = session.next_sequence();
        session.write(&Pdu::request(sequence, Body::Bind(bind))).await.map_err(broken)?;
        let answer = loop {
            if let Some(unit) = session.unit().map_err(LinkError::Protocol)? {
                break unit;
            }
            session.read().await.map_err(broken)?;
        };
        if !matches!(answer.body, Body::BindResp { .. } | Body::GenericNack) {
            return Err(LinkError::OutOfOrder);
        }
        let bound = answer.status == status::OK && answer.body != Body::GenericNack;
        if bound { Ok(session) } else { Err(LinkError::Refused(answer.status)) }
    }

    /// Handles requests and the PDUs of the centre until either side ends the session. The requests that are then open
    /// fail.
    async fn run(&mut self, mut waiting: mpsc::Receiver<Request>) -> End {
        let end = loop {
            let deadline = self.deadline();
            let has_room = self.pending.len() < self.window;
            // PDUs that are already in the buffer are handled before the socket is read again.
            match self.unit() {
                Ok(Some(unit)) => {
                    if let Err(end) = self.take(unit).await {
                        break end;
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => break End::Protocol(error),
            }
            let mut chunk = Zeroizing::new([0_u8; 1_024]);
            tokio::select! {
                request = waiting.recv(), if has_room => match request {
                    Some(request) => if let Err(end) = self.send(request).await { break end },
                    None => break End::Unneeded,
                },
                read = self.stream.read(&mut chunk[..]) => match read {
                    Ok(0) => break End::Closed,
                    Ok(count) => self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                    Err(error) => break End::Broken(error),
                },
                () = tokio::time::sleep_until(deadline) => {
                    if self.enquiry.is_some() || !has_room {
                        break End::Silent;
                    }
                    if let Err(end) = self.enquire().await { break end }
                }
            }
        };
        waiting.close();
        while let Ok(request) = waiting.try_recv() {
            // A caller that has stopped waiting needs no reply.
            let _ = request.answer.send(Err(LinkError::NotWritten));
        }
        end
    }

    /// When the session has to act next: an `enquire_link` is due or got no reply, or a full window got no reply.
    fn deadline(&self) -> Instant {
        let alive = match self.enquiry {
            Some((_, asked)) => asked + self.answer_within,
            None => Instant::now() + self.enquire_every,
        };
        if self.pending.len() < self.window {
            alive
        } else {
            alive.min(self.answered_at + self.answer_within)
        }
    }

    async fn send(&mut self, request: Request) -> Result<(), End> {
        request.picked_up.store(true, Ordering::SeqCst);
        if request.answer.is_closed() {
            return Ok(());
        }
        let sequence = self.next_sequence();
        if self.pending.is_empty() {
            self.answered_at = Instant::now();
        }
        self.pending.insert(sequence, Unanswered(request.answer));
        self.write(&Pdu::request(sequence, request.body)).await.map_err(End::Broken)
    }

    async fn enquire(&mut self) -> Result<(), End> {
        let sequence = self.next_sequence();
        self.enquiry = Some((sequence, Instant::now()));
        self.write(&Pdu::request(sequence, Body::EnquireLink)).await.map_err(End::Broken)
    }

    /// Handles a PDU from the centre.
    async fn take(&mut self, unit: Pdu) -> Result<(), End> {
        let answer = match &unit.body {
            Body::DeliverSm(message) => {
                if let Some(receipt) = Receipt::of(message) {
                    // The receipt is dropped where its receiver is slow or gone, because no decision depends on it.
                    let _ = self.receipts.try_send(receipt);
                }
                Some(Body::DeliverSmResp)
            }
            Body::EnquireLink => Some(Body::EnquireLinkResp),
            Body::Unbind => Some(Body::UnbindResp),
            Body::EnquireLinkResp => {
                self.enquiry = None;
                None
            }
            Body::SubmitSmResp { .. } | Body::GenericNack | Body::UnbindResp => None,
            // Replies, known or not, and alerts get no reply (SMPP 3.4 §4.3, §4.12).
            Body::BindResp { .. } | Body::DeliverSmResp => None,
            Body::Unknown { command } if !pdu::wants_answer(*command) => None,
            Body::Bind(_) | Body::SubmitSm(_) | Body::Unknown { .. } => Some(Body::GenericNack),
        };
        let goodbye = matches!(unit.body, Body::Unbind);
        match answer {
            Some(body) => {
                let nack = body == Body::GenericNack;
                let status = if nack { status::INVALID_COMMAND } else { status::OK };
                let answer = Pdu { status, sequence: unit.sequence, body };
                self.write(&answer).await.map_err(End::Broken)?;
            }
            None => {
                if let Some(Unanswered(waiting)) = self.pending.remove(&unit.sequence) {
                    self.answered_at = Instant::now();
                    // A caller that has stopped waiting needs no reply.
                    let _ = waiting.send(Ok(unit));
                }
            }
        }
        if goodbye { Err(End::Closed) } else { Ok(()) }
    }

    /// The next complete PDU in the buffer.
    fn unit(&mut self) -> Result<Option<Pdu>, PduError> {
        let Some(length) = unit_length(&self.buffer)? else { return Ok(None) };
        let Some(bytes) = self.buffer.get(..length) else { return Ok(None) };
        let unit = Pdu::decode(bytes)?;
        let rest = self.buffer.split_off(length);
        self.buffer.zeroize();
        self.buffer = rest;
        Ok(Some(unit))
    }

    async fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0_u8; 1_024];
        let count = self.stream.read(&mut chunk).await?;
        if count == 0 || self.buffer.len() + count > 2 * PDU_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(())
    }

    async fn write(&mut self, pdu: &Pdu) -> io::Result<()> {
        let bytes = pdu.encode();
        let writing = async {
            self.stream.write_all(&bytes).await?;
            // TLS buffers what is written until it is flushed.
            self.stream.flush().await
        };
        let written = timeout(self.answer_within, writing).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = if self.sequence >= SEQUENCE_MAX { 1 } else { self.sequence + 1 };
        self.sequence
    }
}

fn broken(error: io::Error) -> LinkError {
    LinkError::Connect(error)
}

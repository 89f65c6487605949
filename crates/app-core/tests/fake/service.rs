use std::sync::{Arc, Mutex, MutexGuard};

use app_core::{Offline, Server, ServerRequest, ServerResponse};
use pin::{Account, CredentialIdentifier, Holder, LoginState, Record, ServerSetup};
use request_signature::{Message, Presented, PublicKey, thumbprint};
use serde::Serialize;
use serde_json::{Value, json};
use wire::grant::GrantView;
use wire::instance::{Activated, Activation, InstanceState, LockState};
use wire::pin::{
    PinSet, Redeemed, RegistrationFinish, RegistrationReply, RegistrationStart, TemporaryPin,
    TryFinish, TryOutcome, TryPurpose, TryStart, TryTicket,
};
use wire::recovery::{RecoveryStep, RecoveryView};
use wire::sign_in::{SignInStatus, SignInView};

use super::{ChipSide, Instance, State, Ticket};

pub const ORIGIN: &str = "http://genvej.example";

/// What is lost on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lose {
    /// The request never arrives.
    Request,
    /// The deed is done, its answer is lost.
    Answer,
}

/// The one server of a test; clones are lines to it.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

pub(super) type Reply = Result<Value, (u16, &'static str)>;

impl World {
    pub fn new() -> Self {
        let mut next = 0_u64;
        let mut random = |bytes: &mut [u8]| draw(&mut next, bytes);
        let setup = ServerSetup::generate(&mut random);
        Self(Arc::new(Mutex::new(State {
            setup,
            codes: [("ABCD1234".to_owned(), None), ("EFGH5678".to_owned(), None)].into(),
            instances: Default::default(),
            nonces: Default::default(),
            replies: Default::default(),
            lose: Vec::new(),
            offline: false,
            draws: 1 << 32,
            seen: Vec::new(),
            chip: ChipSide::default(),
            app_version_min: None,
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Changes the only instance there is.
    pub fn instance(&self, change: impl FnOnce(&mut Instance)) {
        change(self.state().instances.values_mut().next().unwrap());
    }

    pub fn lose(&self, what: Lose, path: &'static str, times: usize) {
        self.state().lose = vec![(what, path); times];
    }

    /// How often requests to this method and path arrived.
    pub fn arrivals(&self, of: &str) -> usize {
        self.state().seen.iter().filter(|seen| seen.as_str() == of).count()
    }

    pub fn grant(&self, birth_date: Option<&str>) {
        let grant = GrantView {
            grant_id: "9".repeat(32),
            seconds_left: 600,
            birth_date: birth_date.map(str::to_owned),
        };
        self.instance(|instance| {
            instance.grant = Some(grant);
            instance.blinded = None;
        });
    }

    pub fn sign_in(&self, id: &str, number: &str, service: &str) {
        let view = SignInView {
            sign_in_id: id.to_owned(),
            service_name: service.to_owned(),
            status: SignInStatus::Waiting,
            seconds_left: 300,
        };
        self.instance(|instance| instance.sign_ins.push((number.to_owned(), view)));
    }
}

impl Server for World {
    fn origin(&self) -> &str {
        ORIGIN
    }

    fn call(&mut self, request: &ServerRequest) -> Result<ServerResponse, Offline> {
        let mut state = self.state();
        let at = format!("{} {}", request.method, request.path);
        let lost = state.lose.iter().position(|(_, path)| at.starts_with(path));
        let lost = lost.map(|index| state.lose.remove(index).0);
        if state.offline || lost == Some(Lose::Request) {
            return Err(Offline);
        }
        state.seen.push(at);
        let response = state.answer(request);
        if lost == Some(Lose::Answer) { Err(Offline) } else { Ok(response) }
    }
}

impl State {
    fn nonce(&mut self) -> String {
        self.draws += 1;
        let nonce = format!("nonce-{:08}", self.draws);
        self.nonces.insert(nonce.clone());
        nonce
    }

    fn answer(&mut self, request: &ServerRequest) -> ServerResponse {
        if request.path == "/v1/app/nonce" {
            let nonce = self.nonce();
            let body = json!({"nonce": nonce, "expires_in_secs": 120}).to_string();
            return ServerResponse { status: 200, nonce: None, body: body.into_bytes() };
        }
        let Some((keyid, idempotency_key)) = self.verified(request) else {
            let body = problem(401, "not-authorised").to_string();
            return ServerResponse { status: 401, nonce: None, body: body.into_bytes() };
        };
        let known = self.replies.get(&(keyid.clone(), idempotency_key.clone())).cloned();
        let (status, body) = known.unwrap_or_else(|| {
            let (status, body) = match self.carried_out(&keyid, request) {
                Ok(body) => (200, body),
                Err((status, code)) => (status, problem(status, code)),
            };
            (status, body.to_string().into_bytes())
        });
        self.replies.insert((keyid, idempotency_key), (status, body.clone()));
        ServerResponse { status, nonce: Some(self.nonce()), body }
    }

    fn verified(&mut self, request: &ServerRequest) -> Option<(String, String)> {
        let presented = Presented::parse(|name| {
            let values = request.headers.iter().filter(|(of, _)| *of == name);
            values.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        })
        .ok()?;
        if !self.nonces.remove(presented.nonce()) {
            return None;
        }
        let key = if request.path == "/v1/app/activations" {
            let body: Activation = serde_json::from_slice(&request.body).ok()?;
            let point: [u8; 65] = body.device_public_key.0.try_into().ok()?;
            (thumbprint(&point) == presented.keyid()).then_some(())?;
            PublicKey::from_bytes(&point).ok()?
        } else {
            let instance = self.instances.get(presented.keyid())?;
            (!instance.unbound).then(|| instance.key.clone())?
        };
        let target_uri = format!("{ORIGIN}{}", request.path);
        let message =
            Message { method: request.method, target_uri: &target_uri, body: &request.body };
        presented.verify(&message, &key).ok()?;
        Some((presented.keyid().to_owned(), presented.idempotency_key().to_owned()))
    }

    fn carried_out(&mut self, keyid: &str, request: &ServerRequest) -> Reply {
        let path = request.path.strip_prefix("/v1/app/").unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method, parts.as_slice()) {
            ("POST", ["activations"]) => self.activate(keyid, &read(request)),
            ("GET", ["state"]) => Ok(self.shown(keyid)),
            ("POST", ["pin", "registrations"]) => self.registration_start(keyid, &read(request)),
            ("PUT", ["pin", "registrations"]) => self.registration_finish(keyid, &read(request)),
            ("POST", ["pin", "tries"]) => self.try_start(keyid, &read(request)),
            ("POST", ["pin", "tries", ticket]) => self.try_finish(keyid, ticket, &read(request)),
            ("POST", ["temporary-pin"]) => self.redeem(keyid, &read(request)),
            ("POST", ["sign-ins", "find"]) => self.find_sign_in(keyid, &read(request)),
            ("POST", ["sign-ins", id, "refuse"]) => {
                self.of(keyid).sign_ins.retain(|(_, sign_in)| sign_in.sign_in_id != *id);
                Ok(Value::Null)
            }
            ("POST", ["recoveries"]) => {
                let start: wire::recovery::RecoveryStart = read(request);
                let step = RecoveryStep::Chip {
                    p_code_given: start.p_code_given,
                    read_by_server: self.chip.read_by_server,
                };
                let view = RecoveryView { case_id: "c".repeat(32), step, seconds_left: 3600 };
                self.of(keyid).recovery = Some(view.clone());
                Ok(value(&view))
            }
            ("POST", ["recoveries", _, "active-authentication-challenge"]) => {
                Ok(json!({"challenge": "AQIDBAUGBwg", "expires_in_secs": 60}))
            }
            ("POST", ["recoveries", _, "chip"]) => {
                let reading: wire::chip::ChipReading = read(request);
                assert!(reading.files.contains_key("sod"), "a reading carries its SOD");
                self.chip.judge(&reading);
                let view = face_step(3);
                self.of(keyid).recovery = Some(view.clone());
                Ok(value(&view))
            }
            ("POST", ["recoveries", _, "chip-authentication"]) => self.chip.agree(&read(request)),
            ("POST", ["recoveries", _, "chip-relays"]) => self.chip.begin(&read(request)),
            ("POST", ["recoveries", _, "chip-relays", _]) => {
                let reply = self.chip.go_on(read(request))?;
                if self.chip.proven.is_some() {
                    self.of(keyid).recovery = Some(face_step(3));
                }
                Ok(reply)
            }
            ("POST", ["recoveries", _, "face", "captures"]) => {
                let start: wire::face::CaptureStart = read(request);
                let light = start.coloured_light.then_some(wire::face::FaceLight::Amber);
                let view = wire::face::CaptureView { light, ..capture_view(0) };
                self.of(keyid).capture = Some(view.clone());
                Ok(value(&view))
            }
            ("POST", ["recoveries", _, "face", "frames"]) => self.look(keyid, read(request)),
            ("POST", ["recoveries", _, "face"]) => self.face(keyid, read(request)),
            ("DELETE", ["recoveries", _]) => {
                self.of(keyid).recovery = None;
                Ok(Value::Null)
            }
            other => panic!("no such endpoint: {other:?}"),
        }
    }

    fn of(&mut self, keyid: &str) -> &mut Instance {
        self.instances.get_mut(keyid).unwrap()
    }

    fn activate(&mut self, thumbprint: &str, body: &Activation) -> Reply {
        assert_eq!(body.offer_id, super::phone::OFFER);
        let used = self.codes.get_mut(&body.activation_code).ok_or((404, "activation-refused"))?;
        if used.is_some() {
            return Err((404, "activation-refused"));
        }
        *used = Some(thumbprint.to_owned());
        let instance_id = thumbprint[..32].to_owned();
        let point: [u8; 65] = body.device_public_key.0.clone().try_into().unwrap();
        let grant = GrantView { grant_id: "1".repeat(32), seconds_left: 600, birth_date: None };
        self.instances.insert(
            instance_id.clone(),
            Instance {
                key: PublicKey::from_bytes(&point).unwrap(),
                pin: None,
                wrong: 0,
                locked: None,
                blocked: false,
                ticket: None,
                temporary_pin: None,
                temporary_tries: 3,
                grant: Some(grant.clone()),
                blinded: None,
                sign_ins: Vec::new(),
                wrong_numbers: 0,
                recovery: None,
                capture: None,
                looked_at: Vec::new(),
                captured: None,
                pool_is_full: false,
                unbound: false,
            },
        );
        Ok(value(&Activated { instance_id, grant }))
    }

    fn find_sign_in(&mut self, keyid: &str, body: &wire::sign_in::SignInNumber) -> Reply {
        let instance = self.of(keyid);
        if let Some((_, found)) =
            instance.sign_ins.iter().find(|(number, _)| *number == body.number)
        {
            return Ok(value(found));
        }
        instance.wrong_numbers += 1;
        if instance.wrong_numbers < 2 {
            return Err((422, "sign-in-number-wrong"));
        }
        instance.sign_ins.clear();
        Err((410, "sign-in-numbers-used"))
    }

    fn shown(&mut self, keyid: &str) -> Value {
        let instance = self.of(keyid);
        value(&InstanceState {
            lock: instance.lock(),
            grant: instance.grant.clone(),
            recovery: instance.recovery.clone(),
            sign_in_waits: !instance.sign_ins.is_empty(),
            as_of: "2026-11-22T10:00:00Z".to_owned(),
            support_phone: "+45 00 00 00 00".to_owned(),
            booking_url: "https://genvej.example/book".to_owned(),
            scanning_url: "https://genvej.example/scanning".to_owned(),
            app_version_min: self.app_version_min.clone(),
        })
    }

    fn registration_start(&mut self, keyid: &str, body: &RegistrationStart) -> Reply {
        let mut draws = self.draws;
        let identifier = CredentialIdentifier::generate(&mut |bytes| draw(&mut draws, bytes));
        self.draws = draws;
        let instance = self.instances.get_mut(keyid).unwrap();
        if instance.grant.as_ref().map(|grant| &grant.grant_id) != Some(&body.grant_id) {
            return Err((409, "grant-not-valid"));
        }
        let (blinded, identifier) =
            instance.blinded.get_or_insert_with(|| (body.request.0.clone(), identifier));
        if *blinded != body.request.0 {
            return Err((409, "grant-not-valid"));
        }
        let request: [u8; 32] = blinded.clone().try_into().unwrap();
        let response = self.setup.answer_registration(identifier, &request).unwrap();
        Ok(value(&RegistrationReply { response: response.as_slice().into() }))
    }

    fn registration_finish(&mut self, keyid: &str, body: &RegistrationFinish) -> Reply {
        let instance = self.of(keyid);
        let (_, identifier) = instance.blinded.take().ok_or((409, "grant-not-valid"))?;
        let record: [u8; pin::RECORD_BYTES] = body.record.0.clone().try_into().unwrap();
        instance.pin = Some((identifier, Record::from_bytes(&record).unwrap()));
        instance.grant = None;
        instance.recovery = None;
        (instance.wrong, instance.locked, instance.blocked) = (0, None, false);
        Ok(value(&PinSet { lock: instance.lock() }))
    }

    fn try_start(&mut self, keyid: &str, body: &TryStart) -> Reply {
        let mut draws = self.draws;
        let instance = self.instances.get_mut(keyid).unwrap();
        if instance.ticket.is_some() {
            return Err((409, "try-in-progress"));
        }
        if !matches!(instance.lock(), LockState::Ready { .. }) {
            return Err((423, "pin-locked"));
        }
        let (identifier, record) = instance.pin.as_ref().unwrap();
        let account = Account::Registered { identifier: *identifier, record };
        let ke1: [u8; 96] = body.ke1.0.clone().try_into().unwrap();
        let holder = Holder(keyid.as_bytes());
        let answered = self
            .setup
            .answer_login(account, holder, &ke1, &mut |bytes| draw(&mut draws, bytes))
            .unwrap();
        let id = format!("{draws:032x}");
        instance.ticket = Some(Ticket {
            id: id.clone(),
            state: *answered.state.as_bytes(),
            purpose: body.purpose.clone(),
        });
        self.draws = draws;
        let ke2 = answered.ke2.as_slice().into();
        Ok(value(&TryTicket { ticket_id: id, ke2, expires_in_secs: 30 }))
    }

    fn try_finish(&mut self, keyid: &str, ticket: &str, body: &TryFinish) -> Reply {
        let instance = self.of(keyid);
        let open = instance.ticket.take().filter(|open| open.id == ticket);
        let open = open.ok_or((410, "try-expired"))?;
        let ke3 = body.ke3.as_ref().and_then(|ke3| <[u8; 64]>::try_from(ke3.0.as_slice()).ok());
        let right = ke3.is_some_and(|ke3| {
            LoginState::from_bytes(&open.state).finish(Holder(keyid.as_bytes()), &ke3).is_ok()
        });
        let mut sign_in = None;
        if right {
            instance.wrong = 0;
            if let TryPurpose::ApproveSignIn { sign_in_id } = &open.purpose {
                let at = instance.sign_ins.iter().position(|(_, s)| s.sign_in_id == *sign_in_id);
                sign_in = at.map(|at| instance.sign_ins.remove(at).1);
            }
        } else {
            instance.count_wrong();
        }
        Ok(value(&TryOutcome { right, lock: instance.lock(), sign_in }))
    }

    fn redeem(&mut self, keyid: &str, body: &TemporaryPin) -> Reply {
        let instance = self.of(keyid);
        if instance.temporary_tries == 0 || instance.temporary_pin.is_none() {
            return Err((404, "temporary-pin-not-valid"));
        }
        if instance.temporary_pin.as_ref() != Some(&body.code) {
            instance.temporary_tries -= 1;
            return Err((403, "temporary-pin-wrong"));
        }
        instance.temporary_pin = None;
        let grant = GrantView {
            grant_id: "2".repeat(32),
            seconds_left: 600,
            birth_date: Some("1968-04-17".to_owned()),
        };
        instance.grant = Some(grant.clone());
        instance.blinded = None;
        Ok(value(&Redeemed { grant }))
    }

    /// Four frames, two a prompt. A frame whose last byte is 0 does not do what is asked.
    fn look(&mut self, keyid: &str, body: wire::face::FrameLook) -> Reply {
        let instance = self.of(keyid);
        let capture = instance.capture.as_mut().unwrap();
        let asked = capture.prompts.len() - 1;
        assert_eq!(usize::from(body.frame.prompt), asked, "frames answer what is asked now");
        if body.frame.jpeg.0.last() == Some(&0) {
            capture.counted = false;
            capture.hint = Some("face-follow-prompt".to_owned());
            return Ok(value(capture));
        }
        instance.looked_at.push(body.frame.at_ms);
        let mut next = capture_view(capture.frames_met + 1);
        next.light = capture.light;
        next.counted = true;
        next.wanted = (next.frames_met == 4).then(|| instance.looked_at.clone());
        *capture = next.clone();
        Ok(value(&next))
    }

    fn face(&mut self, keyid: &str, body: wire::face::FaceCapture) -> Reply {
        if std::mem::take(&mut self.of(keyid).pool_is_full) {
            return Err((503, "face-pool-full"));
        }
        let instance = self.of(keyid);
        instance.captured = Some(body);
        let grant = GrantView { grant_id: "3".repeat(32), seconds_left: 600, birth_date: None };
        instance.grant = Some(grant.clone());
        instance.blinded = None;
        let view = instance.recovery.as_mut().unwrap();
        view.step = RecoveryStep::NewPin { grant };
        Ok(value(view))
    }
}

impl Instance {
    fn lock(&self) -> LockState {
        if self.pin.is_none() {
            LockState::AwaitingFirstPin
        } else if self.blocked {
            LockState::Blocked
        } else if let Some(seconds_left) = self.locked {
            LockState::Locked { seconds_left, wrong_tries: self.wrong }
        } else {
            LockState::Ready { tries_left: 3 - self.wrong % 3 }
        }
    }

    pub fn count_wrong(&mut self) {
        self.wrong += 1;
        match self.wrong {
            3 => self.locked = Some(180),
            6 => self.locked = Some(3600),
            9.. => self.blocked = true,
            _ => {}
        }
    }
}

pub(super) fn face_step(tries_left: u8) -> RecoveryView {
    let step = RecoveryStep::Face {
        coming_nearer: false,
        coloured_light: true,
        tries_left,
        last_reason: None,
    };
    RecoveryView { case_id: "c".repeat(32), step, seconds_left: 3600 }
}

fn capture_view(frames_met: u8) -> wire::face::CaptureView {
    let all = [wire::face::FacePrompt::LookStraight, wire::face::FacePrompt::TurnLeft];
    wire::face::CaptureView {
        capture_nonce: "capture-nonce".to_owned(),
        prompts: all.into_iter().take(1 + usize::from(frames_met >= 2)).collect(),
        frames_met,
        turn_degrees: None,
        light: None,
        frames_needed: 4,
        counted: false,
        hint: None,
        wanted: None,
        seconds_left: 120,
    }
}

fn draw(next: &mut u64, bytes: &mut [u8]) {
    for byte in bytes {
        *next =
            next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = next.to_be_bytes()[0];
    }
}

fn read<T: serde::de::DeserializeOwned>(request: &ServerRequest) -> T {
    serde_json::from_slice(&request.body).unwrap()
}

pub(super) fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

fn problem(status: u16, code: &str) -> Value {
    json!({
        "type": format!("urn:genvej:problem:{code}"), "title": code, "status": status, "code": code,
        "tries_left": (code == "temporary-pin-wrong").then_some(2),
    })
}

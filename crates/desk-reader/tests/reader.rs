//! The program itself on a real pcscd with vsmartcard's virtual reader: a document is read over its calls.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use chip::password::Password;
use chip::reader::{Plan, Reader, Step};
use chip_sim::{Card, File, Random as _, Seeded, VirtualReader, profile, with_virtual_reader};
use serde_json::{Value, json};

struct Program {
    process: Child,
    host: String,
    token: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Program {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_genvej-desk-reader"))
            .args(["--desk-origin", "https://desk.example", "--reader", "vpcd", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let host = told.next().unwrap().strip_prefix("address http://").unwrap().to_owned();
        let token = told.next().unwrap().strip_prefix("token ").unwrap().to_owned();
        Self { process, host, token }
    }

    fn call(&self, line: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(
            stream,
            "{line} HTTP/1.1\r\nhost: {}\r\norigin: https://desk.example\r\nconnection: close\r\n\
             genvej-desk-reader-token: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host, self.token, body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn transmit(&self, session: &Value, commands: &[&[u8]]) -> Value {
        let commands: Vec<String> = commands.iter().map(hex::encode).collect();
        self.call("POST /transmit", &json!({ "session": session, "commands": commands }))
    }
}

#[test]
fn a_document_is_read_over_the_calls_of_the_program() {
    let name = "a_document_is_read_over_the_calls_of_the_program";
    with_virtual_reader(name, play).unwrap_or_else(|error| panic!("{error}"));
}

fn play(reader: &mut VirtualReader) {
    let program = Program::start();
    let status = program.call("GET /status", &json!({}));
    assert_eq!(status["reader"], "Virtual PCD 00 00");
    assert_eq!(status["card_present"], false);
    assert_eq!(program.call("POST /connect", &json!({}))["code"], "no-card");

    let (_, document) = profile("td3").unwrap().issue(&mut Seeded::new([1; 32])).unwrap();
    reader.insert(0, Card::new(document.clone(), [2; 32]));
    let mut session = Value::Null;
    for _ in 0..200 {
        session = program.call("POST /connect", &json!({}))["session"].clone();
        if session.is_string() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(session.is_string(), "no chip within 10 s");
    assert_eq!(program.call("GET /status", &json!({}))["connected"], true);

    let password = Password::from_mrz_information(document.mrz_information()).unwrap();
    let mut random = Seeded::new([3; 32]);
    let random = Box::new(move |octets: &mut [u8]| random.fill(octets));
    let mut step = Reader::begin(Plan::new(password), random, None);
    let reading = loop {
        step = match step {
            Step::Send(awaiting) => {
                let carried = program.transmit(&session, &[awaiting.command()]);
                assert_eq!(carried["lost"], false);
                awaiting.answer(hex::decode(carried["answers"][0].as_str().unwrap()).unwrap())
            }
            Step::AccessGranted(granted) => granted.go_on(None),
            Step::Done(done) => break done.reading,
            Step::Failed(failure) => panic!("{}", failure.error),
        };
    };
    let dg2 = reading.files.get(&chip::lds::file::FileId::DG2).map(|bytes| bytes.as_slice());
    assert_eq!(dg2, document.file(File::DataGroup(2)));

    // A chip that is taken away in the middle is told.
    reader.remove(0);
    let select = [0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1];
    assert_eq!(program.transmit(&session, &[&select, &select])["lost"], true);
}

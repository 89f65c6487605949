use messages::smpp::{
    Coding, Receipt,
    pdu::{Body, Pdu, unit_length},
    text,
};

/// Units of the protocol: nothing panics, and what is read is written and read back the same.
pub fn run(data: &[u8]) {
    let _length = unit_length(data);
    let Ok(unit) = Pdu::decode(data) else { return };
    if let Body::DeliverSm(message) | Body::SubmitSm(message) = &unit.body {
        let _receipt = Receipt::of(message);
        for coding in [Coding::Gsm, Coding::Ucs2] {
            let _text = text(coding, &message.payload);
        }
    }
    assert_eq!(Pdu::decode(&unit.encode()).expect("our own unit").body, unit.body);
}

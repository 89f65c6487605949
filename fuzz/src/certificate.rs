use chip::certificate::Certificate;

/// Certificates: nothing panics, and what is read is read again from its own bytes.
pub fn run(data: &[u8]) {
    let Ok(certificate) = Certificate::from_file(data) else { return };
    assert_eq!(Certificate::from_der(certificate.der()).as_ref(), Ok(&certificate));
    let _signed = certificate.verify_signed_by(&certificate);
    let _name = (certificate.subject().to_string(), certificate.serial_hex());
}

use chip::tlv::{self, DEPTH_MAX, Reader, TlvError};

/// Anything as TLV: offsets stay inside, nesting is bounded, what is read is written back the same under DER.
pub fn run(data: &[u8]) {
    walk(Reader::new(data), data.len(), 0);
    if let Ok(Some(object)) = Reader::der(data).read() {
        assert_eq!(tlv::object(object.tag(), object.value()), object.raw());
    }
    let _header = tlv::header(data);
}

fn walk(mut reader: Reader<'_>, end: usize, depth: usize) {
    assert!(depth <= DEPTH_MAX);
    while let Ok(Some(object)) = reader.read() {
        assert!(object.offset() + object.raw().len() <= end);
        match object.children() {
            Ok(children) if object.tag().is_constructed() => walk(children, end, depth + 1),
            Ok(_) => {}
            Err(error) => assert!(matches!(error, TlvError::Depth { .. })),
        }
    }
}

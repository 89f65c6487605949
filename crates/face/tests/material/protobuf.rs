//! Small ONNX files, written byte by byte.
//!
//! ```text
//! field  = varint(number · 8 + wire) then a varint (wire 0) or varint(length) and so many bytes (wire 2)
//! model  = 1 version · 7 graph · 8 { 1 domain, 2 version of the operators }
//! graph  = 1 node · 2 name · 5 constant · 11 input · 12 output
//! node   = 1 input · 2 output · 4 operator
//! tensor = 1 dimension · 2 type (1: f32) · 8 name · 9 bytes
//! value  = 1 name · 2 { 1 { 1 type, 2 { 1 { 1 size or 2 letter } } } }
//! ```

/// Bytes of a message.
#[derive(Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn whole(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub(crate) fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    pub(crate) fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    pub(crate) fn messages(self, field: u64, messages: &[Self]) -> Self {
        messages.iter().fold(self, |whole, one| whole.message(field, one))
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

pub(crate) fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
    node.text(2, output).text(4, operator)
}

pub(crate) fn tensor(name: &str, dims: &[usize], values: &[f32]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensor = dims.iter().fold(Message::default(), |tensor, dim| tensor.whole(1, *dim as u64));
    tensor.whole(2, 1).text(8, name).bytes(9, &raw)
}

/// A value of the graph; a dimension of 0 may have any size.
pub(crate) fn value(name: &str, dims: &[usize]) -> Message {
    let shape = dims.iter().fold(Message::default(), |shape, dim| {
        let size = Message::default();
        shape.message(1, &if *dim == 0 { size.text(2, "n") } else { size.whole(1, *dim as u64) })
    });
    let tensor = Message::default().whole(1, 1).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

pub(crate) fn file(
    nodes: &[Message],
    constants: &[Message],
    inputs: &[Message],
    outputs: &[Message],
) -> Vec<u8> {
    let graph = Message::default()
        .messages(1, nodes)
        .text(2, "made here")
        .messages(5, constants)
        .messages(11, inputs)
        .messages(12, outputs);
    let operators = Message::default().text(1, "").whole(2, 13);
    Message::default().whole(1, 8).message(7, &graph).message(8, &operators).0
}

//! Just enough protobuf to take an ONNX file apart and put it together again.
//!
//! Fields that nobody here understands are carried through byte for byte.

/// One field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) number: u64,
    pub(crate) value: Value<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ReadError {
    #[error("the message ends inside a field")]
    Truncated,
    #[error("wire type {0} is not one that ONNX uses")]
    WireType(u64),
    #[error("a number is longer than 64 bits")]
    LongNumber,
}

/// Splits a message into its fields, in order.
pub(crate) fn fields(mut rest: &[u8]) -> Result<Vec<Field<'_>>, ReadError> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut rest)?),
            1 => Value::Fixed64(fixed(&mut rest)?),
            2 => {
                let length = varint(&mut rest)?;
                let length = usize::try_from(length).map_err(|_| ReadError::Truncated)?;
                let (bytes, after) = rest.split_at_checked(length).ok_or(ReadError::Truncated)?;
                rest = after;
                Value::Bytes(bytes)
            }
            5 => Value::Fixed32(fixed(&mut rest)?),
            other => return Err(ReadError::WireType(other)),
        };
        fields.push(Field { number: key >> 3, value });
    }
    Ok(fields)
}

/// A repeated integer: packed in one field or one field each.
pub(crate) fn integers(value: Value<'_>, into: &mut Vec<u64>) -> Result<(), ReadError> {
    match value {
        Value::Varint(number) => into.push(number),
        Value::Bytes(mut packed) => {
            while !packed.is_empty() {
                into.push(varint(&mut packed)?);
            }
        }
        Value::Fixed64(bytes) => into.push(u64::from_le_bytes(bytes)),
        Value::Fixed32(bytes) => into.push(u64::from(u32::from_le_bytes(bytes))),
    }
    Ok(())
}

fn varint(rest: &mut &[u8]) -> Result<u64, ReadError> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let (first, after) = rest.split_first().ok_or(ReadError::Truncated)?;
        *rest = after;
        if shift == 63 && *first > 1 {
            return Err(ReadError::LongNumber);
        }
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(ReadError::LongNumber)
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ReadError> {
    let (bytes, after) = rest.split_first_chunk::<N>().ok_or(ReadError::Truncated)?;
    *rest = after;
    Ok(*bytes)
}

/// Writes a message field by field.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn field(&mut self, field: &Field<'_>) -> &mut Self {
        match field.value {
            Value::Varint(number) => self.integer(field.number, number),
            Value::Bytes(bytes) => self.bytes(field.number, bytes),
            Value::Fixed64(bytes) => {
                self.varint(field.number << 3 | 1);
                self.bytes.extend_from_slice(&bytes);
                self
            }
            Value::Fixed32(bytes) => {
                self.varint(field.number << 3 | 5);
                self.bytes.extend_from_slice(&bytes);
                self
            }
        }
    }

    pub(crate) fn integer(&mut self, number: u64, value: u64) -> &mut Self {
        self.varint(number << 3);
        self.varint(value);
        self
    }

    pub(crate) fn bytes(&mut self, number: u64, value: &[u8]) -> &mut Self {
        self.varint(number << 3 | 2);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_being_taken_apart_and_put_together() {
        let mut writer = Writer::default();
        let message = writer
            .integer(1, 300)
            .bytes(2, b"name")
            .field(&Field { number: 3, value: Value::Fixed32([1, 2, 3, 4]) })
            .field(&Field { number: 400, value: Value::Fixed64([9; 8]) })
            .finish();

        let read = fields(&message).unwrap();
        let mut again = Writer::default();
        for field in &read {
            again.field(field);
        }

        assert_eq!(read[0], Field { number: 1, value: Value::Varint(300) });
        assert_eq!(again.finish(), message);
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        assert_eq!(fields(&[0x12, 0x05, b'a']), Err(ReadError::Truncated));
        assert_eq!(fields(&[0xff; 11]), Err(ReadError::LongNumber));
    }
}

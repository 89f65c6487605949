//! Byte strings in JSON, encoded in base64url without padding.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Bytes that are base64url in JSON (RFC 4648 section 5, without padding).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    /// Shows only the number of bytes, because they may be the files of a chip or a picture of a face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64ct::Encoding as _;
        serializer.serialize_str(&base64ct::Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64url without padding")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                use base64ct::Encoding as _;
                base64ct::Base64UrlUnpadded::decode_vec(text)
                    .map(Bytes)
                    .map_err(|_| E::custom("not base64url without padding"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Bytes {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("base64url without padding"))
            .pattern(Some("^[A-Za-z0-9_-]*$"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Bytes {}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn bytes_travel_as_base64url_without_padding() {
        let bytes = Bytes(vec![0xfb, 0xff, 0x00, 0x01]);

        let text = serde_json::to_string(&bytes).unwrap();

        assert_eq!(text, "\"-_8AAQ\"");
        assert_eq!(serde_json::from_str::<Bytes>(&text).unwrap(), bytes);
    }

    #[test]
    fn padding_and_the_other_alphabet_are_refused() {
        for text in ["\"-_8AAQ==\"", "\"+/8AAQ\"", "\"a\"", "3"] {
            assert!(serde_json::from_str::<Bytes>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_hides_what_the_bytes_are() {
        assert_eq!(format!("{:?}", Bytes(vec![1, 2, 3])), "[3 bytes]");
    }
}

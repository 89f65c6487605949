//! Small files outside the database that only a holder of the key file can write.
//!
//! ```text
//! body, which ends with a line feed
//! (an empty line)
//! — genvej <base64 of HMAC-SHA-256 over the body>
//! ```
//!
//! The shape is that of a signed note, as C2SP checkpoints have it.

use base64ct::{Base64, Encoding as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use store::keys::Keys;
use subtle::ConstantTimeEq as _;

const SIGNATURE: &str = "\n— genvej ";

/// Why the authentication of a file is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    /// The file carries no authentication.
    #[error("it carries no authentication under the key file")]
    Bare,
    /// The authentication was made with another key file, or the text was changed.
    #[error("it was not made with this key file, or was changed")]
    Wrong,
}

/// Appends the authentication to a text; `purpose` keeps files of different kinds apart.
#[must_use]
pub(crate) fn sign(keys: &Keys, purpose: &'static str, body: &str) -> String {
    let mac = Base64::encode_string(&keys.code_hash(purpose, &[body.as_bytes()]));
    format!("{body}{SIGNATURE}{mac}\n")
}

/// Checks the authentication of a text under this key file and returns its body.
///
/// # Errors
///
/// [`NotAuthentic`].
pub(crate) fn open<'t>(
    keys: &Keys,
    purpose: &'static str,
    text: &'t str,
) -> Result<&'t str, NotAuthentic> {
    let (body, mac) = text.split_once(SIGNATURE).ok_or(NotAuthentic::Bare)?;
    let mac = mac.strip_suffix('\n').and_then(|mac| Base64::decode_vec(mac).ok());
    let right = keys.code_hash(purpose, &[body.as_bytes()]);
    let fits = mac.is_some_and(|mac| bool::from(mac.as_slice().ct_eq(&right)));
    if fits { Ok(body) } else { Err(NotAuthentic::Wrong) }
}

/// Replaces a file atomically; it is on the disk when this returns.
///
/// # Errors
///
/// I/O errors.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let next = path.with_file_name(format!("{name}.{}-new", std::process::id()));
    let mut file = File::create(&next)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&next, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn a_text_is_believed_under_its_keys_and_its_purpose_alone() {
        let keys = |fill| Keys::generate(&Zeroizing::new([fill; 96]));
        let text = sign(&keys(1), "checkpoint", "a\n1\nb\n");

        assert_eq!(open(&keys(1), "checkpoint", &text), Ok("a\n1\nb\n"));
        assert_eq!(open(&keys(2), "checkpoint", &text), Err(NotAuthentic::Wrong));
        assert_eq!(open(&keys(1), "epoch", &text), Err(NotAuthentic::Wrong));
        let changed = text.replace("\n1\n", "\n2\n");
        assert_eq!(open(&keys(1), "checkpoint", &changed), Err(NotAuthentic::Wrong));
        assert_eq!(open(&keys(1), "checkpoint", "a\n1\nb\n"), Err(NotAuthentic::Bare));
        assert_eq!(open(&keys(1), "checkpoint", &format!("{text}x")), Err(NotAuthentic::Wrong));
    }
}

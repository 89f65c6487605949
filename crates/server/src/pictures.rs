//! Pictures are decoded in processes of their own (docs/adr/pictures-are-decoded-apart.md).
//!
//! A decoder that asks for more memory than there is aborts its process, and a cap is only as good as the guard that reads the
//! header. So the service never decodes: it hands each file to a small process that runs this same program with a memory and
//! a processor limit, no other file, no environment and no core dump. Where that process ends before it answered, a fresh one tries
//! once more, and then the picture is refused; nobody else notices.

mod line;
mod png;
mod pool;
mod worker;

pub use pool::{PictureWorkers, Settings, WorkersError};
pub use worker::{is_asked, run};

pub use face::decode::{DecodeError, Decoder, Kinds, Terms};
pub use face::picture::Picture;

use std::sync::Arc;

/// What one file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// What phones and chips send.
    Picture(Terms),
    /// What lies in an operator's test set, and nowhere else.
    Png,
}

/// Reads PNG besides, for the files of an operator's own test set: never a chip, never a phone.
#[derive(Debug)]
pub struct FileDecoder(pub Arc<PictureWorkers>);

impl Decoder for FileDecoder {
    fn decode(&self, bytes: &[u8], terms: Terms) -> Result<Picture, DecodeError> {
        if png::is_png(bytes) {
            self.0.read(bytes, Reading::Png)
        } else {
            self.0.decode(bytes, Terms { kinds: Kinds::JpegAndJpeg2000, ..terms })
        }
    }
}

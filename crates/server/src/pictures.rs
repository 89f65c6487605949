//! Decodes pictures in processes of their own (docs/adr/pictures-are-decoded-apart.md).
//!
//! A decoder that asks for more memory than there is aborts its process, and a cap is only as good as the guard that reads
//! the header. The service therefore never decodes: it passes each file to a small process that runs this same program with
//! a memory and a processor limit, no other file, no environment and no core dump. Where that process ends before it has
//! answered, a new one tries once more, and then the picture is refused; no other request is affected.

mod line;
mod png;
mod pool;
mod worker;

pub use pool::{PictureWorkers, Settings, WorkersError};
pub use worker::{is_asked, run};

pub use face::decode::{DecodeError, Decoder, Kinds, Terms};
pub use face::picture::Picture;

use std::sync::Arc;

/// The formats as which a file may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The formats that phones and chips send.
    Picture(Terms),
    /// PNG, which only the files of an operator's test set are.
    Png,
}

/// A decoder that reads PNG besides, for the files of an operator's own test set: never for a chip or a phone.
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

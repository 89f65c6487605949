//! The film on scanning (SERVICE.md R6), which `cargo xtask film` draws. Its pictures contain no words; the subtitles
//! have them in each language.

use crate::{Language, assets};

/// A film with its subtitles.
pub(super) struct Film {
    pub(super) webm: String,
    pub(super) mp4: String,
    pub(super) poster: String,
    pub(super) tracks: Vec<Track>,
    /// The size of the larger of the two files, in kilobytes, rounded up.
    pub(super) kilobytes: usize,
}

/// The subtitles in one language.
pub(super) struct Track {
    pub(super) address: String,
    pub(super) language: Language,
}

impl Film {
    pub(super) fn on_scanning() -> Self {
        let track = |language: Language| Track {
            address: assets::address(&format!("scanning.{}.vtt", language.tag())),
            language,
        };
        let bytes = ["scanning.webm", "scanning.mp4"].map(assets::bytes);
        Self {
            webm: assets::address("scanning.webm"),
            mp4: assets::address("scanning.mp4"),
            poster: assets::address("scanning-poster.svg"),
            tracks: Language::ALL.map(track).into(),
            kilobytes: bytes.into_iter().max().unwrap_or_default().div_ceil(1_000),
        }
    }
}

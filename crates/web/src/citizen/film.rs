//! The film on scanning (SERVICE.md R6): drawn by `cargo xtask film`, without words in the picture; the subtitles carry them.

use crate::{Language, assets};

/// One film with its subtitles.
pub(super) struct Film {
    pub(super) webm: String,
    pub(super) mp4: String,
    pub(super) poster: String,
    pub(super) tracks: Vec<Track>,
    /// What a player fetches at most.
    pub(super) kilobytes: usize,
}

/// Subtitles in one language.
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

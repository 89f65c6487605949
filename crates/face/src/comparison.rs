//! What a comparison says: one of three outcomes, with everything that was measured.

/// A portrait compared with a live capture. Only the engine builds one.
///
/// It holds scores, reasons and model hashes; never a picture or a vector (GDPR Art. 9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    parts: ComparisonParts,
}

/// The contents of a [`Comparison`], for the engine, stores and tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ComparisonParts {
    pub result: FaceResult,
    pub liveness: Liveness,
    pub scores: Scores,
    pub models: Vec<ModelId>,
    pub missing: Vec<Missing>,
    /// What lies over the live face; the policy says whether it may.
    pub covered: Vec<Covering>,
    /// Whether the face showed the light of the screen; absent where none was shown. The policy says what follows.
    pub light: Option<LightSeen>,
}

impl Comparison {
    /// Takes a comparison on trust: for stores that read back what the engine once said, and for
    /// tests.
    #[must_use]
    pub fn assume_verified(parts: ComparisonParts) -> Self {
        Self { parts }
    }

    #[must_use]
    pub fn result(&self) -> FaceResult {
        self.parts.result
    }

    #[must_use]
    pub fn liveness(&self) -> &Liveness {
        &self.parts.liveness
    }

    #[must_use]
    pub fn scores(&self) -> &Scores {
        &self.parts.scores
    }

    /// The models that were used, by name and hash.
    #[must_use]
    pub fn models(&self) -> &[ModelId] {
        &self.parts.models
    }

    /// What lies over the live face; a policy may refuse a comparison for it.
    #[must_use]
    pub fn covered(&self) -> &[Covering] {
        &self.parts.covered
    }

    /// Whether the face showed the light of the screen; `None` where none was shown.
    #[must_use]
    pub fn light(&self) -> Option<LightSeen> {
        self.parts.light
    }

    /// Checks that this model set cannot make; a policy may refuse a comparison for them.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.parts.missing
    }
}

/// The three outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaceResult {
    /// The same person, and nothing spoke against a living one.
    Match,
    /// Undecided: the person can do something about it.
    TryAgain(Reason),
    /// Another person.
    NoMatch,
}

impl FaceResult {
    /// The stable code: `match`, `try-again` or `no-match`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::TryAgain(_) => "try-again",
            Self::NoMatch => "no-match",
        }
    }
}

/// Why a live capture could not be decided on. Each has a stable code and a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Not a picture that we read.
    Unreadable,
    /// More bytes or pixels than the limits allow.
    TooLarge,
    NoFace,
    SeveralFaces,
    /// The face has too few pixels to compare.
    FaceTooSmall,
    TooDark,
    TooBright,
    TooFar,
    TooNear,
    LookStraight,
    HoldStill,
    GlassesReflect,
    /// The face is there, and does not do yet what is asked.
    FollowPrompt,
    /// The head is turned to the other side than was asked.
    OtherSide,
    /// The head is turned further than was asked.
    TooFarRound,
    /// The face is seen from the side where it has to be seen from the front.
    Profile,
    /// The head stands as asked and has to be kept there for a moment.
    KeepThere,
    /// A picture of another kind than a camera's JPEG, such as HEIC.
    NotJpeg,
    /// Dark glasses cover the eyes.
    Sunglasses,
    /// Mouth and nose are covered.
    Mask,
    /// The light of the screen does not show on the face.
    LightNotSeen,
    /// The score lies between "another person" and "the same person".
    Unsure,
    /// The liveness check failed; [`Comparison::liveness`] says in which points.
    NotLive,
}

impl Reason {
    pub const ALL: [Self; 23] = [
        Self::Unreadable,
        Self::TooLarge,
        Self::NoFace,
        Self::SeveralFaces,
        Self::FaceTooSmall,
        Self::TooDark,
        Self::TooBright,
        Self::TooFar,
        Self::TooNear,
        Self::LookStraight,
        Self::HoldStill,
        Self::GlassesReflect,
        Self::FollowPrompt,
        Self::OtherSide,
        Self::TooFarRound,
        Self::Profile,
        Self::KeepThere,
        Self::NotJpeg,
        Self::Sunglasses,
        Self::Mask,
        Self::LightNotSeen,
        Self::Unsure,
        Self::NotLive,
    ];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "face-unreadable",
            Self::TooLarge => "face-too-large",
            Self::NoFace => "face-none",
            Self::SeveralFaces => "face-several",
            Self::FaceTooSmall => "face-too-small",
            Self::TooDark => "face-too-dark",
            Self::TooBright => "face-too-bright",
            Self::TooFar => "face-too-far",
            Self::TooNear => "face-too-near",
            Self::LookStraight => "face-look-straight",
            Self::HoldStill => "face-hold-still",
            Self::GlassesReflect => "face-glasses-reflect",
            Self::FollowPrompt => "face-follow-prompt",
            Self::OtherSide => "face-other-side",
            Self::TooFarRound => "face-too-far-round",
            Self::Profile => "face-profile",
            Self::KeepThere => "face-keep-there",
            Self::NotJpeg => "face-not-jpeg",
            Self::Sunglasses => "face-sunglasses",
            Self::Mask => "face-mask",
            Self::LightNotSeen => "face-light-not-seen",
            Self::Unsure => "face-unsure",
            Self::NotLive => "face-not-live",
        }
    }
}

/// Why a portrait, or all pictures of a comparison together, cannot be compared. Each has a stable code and a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureProblem {
    PortraitTooLarge,
    PortraitNoFace,
    PortraitSeveralFaces,
    PortraitFaceTooSmall,
    /// The portrait cannot be used for any other reason.
    PortraitUnreadable,
    /// A picture of another kind than a camera's JPEG stands in the portrait's place.
    NotJpeg,
    NoPictures,
    TooManyPictures,
    /// The engine failed, which nobody who sent pictures can help.
    EngineFailed,
}

impl PictureProblem {
    pub const ALL: [Self; 9] = [
        Self::PortraitTooLarge,
        Self::PortraitNoFace,
        Self::PortraitSeveralFaces,
        Self::PortraitFaceTooSmall,
        Self::PortraitUnreadable,
        Self::NotJpeg,
        Self::NoPictures,
        Self::TooManyPictures,
        Self::EngineFailed,
    ];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PortraitTooLarge => "portrait-too-large",
            Self::PortraitNoFace => "portrait-no-face",
            Self::PortraitSeveralFaces => "portrait-several-faces",
            Self::PortraitFaceTooSmall => "portrait-face-too-small",
            Self::PortraitUnreadable => "portrait-unreadable",
            Self::NotJpeg => Reason::NotJpeg.code(),
            Self::NoPictures => "face-no-pictures",
            Self::TooManyPictures => "face-too-many-pictures",
            Self::EngineFailed => "face-engine-failed",
        }
    }
}

/// What was found out about the capture being of a living, present person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Liveness {
    /// Nobody looked. A policy has to permit this by name.
    NotChecked,
    Passed,
    /// At least one reason.
    Failed(Vec<LivenessReason>),
}

/// One way in which a capture is not that of a living, present person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LivenessReason {
    TooFewFrames,
    TooManyFrames,
    UnreadableFrame,
    /// A frame with more bytes or pixels than a camera delivers.
    TooLargeFrame,
    /// A frame in which the face is too blurred to be compared.
    BlurredFrame,
    /// A frame without a face.
    NoFace,
    /// A frame with more than one face.
    SeveralFaces,
    /// The face changes between frames.
    AnotherFace,
    /// A prompt was not followed.
    PromptNotMet,
    /// The movement is that of a flat picture.
    FlatPicture,
    /// Too little is seen around the face to exclude the edge of a screen or print.
    TooLittleContext,
    /// The passive check sees a print or a screen.
    PresentationAttack,
    /// The same frame twice.
    RepeatedFrame,
    /// The same frame twice, compressed anew.
    RecompressedFrame,
    /// Frames come too fast, too slowly or not in order.
    ImplausibleTiming,
}

impl LivenessReason {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooFewFrames => "live-too-few-frames",
            Self::TooManyFrames => "live-too-many-frames",
            Self::UnreadableFrame => "live-unreadable-frame",
            Self::TooLargeFrame => "live-too-large-frame",
            Self::BlurredFrame => "live-blurred-frame",
            Self::NoFace => "live-no-face",
            Self::SeveralFaces => "live-several-faces",
            Self::AnotherFace => "live-another-face",
            Self::PromptNotMet => "live-prompt-not-met",
            Self::FlatPicture => "live-flat-picture",
            Self::TooLittleContext => "live-too-little-context",
            Self::PresentationAttack => "live-presentation-attack",
            Self::RepeatedFrame => "live-repeated-frame",
            Self::RecompressedFrame => "live-recompressed-frame",
            Self::ImplausibleTiming => "live-implausible-timing",
        }
    }
}

/// Something that lies over a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Covering {
    /// Dark glasses.
    Sunglasses,
    /// Something over mouth and nose.
    Mask,
}

impl Covering {
    /// What the person is told of it.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Sunglasses => Reason::Sunglasses,
            Self::Mask => Reason::Mask,
        }
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        self.reason().code()
    }
}

/// Whether a face showed the light that the screen was asked to shine on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LightSeen {
    /// Its shade changed as the light did.
    Followed,
    /// It did not: the room is bright, the screen is dim or far, or there is no face before this screen.
    NotSeen,
}

impl LightSeen {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::NotSeen => "not-seen",
        }
    }
}

/// A check that was not made: it needs a model which the loaded set does not have, or a part that does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A second, independent embedding.
    SecondEmbedding,
    /// The passive presentation-attack check.
    PassivePad,
    /// Proof that the frames come from an unmodified app with a camera of its own.
    AppAttestation,
}

impl Missing {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SecondEmbedding => "second-embedding",
            Self::PassivePad => "passive-pad",
            Self::AppAttestation => "app-attestation",
        }
    }
}

/// A similarity in ten-thousandths, rounded down, so that what is stored justifies what was
/// decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(i16);

impl Score {
    /// From a cosine or probability; anything that is not a number becomes the lowest score.
    #[must_use]
    pub fn from_similarity(similarity: f32) -> Self {
        if similarity.is_nan() {
            return Self(-10_000);
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped to ±10,000 before")]
        let ten_thousandths =
            (f64::from(similarity).clamp(-1.0, 1.0) * 10_000.0 + 1e-3).floor() as i16;
        Self(ten_thousandths)
    }

    /// From ten-thousandths, held to ±10,000.
    #[must_use]
    pub fn from_ten_thousandths(value: i16) -> Self {
        Self(value.clamp(-10_000, 10_000))
    }

    /// From a decimal of a configuration or manifest, rounded to the nearest.
    #[must_use]
    pub fn from_decimal(value: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "clamped to ±10,000 before")]
        let ten_thousandths = (value.clamp(-1.0, 1.0) * 10_000.0).round() as i16;
        Self(ten_thousandths)
    }

    #[must_use]
    pub fn ten_thousandths(self) -> i16 {
        self.0
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4}", f64::from(self.0) / 10_000.0)
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scores {
    /// The mean over the embeddings; absent where a picture could not be measured.
    pub fused: Option<Score>,
    /// One similarity for each embedding, by model name.
    pub embeddings: Vec<(String, Score)>,
    /// The passive check's probability that the worst frame is of a living person.
    pub pad: Option<Score>,
}

/// A model by name and by the SHA-256 of its file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelId {
    pub name: String,
    pub sha256: [u8; 32],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_rounds_down_and_never_up_to_a_threshold() {
        assert_eq!(Score::from_similarity(0.559_99).ten_thousandths(), 5_599);
        assert_eq!(Score::from_similarity(0.56).ten_thousandths(), 5_600);
        assert_eq!(Score::from_similarity(f32::NAN).ten_thousandths(), -10_000);
        assert_eq!(Score::from_similarity(7.0).ten_thousandths(), 10_000);
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.code()).collect();

        assert_eq!(codes.len(), Reason::ALL.len());
    }
}

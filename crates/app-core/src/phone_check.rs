//! The check whether this phone can scan a document and a face, with the reasons (SERVICE.md R5).

use serde::Serialize;

use crate::handed_in::{CameraState, CardSlot, Device, ReaderState, Release};
use crate::people::KnownState;

/// The result of the check, point by point. Capabilities that the phone does not report count as present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PhoneCheck {
    /// The state of the chip reader.
    pub reader: ReaderState,
    /// The state of the camera.
    pub camera: CameraState,
    /// Whether the operating system is recent enough.
    pub system: Release,
    /// Whether this version of the app is still served.
    pub app: Release,
    /// Whether the server answered the last request for the state.
    pub connected: bool,
}

impl PhoneCheck {
    /// Asks the phone for its report, and compares the version of the app with the last answer of the server.
    pub(crate) fn of(
        slot: &dyn CardSlot,
        device: &dyn Device,
        version: &str,
        known: Option<&KnownState>,
    ) -> Self {
        Self {
            reader: slot.reader(),
            camera: device.camera(),
            system: device.system(),
            // An earlier answer still holds: a minimum only rises.
            app: known.map_or(Release::Unknown, |known| {
                release(version, known.state.app_version_min.as_deref())
            }),
            connected: known.is_some_and(|known| known.fresh),
        }
    }

    /// Returns whether the phone itself can scan a document and a face.
    #[must_use]
    pub fn phone_can(&self) -> bool {
        self.reader == ReaderState::Ready
            && self.camera != CameraState::Missing
            && self.system != Release::TooOld
            && self.app != Release::TooOld
    }

    /// Returns whether the person can scan now: the phone can, and the server answers.
    #[must_use]
    pub fn can_now(&self) -> bool {
        self.phone_can() && self.connected
    }
}

/// Compares a version with the oldest version that is served. A minimum that is no version excludes nobody.
fn release(own: &str, least: Option<&str>) -> Release {
    let Some(least) = least else { return Release::NewEnough };
    match (version(own), version(least)) {
        (Some(own), Some(least)) if own < least => Release::TooOld,
        (Some(_), Some(_)) => Release::NewEnough,
        (None, _) | (_, None) => Release::Unknown,
    }
}

/// Parses `major.minor.patch`; the suffix after a hyphen or a plus names a build of that version.
fn version(text: &str) -> Option<[u32; 3]> {
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok());
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        for (own, least, wanted) in [
            ("1.4.0", None, Release::NewEnough),
            ("1.4.0", Some("1.4.0"), Release::NewEnough),
            ("1.10.0", Some("1.9.9"), Release::NewEnough),
            ("2.0.0", Some("1.99.99"), Release::NewEnough),
            ("1.4.0", Some("1.4.1"), Release::TooOld),
            ("1.9.9", Some("1.10.0"), Release::TooOld),
            ("0.1.0-rc1", Some("0.2.0"), Release::TooOld),
            ("1.4.0", Some("soon"), Release::Unknown),
            ("1.4.0", Some("1.4"), Release::Unknown),
            ("1.4.0", Some("1.4.0.1"), Release::Unknown),
        ] {
            assert_eq!(release(own, least), wanted, "{own} {least:?}");
        }
    }
}

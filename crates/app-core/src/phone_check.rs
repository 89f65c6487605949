//! Whether this phone can scan a document and a face: yes, or no and why (SERVICE.md R5).

use serde::Serialize;

use crate::app::{ActError, App};
use crate::handed_in::{CameraState, ReaderState, Release};
use crate::place::Place;

/// What the phone says of itself, point by point. What nobody has told stands in no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PhoneCheck {
    pub reader: ReaderState,
    pub camera: CameraState,
    pub system: Release,
    pub app: Release,
    /// The server answered last time.
    pub connected: bool,
}

impl PhoneCheck {
    /// Whether nothing of the phone itself stands in the way.
    #[must_use]
    pub fn phone_can(&self) -> bool {
        self.reader == ReaderState::Ready
            && self.camera != CameraState::Missing
            && self.system != Release::TooOld
            && self.app != Release::TooOld
    }

    /// Whether it can be done now.
    #[must_use]
    pub fn can_now(&self) -> bool {
        self.phone_can() && self.connected
    }
}

impl App {
    /// "Can this phone do it?", from the settings and beside the ways; and again, after something was mended.
    pub(crate) fn check_phone(&mut self) -> Result<(), ActError> {
        let offered = matches!(
            self.place,
            Place::Home
                | Place::Settings
                | Place::ForgotPin
                | Place::OtherWays
                | Place::Refused { .. }
                | Place::CheckingPhone { .. }
        );
        if !offered || self.people.current().is_none() {
            return Err(ActError::OutOfPlace);
        }
        // Whether there is a connection is one of the points: nothing is said above them.
        self.refresh();
        self.notice = None;
        self.show_phone_check();
        Ok(())
    }

    pub(crate) fn show_phone_check(&mut self) {
        if matches!(self.place, Place::CheckingPhone { .. }) {
            return;
        }
        let from = Box::new(std::mem::replace(&mut self.place, Place::Home));
        self.place = Place::CheckingPhone { from };
    }

    pub(crate) fn phone_check(&self) -> PhoneCheck {
        let known = self.people.current().and_then(|person| person.known.as_ref());
        let fresh = known.filter(|known| known.fresh);
        PhoneCheck {
            reader: self.slot.reader(),
            camera: self.device.camera(),
            system: self.device.system(),
            // What was told earlier still holds: a minimum only rises.
            app: known.map_or(Release::Unknown, |known| {
                release(&self.version, known.state.app_version_min.as_deref())
            }),
            connected: fresh.is_some(),
        }
    }
}

/// Whether this version is served. A minimum that is no version closes nobody out.
fn release(own: &str, least: Option<&str>) -> Release {
    let Some(least) = least else { return Release::NewEnough };
    match (version(own), version(least)) {
        (Some(own), Some(least)) if own < least => Release::TooOld,
        (Some(_), Some(_)) => Release::NewEnough,
        (None, _) | (_, None) => Release::Unknown,
    }
}

/// `major.minor.patch`; what follows a hyphen or a plus names a build of it.
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

//! The points of the phone check in words: what is so, and what to do where it is in the way.

use app_core::{CameraState, PhoneCheck, ReaderState, Release};

use crate::words::Words;

/// One point.
pub(crate) struct Point {
    /// Yes, no, or nobody has told.
    pub(crate) good: Option<bool>,
    pub(crate) text: String,
    /// What to do.
    pub(crate) next: Option<String>,
}

/// All points, what is in the way first.
pub(crate) fn points(words: Words, check: &PhoneCheck) -> Vec<Point> {
    let w = words;
    let point = |good, text: String, next: Option<String>| Point { good, text, next };
    let mut points = vec![
        match check.reader {
            ReaderState::Ready => point(Some(true), w.t("check-reader-ready"), None),
            ReaderState::Off => {
                point(Some(false), w.t("check-reader-off"), Some(w.t("check-reader-off-next")))
            }
            ReaderState::Missing => {
                let next = w.t("check-reader-missing-next");
                point(Some(false), w.t("check-reader-missing"), Some(next))
            }
        },
        match check.camera {
            CameraState::Ready => point(Some(true), w.t("check-camera-ready"), None),
            CameraState::Missing => {
                let next = w.t("check-camera-missing-next");
                point(Some(false), w.t("check-camera-missing"), Some(next))
            }
            CameraState::Unknown => point(None, w.t("check-camera-unknown"), None),
        },
        match check.system {
            Release::NewEnough => point(Some(true), w.t("check-system-new"), None),
            Release::TooOld => {
                point(Some(false), w.t("check-system-old"), Some(w.t("check-system-old-next")))
            }
            Release::Unknown => point(None, w.t("check-system-unknown"), None),
        },
        match check.app {
            Release::NewEnough => point(Some(true), w.t("check-app-new"), None),
            Release::TooOld => {
                point(Some(false), w.t("check-app-old"), Some(w.t("check-app-old-next")))
            }
            Release::Unknown => point(None, w.t("check-app-unknown"), None),
        },
        if check.connected {
            point(Some(true), w.t("check-connection"), None)
        } else {
            point(Some(false), w.t("check-no-connection"), Some(w.t("check-no-connection-next")))
        },
    ];
    points.sort_by_key(|point| point.good != Some(false));
    points
}

#[cfg(test)]
mod tests {
    use app_core::{Help, Screen, View};

    use super::*;
    use crate::page::{Fragment, Picture};
    use crate::words::Language;

    const CHECKS: [PhoneCheck; 6] = {
        let good = PhoneCheck {
            reader: ReaderState::Ready,
            camera: CameraState::Ready,
            system: Release::NewEnough,
            app: Release::NewEnough,
            connected: true,
        };
        [
            PhoneCheck { reader: ReaderState::Missing, ..good },
            PhoneCheck { reader: ReaderState::Off, ..good },
            PhoneCheck { camera: CameraState::Missing, ..good },
            PhoneCheck { system: Release::TooOld, ..good },
            PhoneCheck { app: Release::TooOld, ..good },
            PhoneCheck { connected: false, ..good },
        ]
    };

    #[test]
    fn what_is_in_the_way_comes_first_with_what_to_do() {
        for language in [Language::Danish, Language::English] {
            for check in CHECKS {
                let points = points(Words(language), &check);

                assert_eq!(points.len(), 5);
                let bad = points.iter().take_while(|point| point.good == Some(false));
                assert_eq!(bad.filter(|point| point.next.is_some()).count(), 1, "{check:?}");
                assert_eq!(points.iter().filter(|point| point.good == Some(true)).count(), 4);
            }
        }
    }

    #[test]
    fn a_no_shows_why_and_the_other_ways_and_a_yes_goes_on() {
        let help = Help {
            phone_can_scan: false,
            support_phone: Some("+45 70 00 00 00".to_owned()),
            booking_url: Some("https://citizen.example/book".to_owned()),
            scanning_url: None,
        };
        let page = |check: PhoneCheck, goes_on: bool| {
            let view = View {
                screen: Screen::PhoneCheck { check, goes_on, help: help.clone() },
                notice: None,
                people: Vec::new(),
                language: "en".to_owned(),
            };
            let fragment = Fragment::of(&Picture::new(view, "x".to_owned(), false)).unwrap();
            serde_json::to_value(fragment).unwrap()
        };

        let no = page(CHECKS[0], false);
        let html = no["html"].as_str().unwrap();
        assert_eq!(no["title"], "No, this phone cannot scan now – Genvej");
        assert!(html.contains("No: </span>This phone cannot read chips."), "{html}");
        assert!(html.contains("tel:+4570000000") && html.contains("https://citizen.example/book"));
        assert!(!html.contains("data-act=\"use-document\""));
        let yes = page(PhoneCheck { connected: true, ..CHECKS[5] }, true);
        let html = yes["html"].as_str().unwrap();
        assert_eq!(yes["title"], "Yes, this phone can scan – Genvej");
        assert!(html.contains("data-act=\"use-document\"") && !html.contains("check-again"));
        assert!(html.contains("data-act=\"back\""));
    }
}

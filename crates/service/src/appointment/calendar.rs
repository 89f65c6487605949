//! A visit as an iCalendar entry.

use super::{ALPHABET, NOT_FOUND, REFERENCE_CHARS, on_clock, plain, zone_of};
use crate::work::Work;
use crate::{Failure, Service};
use jiff::tz::TimeZone;
use recovery::time::Timestamp;

impl Service {
    /// The calendar entry for a visit. It holds the values that the request named and nothing else.
    ///
    /// # Errors
    ///
    /// `centre-not-found`; `no-such-booking` where the reference is not well formed.
    pub async fn calendar_file(
        &self,
        centre: &str,
        at: Timestamp,
        (reference, changes): (&str, u32),
        language: &str,
    ) -> Result<String, Failure> {
        let reference = plain(reference);
        if reference.len() != REFERENCE_CHARS || !reference.bytes().all(|b| ALPHABET.contains(&b)) {
            return Err(Failure::refused(NOT_FOUND));
        }
        let work = Work::begin(self).await?;
        let centre = self.centre(centre).await?;
        let settings = &self.parts().settings;
        let address =
            format!("{}, {} {}", centre.centre.address, centre.centre.postcode, centre.centre.town);
        let begin = on_clock(at, &zone_of(&centre));
        let link = format!("{}/booking", settings.citizen_url);
        let words = messages::texts::Appointment {
            at: &begin,
            centre: &centre.centre.name,
            address: &address,
            reference: &reference,
            link: &link,
        };
        let text = self
            .parts()
            .texts
            .invitation(language, &words)
            .map_err(|error| Failure::fault("making a calendar entry", error))?;
        let host = settings.citizen_url.split("://").last().unwrap_or_default();
        let end = at.plus(centre.visit);
        Ok(messages::calendar::Invitation {
            uid: format!("{}@{host}", *reference),
            sequence: changes,
            written_at: on_clock(work.now(), &TimeZone::UTC).timestamp(),
            start: begin.timestamp(),
            end: on_clock(end, &TimeZone::UTC).timestamp(),
            summary: text.subject,
            location: messages::Sensitive::new(address),
            description: text.body,
            cancelled: false,
        }
        .to_ics()
        .expose()
        .clone())
    }
}

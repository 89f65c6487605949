//! One made-up centre a municipality of the table of towns.

use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};
use registers::{Centre, CentreId, HOME_ZONE, Opening};

use super::tables;

const NUUK: &str = "America/Nuuk";

pub(super) fn all() -> Vec<Centre> {
    let mut centres: Vec<Centre> = Vec::new();
    for town in tables::towns() {
        if centres.iter().any(|centre| centre.municipality == town.municipality) {
            continue;
        }
        let zone = if town.municipality.is_greenlandic() { NUUK } else { HOME_ZONE };
        let Some(id) = CentreId::parse(&format!("c{}", town.municipality)) else { continue };
        centres.push(Centre {
            id,
            name: format!("Borgerservice {}", town.name),
            municipality: town.municipality,
            street: "Rådhustorvet 1".to_owned(),
            postcode: town.postcode.to_owned(),
            town: town.name.to_owned(),
            latitude: town.latitude,
            longitude: town.longitude,
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            desks: 2,
            hours: hours(),
        });
    }
    centres
}

/// Ten to three, Thursday to six, Friday to one.
fn hours() -> Vec<Opening> {
    let days = [
        (Weekday::Monday, 15),
        (Weekday::Tuesday, 15),
        (Weekday::Wednesday, 15),
        (Weekday::Thursday, 18),
        (Weekday::Friday, 13),
    ];
    let clock = |hour| Time::new(hour, 0, 0, 0).unwrap_or(Time::midnight());
    days.map(|(day, until)| Opening { day, from: clock(10), until: clock(until) }).to_vec()
}

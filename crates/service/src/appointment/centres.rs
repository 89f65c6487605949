//! The Citizen Service Centres that the operator configured, and the search for the nearest one.

use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::appointment::Centre;
use recovery::id::CentreId;
use recovery::time::Duration;
use registers::Places;
use sha2::{Digest as _, Sha256};
use store::Id;
use store::appointment::{OpenHours, StoredCentre};
use store::facade::Loaded;
use store::kinds;

/// The length of a visit where the operator configures none.
const VISIT: Duration = Duration::from_mins(20);
/// Rows that one step of a walk over the centres reads.
const PAGE: usize = 128;
/// The largest number of centres of one operator.
const CENTRES_MAX: usize = 4_096;
/// The longest search text that is looked at, in characters.
const QUERY_CHARS_MAX: usize = 80;

/// Derives the service's id of a centre from the operator's id of it: always the same, so that staff and bookings mean the
/// same centre.
#[must_use]
pub fn centre_id(operator_id: &str) -> CentreId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"genvej centre\0")
        .chain_update(operator_id.as_bytes())
        .finalize()
        .into();
    let mut head = [0; 16];
    head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    CentreId(u128::from_be_bytes(head))
}

impl Service {
    /// Saves the operator's list of centres. A centre that is no longer on the list keeps its bookings and takes no new
    /// ones.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn set_centres(&self, centres: &[registers::Centre]) -> Result<(), Failure> {
        let wanted: Vec<StoredCentre> = centres.iter().take(CENTRES_MAX).map(stored).collect();
        let known = self.all_centres().await?;
        let gone = known
            .into_iter()
            .filter(|old| !wanted.iter().any(|new| new.centre.id == old.centre.id))
            .map(|old| StoredCentre { hours: Vec::new(), ..old });
        for next in wanted.iter().cloned().chain(gone) {
            attempt!(self, |work| {
                let seen = work.load::<StoredCentre>(Id(next.centre.id.0)).await?;
                if seen.as_ref().is_none_or(|seen| seen.value != next) {
                    work.save(seen.as_ref(), &next);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Every centre that takes bookings, ordered by town.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn centres(&self) -> Result<Vec<StoredCentre>, Failure> {
        let mut open: Vec<_> =
            self.all_centres().await?.into_iter().filter(|it| !it.hours.is_empty()).collect();
        open.sort_by(|a, b| {
            (&a.centre.town, &a.centre.name).cmp(&(&b.centre.town, &b.centre.name))
        });
        Ok(open)
    }

    /// The centre with this name in the addresses of pages.
    ///
    /// # Errors
    ///
    /// `centre-not-found`.
    pub async fn centre(&self, name: &str) -> Result<StoredCentre, Failure> {
        Ok(Work::begin(self).await?.centre_by_name(name).await?.value)
    }

    async fn all_centres(&self) -> Result<Vec<StoredCentre>, Failure> {
        let mut work = Work::begin(self).await?;
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let rows = self.parts().store.scan(kinds::CENTRE, after, PAGE).await?;
            for row in &rows {
                all.push(work.open::<StoredCentre>(row).await?.value);
            }
            after = rows.last().map(|row| row.record.id);
            if rows.len() < PAGE || all.len() >= CENTRES_MAX {
                return Ok(all);
            }
        }
    }
}

impl Work<'_> {
    pub(crate) async fn centre_by_name(
        &mut self,
        name: &str,
    ) -> Result<Loaded<StoredCentre>, Failure> {
        self.load::<StoredCentre>(Id(centre_id(name).0))
            .await?
            .filter(|it| it.value.name_in_addresses == name)
            .ok_or_else(|| Failure::refused(RefusalCode::CentreNotFound))
    }
}

fn stored(centre: &registers::Centre) -> StoredCentre {
    let minutes = |time: jiff::civil::Time| {
        u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
    };
    let position = centre
        .latitude
        .zip(centre.longitude)
        .map(|(north, east)| [millionths(north), millionths(east)]);
    StoredCentre {
        centre: Centre {
            id: centre_id(centre.id.as_str()),
            name: centre.name.clone(),
            address: centre.street.clone(),
            postcode: centre.postcode.clone(),
            town: centre.town.clone(),
            time_zone: centre.zone_name().to_owned(),
            position,
        },
        name_in_addresses: centre.id.as_str().to_owned(),
        municipality: centre.municipality.to_string(),
        desks: centre.desks,
        visit: VISIT,
        hours: centre
            .hours
            .iter()
            .map(|opening| OpenHours {
                weekday: u8::try_from(opening.day.to_monday_one_offset()).unwrap_or(0),
                from_minute: minutes(opening.from),
                until_minute: minutes(opening.until),
            })
            .collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to degrees of the earth; a cast of a float saturates"
)]
fn millionths(degrees: f64) -> i32 {
    (degrees.clamp(-180.0, 180.0) * 1_000_000.0).round() as i32
}

/// The centres for a postcode, town or municipality, nearest first; empty where none matches.
#[must_use]
pub fn nearest(centres: &[StoredCentre], query: &str) -> Vec<StoredCentre> {
    let query: String =
        query.trim().chars().take(QUERY_CHARS_MAX).flat_map(char::to_lowercase).collect();
    if query.is_empty() {
        return Vec::new();
    }
    let mut sorted = centres.to_vec();
    if let Some(postcode) = postcode(&query) {
        let anchor = by_postcode(&sorted, postcode).cloned();
        sort_from(&mut sorted, anchor.as_ref(), postcode);
        return sorted;
    }
    let Some(anchor) = by_words(&sorted, &query).cloned() else { return Vec::new() };
    let at = postcode_of(&anchor);
    sort_from(&mut sorted, Some(&anchor), at);
    sorted
}

/// The postcode in a search text: `8000`, also within `8000 Aarhus C`, and `80 00`.
fn postcode(query: &str) -> Option<u16> {
    let bare: String = query.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let bare = bare.strip_prefix("dk").unwrap_or(&bare);
    if bare.len() == 4 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return bare.parse().ok();
    }
    query
        .split(|c: char| !c.is_ascii_digit())
        .find(|word| word.len() == 4)
        .and_then(|digits| digits.parse().ok())
}

fn postcode_of(centre: &StoredCentre) -> u16 {
    centre.centre.postcode.parse().unwrap_or(0)
}

fn by_postcode(centres: &[StoredCentre], postcode: u16) -> Option<&StoredCentre> {
    centres
        .iter()
        .filter(|it| is_greenlandic(postcode_of(it)) == is_greenlandic(postcode))
        .min_by_key(|it| postcode_of(it).abs_diff(postcode))
}

/// Whether the postcode is one of Greenland: those lie within the range of Zealand's.
const fn is_greenlandic(postcode: u16) -> bool {
    matches!(postcode, 3900..=3999)
}

fn by_words<'c>(centres: &'c [StoredCentre], query: &str) -> Option<&'c StoredCentre> {
    let query = folded(query);
    let town = |it: &StoredCentre| folded(&it.centre.town);
    let places = Places::built_in();
    let municipality = |it: &StoredCentre| {
        registers::MunicipalityCode::parse(&it.municipality)
            .map(|code| places.names(code).iter().map(|name| folded(name)).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let bare = query.strip_suffix(" kommune").unwrap_or(&query).to_owned();
    centres
        .iter()
        .find(|it| town(it) == query)
        .or_else(|| centres.iter().find(|it| municipality(it).contains(&bare)))
        .or_else(|| centres.iter().find(|it| town(it).starts_with(&query)))
        .or_else(|| centres.iter().find(|it| folded(&it.centre.name).contains(&query)))
        .or_else(|| {
            centres.iter().find(|it| municipality(it).iter().any(|name| name.starts_with(&bare)))
        })
}

/// Folds the spellings of one town together: `Århus`, `Aarhus` and `Arhus`; `København`, `Koebenhavn`, `Kobenhavn` and
/// `Copenhagen`. People without a Danish keyboard leave the stroke out or write two letters.
fn folded(text: &str) -> String {
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !crate::text::is_never_shown(*c))
        .map(|c| match c {
            'å' | 'á' | 'à' | 'â' | 'ä' | 'æ' => 'a',
            'ø' | 'ö' | 'ó' | 'ò' | 'ô' => 'o',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'ü' | 'ú' => 'u',
            '-' | '.' | ',' => ' ',
            other => other,
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let plain = words.join(" ").replace("copenhagen", "kobenhavn").replace("elsinore", "helsingor");
    plain.replace("aa", "a").replace("ae", "a").replace("oe", "o")
}

/// Sorts the centres by distance where both positions are known, else by the difference of their postcodes.
fn sort_from(centres: &mut [StoredCentre], anchor: Option<&StoredCentre>, postcode: u16) {
    let from = anchor.and_then(|it| it.centre.position);
    centres.sort_by_cached_key(|it| {
        let elsewhere = is_greenlandic(postcode_of(it)) != is_greenlandic(postcode);
        let is_anchor = anchor.is_some_and(|anchor| anchor.centre.id == it.centre.id);
        let apart = match (from, it.centre.position) {
            (Some(from), Some(to)) => (0, distance(from, to)),
            _ => (1, u64::from(postcode_of(it).abs_diff(postcode))),
        };
        (elsewhere, !is_anchor, apart)
    });
}

/// A value that grows with the distance, good enough to order by: squared, with a degree of longitude shortened as it is at
/// 56 degrees north.
fn distance(from: [i32; 2], to: [i32; 2]) -> u64 {
    let [north, east] = [0, 1].map(|axis: usize| {
        let (a, b) = (from.get(axis).copied().unwrap_or(0), to.get(axis).copied().unwrap_or(0));
        u64::from(a.abs_diff(b)) / 100
    });
    let east = east * 56 / 100;
    north.saturating_mul(north).saturating_add(east.saturating_mul(east))
}

#[cfg(test)]
mod tests {
    use super::{nearest, stored};
    use testkit::house::centre;

    #[test]
    fn a_town_is_found_however_its_letters_are_typed_and_a_postcode_with_a_space() {
        let centres = [
            stored(&centre("kbh", "København", "1550", "Europe/Copenhagen")),
            stored(&centre("aarhus", "Aarhus", "8000", "Europe/Copenhagen")),
            stored(&centre("naestved", "Næstved", "4700", "Europe/Copenhagen")),
        ];
        let found =
            |query: &str| nearest(&centres, query).first().map(|it| it.name_in_addresses.clone());

        for query in ["København", "Kobenhavn", "KOEBENHAVN", "köbenhavn", " copenhagen "] {
            assert_eq!(found(query).as_deref(), Some("kbh"), "{query}");
        }
        for query in
            ["Århus", "Arhus", "aarhus", "80 00", "8000", "DK-8000", "dk 80 00", "8000 Aarhus C"]
        {
            assert_eq!(found(query).as_deref(), Some("aarhus"), "{query}");
        }
        for query in ["Næstved", "Naestved", "Nastved"] {
            assert_eq!(found(query).as_deref(), Some("naestved"), "{query}");
        }
        assert_eq!(found("800"), None);
    }
}

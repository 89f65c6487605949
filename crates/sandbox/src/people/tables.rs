//! The tables of `data/`.

use registers::{MunicipalityCode, Sex};

/// A town with its municipality.
pub(super) struct TownRow {
    pub(super) municipality: MunicipalityCode,
    pub(super) postcode: &'static str,
    pub(super) name: &'static str,
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
}

/// Where a name comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Danish,
    Greenlandic,
    Other,
}

impl Origin {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "dk" => Some(Self::Danish),
            "gl" => Some(Self::Greenlandic),
            "other" => Some(Self::Other),
            _ => None,
        }
    }
}

pub(super) fn towns() -> Vec<TownRow> {
    rows(include_str!("../../data/towns.csv"))
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some(TownRow {
                municipality: MunicipalityCode::parse(fields.next()?)?,
                postcode: fields.next()?,
                name: fields.next()?,
                latitude: fields.next()?.parse().ok(),
                longitude: fields.next()?.parse().ok(),
            })
        })
        .collect()
}

pub(super) fn first_names(sex: Sex, origin: Origin) -> Vec<&'static str> {
    let letter = match sex {
        Sex::Female => "K",
        Sex::Male => "M",
    };
    rows(include_str!("../../data/first_names.csv"))
        .filter_map(|line| {
            let (of, rest) = line.split_once(',')?;
            let (from, name) = rest.split_once(',')?;
            (of == letter && Origin::of_word(from) == Some(origin)).then_some(name)
        })
        .collect()
}

pub(super) fn last_names(origin: Origin) -> Vec<&'static str> {
    rows(include_str!("../../data/last_names.csv"))
        .filter_map(|line| {
            let (from, name) = line.split_once(',')?;
            (Origin::of_word(from) == Some(origin)).then_some(name)
        })
        .collect()
}

pub(super) fn roads() -> Vec<&'static str> {
    rows(include_str!("../../data/roads.csv")).collect()
}

fn rows(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().skip(1).filter(|line| !line.is_empty())
}

//! Whether the checks on a frame treat groups of people alike.
//!
//! Every live picture is looked at in several lights, as the first frame of a capture is, and each gate that stops it is
//! counted by group. Fisher's exact test says how likely counts as unequal as these are where the gate does not care who
//! somebody is; the counts of all lights together are tested.

use std::collections::{BTreeMap, BTreeSet};

use crate::comparison::Reason;
use crate::engine::{CompareError, Engine};
use crate::picture::Picture;
use crate::prompt::{Prompt, Step};

/// The lights: what every pixel is multiplied by, in hundredths.
pub const LIGHTS: [u16; 5] = [50, 70, 85, 100, 130];
/// Counts less likely than this are a difference.
pub(super) const CHANCE_MIN: f64 = 0.05;

/// What stopped one person's picture in one light; `None` where nothing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateResult {
    pub name: String,
    pub light: u16,
    pub stopped_by: Option<&'static str>,
}

/// Counts of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCount {
    pub group: String,
    pub tried: usize,
    pub stopped: usize,
}

/// One gate, for all groups of one label.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    pub gate: &'static str,
    /// What the groups are groups of, such as `sex`.
    pub label: String,
    /// In hundredths; `None` for all lights together.
    pub light: Option<u16>,
    pub groups: Vec<GroupCount>,
    /// Of all lights together: how likely counts as unequal as those of each group and of all others are by chance, the
    /// least of them.
    pub chance: Option<f64>,
}

impl Gate {
    /// Whether the gate treats a group otherwise than the rest, beyond chance.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.chance.is_some_and(|chance| chance < CHANCE_MIN)
    }
}

/// Looks at a live picture in every light.
///
/// # Errors
///
/// [`CompareError::Engine`] where the engine failed.
pub(super) fn look_in_every_light(
    engine: &Engine,
    name: &str,
    picture: &Picture,
) -> Result<Vec<GateResult>, CompareError> {
    let step = Step::from(Prompt::LookStraight);
    let in_light = |light: u16| {
        let look = engine.look_at(&picture.brightened(light), step, None)?;
        // A large or small face says how the picture was cut and nothing about the person.
        let stopped_by = look.hint.filter(|reason| !is_of_the_cut(*reason)).map(Reason::code);
        Ok(GateResult { name: name.to_owned(), light, stopped_by })
    };
    LIGHTS.into_iter().map(in_light).collect()
}

fn is_of_the_cut(reason: Reason) -> bool {
    matches!(reason, Reason::TooNear | Reason::TooFar | Reason::FaceTooSmall | Reason::TooLarge)
}

/// Counts every gate that stopped somebody, by the groups of one label.
#[must_use]
pub fn gates(
    results: &[GateResult],
    label: &str,
    group_of: impl Fn(&str) -> Option<String>,
) -> Vec<Gate> {
    let stopping: BTreeSet<&'static str> = results.iter().filter_map(|it| it.stopped_by).collect();
    // The gate that the light is for is always told, also where it stopped nobody.
    let named = stopping
        .into_iter()
        .chain([Reason::TooDark, Reason::TooBright, Reason::HoldStill].map(Reason::code));
    let named: BTreeSet<&'static str> = named.collect();
    let lights = LIGHTS.into_iter().map(Some).chain([None]);
    let cases = named.into_iter().flat_map(|gate| lights.clone().map(move |light| (gate, light)));
    cases
        .map(|(gate, light)| {
            let mut counts: BTreeMap<String, GroupCount> = BTreeMap::new();
            for result in results.iter().filter(|it| light.is_none_or(|light| it.light == light)) {
                let Some(group) = group_of(&result.name) else { continue };
                let count = counts.entry(group.clone()).or_insert(GroupCount {
                    group,
                    tried: 0,
                    stopped: 0,
                });
                count.tried += 1;
                count.stopped += usize::from(result.stopped_by == Some(gate));
            }
            let groups: Vec<GroupCount> = counts.into_values().collect();
            let chance = light.is_none().then(|| least_chance(&groups));
            Gate { gate, label: label.to_owned(), light, groups, chance }
        })
        .collect()
}

/// The least chance over all groups, each against all others.
fn least_chance(groups: &[GroupCount]) -> f64 {
    let tried: usize = groups.iter().map(|group| group.tried).sum();
    let stopped: usize = groups.iter().map(|group| group.stopped).sum();
    let chances = groups.iter().map(|group| {
        fisher([
            [group.stopped, group.tried - group.stopped],
            [stopped - group.stopped, (tried - group.tried) - (stopped - group.stopped)],
        ])
    });
    chances.fold(1.0, f64::min)
}

/// Fisher's exact test, two-sided: the chance of all tables with the same sums that are at most as likely as this one.
fn fisher([[a, b], [c, d]]: [[usize; 2]; 2]) -> f64 {
    let (row, other, column) = (a + b, c + d, a + c);
    let all = row + other;
    let log_likely =
        |x: usize| log_choose(row, x) + log_choose(other, column - x) - log_choose(all, column);
    let seen = log_likely(a);
    let least = column.saturating_sub(other);
    let most = column.min(row);
    let tables = (least..=most).map(log_likely).filter(|likely| *likely <= seen + 1e-9);
    tables.map(f64::exp).sum::<f64>().min(1.0)
}

/// The logarithm of the number of ways to choose so many of all.
fn log_choose(all: usize, chosen: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    let least = chosen.min(all.saturating_sub(chosen));
    (1..=least).map(|at| (number(all - least + at) / number(at)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fishers_test_gives_the_chances_of_the_textbook() {
        // Fisher's own example of the lady tasting tea, and tables whose chances are known.
        assert!((fisher([[3, 1], [1, 3]]) - 0.485_714).abs() < 1e-5);
        assert!((fisher([[1, 9], [11, 3]]) - 0.002_759).abs() < 1e-5);
        assert!((fisher([[7, 6], [0, 89]]) - 9.292e-8).abs() < 1e-10);
        assert!((fisher([[0, 10], [0, 50]]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_gate_that_stops_one_group_alone_differs_and_one_that_stops_nobody_does_not() {
        let result = |name: usize, light, stopped: bool| GateResult {
            name: name.to_string(),
            light,
            stopped_by: stopped.then_some("face-too-dark"),
        };
        let results: Vec<GateResult> = (0..60)
            .flat_map(|name| LIGHTS.map(|light| result(name, light, light == 50 && name < 8)))
            .collect();
        let group =
            |name: &str| Some(if name.len() == 1 && name < "8" { "a" } else { "b" }.to_owned());

        let gates = gates(&results, "region", group);

        let together =
            |gate: &str| gates.iter().find(|it| it.gate == gate && it.light.is_none()).unwrap();
        assert!(together("face-too-dark").differs());
        assert_eq!(
            together("face-too-dark").groups[0],
            GroupCount { group: "a".into(), tried: 40, stopped: 8 }
        );
        assert!(!together("face-too-bright").differs());
    }
}

//! Finding the way from a list's signer to an anchor, over link certificates where there are any.

use std::collections::VecDeque;

use super::same_country;
use crate::certificate::{Certificate, Role};
use crate::date::UnixTime;
use crate::verdict::Severity;

/// Certificates between a signer and its anchor, at most: each step is a renewal of a state's key,
/// and those come years apart.
const PATH_LENGTH_MAX: usize = 8;
/// Signature checks that one search may cost: a hostile list must not buy more.
const SIGNATURE_CHECKS_MAX: usize = 96;

/// The shortest way from `leaf`'s issuer to one of `anchors`, or `None` where no way leads there.
///
/// Every certificate on the way must be allowed to issue, fit the profile of its role without a serious
/// deviation, be of one country, and have been valid when it issued the one below it. An anchor is trusted
/// as it stands: it was given out of band.
pub(super) fn to_anchor<'a>(
    leaf: &'a Certificate,
    pool: &[&'a Certificate],
    anchors: &'a [Certificate],
) -> Option<Vec<&'a Certificate>> {
    if let Some(anchor) = anchors.iter().find(|anchor| *anchor == leaf) {
        return Some(vec![anchor]);
    }
    let mut checks_left = SIGNATURE_CHECKS_MAX;
    let mut signed = |child: &Certificate, issuer: &Certificate| {
        let Some(left) = checks_left.checked_sub(1) else { return false };
        checks_left = left;
        // A key on another curve than it declares is as serious here as under a document.
        child.verify_signed_by(issuer).is_ok_and(|found| !found.wrong_curve)
    };
    let country = leaf.issuer().country();
    let fits = |candidate: &Certificate, issued_at: UnixTime| {
        let same = match (&country, candidate.subject().country()) {
            (Some(own), Some(other)) => same_country(own, &other),
            (None, _) | (_, None) => true,
        };
        let odd = candidate.fits(Role::Country, Some(issued_at));
        same && candidate.may_issue()
            && candidate.valid_at(issued_at)
            && odd.is_ok_and(|odd| odd.iter().all(|one| one.severity() != Severity::Serious))
    };
    let mut reached: Vec<&Certificate> = vec![leaf];
    let mut waiting: VecDeque<Vec<&'a Certificate>> = VecDeque::from([Vec::new()]);
    while let Some(path) = waiting.pop_front() {
        let child = path.last().copied().unwrap_or(leaf);
        for anchor in anchors {
            if anchor.may_have_issued(child) && signed(child, anchor) {
                return Some([path, vec![anchor]].concat());
            }
        }
        if path.len() >= PATH_LENGTH_MAX {
            continue;
        }
        for candidate in pool {
            let fits_here = !reached.contains(candidate)
                && fits(candidate, child.validity().from)
                && candidate.may_have_issued(child);
            if fits_here && signed(child, candidate) {
                reached.push(candidate);
                let mut longer = path.clone();
                longer.push(candidate);
                waiting.push_back(longer);
            }
        }
    }
    None
}

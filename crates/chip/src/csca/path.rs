//! Finding the way from a list's signer to an anchor, over link certificates where there are any.

use crate::certificate::Certificate;

/// Certificates between a signer and its anchor, at most: each step is a renewal of a state's key,
/// and those come years apart.
const PATH_LENGTH_MAX: usize = 8;
/// Signature checks that one search may cost: a hostile list must not buy more.
const SIGNATURE_CHECKS_MAX: usize = 96;

/// The certificates from `leaf`'s issuer to one of `anchors`, or `None` where no way leads there.
///
/// Every certificate on the way must be allowed to issue, and have been valid when it issued the
/// one below it. An anchor is trusted as it stands: it was given out of band.
pub(super) fn to_anchor<'a>(
    leaf: &'a Certificate,
    pool: &'a [&'a Certificate],
    anchors: &'a [Certificate],
) -> Option<Vec<&'a Certificate>> {
    let mut search = Search { pool, anchors, checks_left: SIGNATURE_CHECKS_MAX, path: Vec::new() };
    if let Some(anchor) = anchors.iter().find(|anchor| *anchor == leaf) {
        return Some(vec![anchor]);
    }
    search.climb(leaf).then_some(search.path)
}

struct Search<'a> {
    pool: &'a [&'a Certificate],
    anchors: &'a [Certificate],
    checks_left: usize,
    path: Vec<&'a Certificate>,
}

impl<'a> Search<'a> {
    fn climb(&mut self, child: &'a Certificate) -> bool {
        for anchor in self.anchors {
            if anchor.may_have_issued(child) && self.signed(child, anchor) {
                self.path.push(anchor);
                return true;
            }
        }
        if self.path.len() >= PATH_LENGTH_MAX {
            return false;
        }
        for candidate in self.pool {
            let candidate: &'a Certificate = candidate;
            let fits = candidate != child
                && !self.path.contains(&candidate)
                && candidate.may_issue()
                && candidate.valid_at(child.validity().from)
                && candidate.may_have_issued(child);
            if fits && self.signed(child, candidate) {
                self.path.push(candidate);
                if self.climb(candidate) {
                    return true;
                }
                self.path.pop();
            }
        }
        false
    }

    fn signed(&mut self, child: &Certificate, issuer: &Certificate) -> bool {
        let Some(left) = self.checks_left.checked_sub(1) else { return false };
        self.checks_left = left;
        child.verify_signed_by(issuer).is_ok()
    }
}

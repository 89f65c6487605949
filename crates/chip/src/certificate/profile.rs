//! The certificate profile of Doc 9303-12 §7 as far as it decides something: for each role and each field whether it is
//! accepted, a deviation with a weight, or refused. `docs/chips.md` has the same table for people.

use super::{Certificate, KeyUsage};
use crate::asn1::Oid;
use crate::date::UnixTime;
use crate::key::PublicKey;
use crate::signature::HashAlgorithm;
use crate::verdict::Deviation;

/// `id-icao-mrtd-security` signing purposes for lists, 2.23.136.1.1.{3,8}.
pub(crate) const MASTER_LISTS: &[u8] = b"\x67\x81\x08\x01\x01\x03";
pub(crate) const DEVIATION_LISTS: &[u8] = b"\x67\x81\x08\x01\x01\x08";

/// The shortest RSA modulus that counts as strong.
const RSA_BITS_MIN: usize = 2_048;
/// The smallest curve that counts as strong.
const CURVE_BITS_MIN: usize = 224;
/// States write the ends of usage periods in local time, and sign around midnight.
const PERIOD_SLACK_SECS: i64 = 86_400;

/// What a certificate is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Signs SODs and EF.CardSecurity.
    DocumentSigner,
    /// Vouches for signers: a root of an issuing state, or a link certificate.
    Country,
    /// Signs lists, for the purpose with this identifier.
    ListSigner(&'static [u8]),
}

/// Why a certificate may not be used in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Its key is for something else.
    Usage,
    /// It has a critical extension that nothing here understands.
    CriticalExtension,
    /// Its key was not to be used any more, or not yet, when it signed.
    Period,
    /// The key, or the hash function of its own signature, is too weak for when it was made.
    Weak,
}

/// One cell of the table.
enum Cell {
    Accepted,
    Deviates(Deviation),
    Refused(Unfit),
}

impl Certificate {
    /// Goes through the table for a role. `used_at` is when its key signed, where that is known.
    pub(crate) fn fits(
        &self,
        role: Role,
        used_at: Option<UnixTime>,
    ) -> Result<Vec<Deviation>, Unfit> {
        let cells = [
            self.key_usage(role),
            self.signs_certificates(role),
            self.extended_usage(role),
            self.constraints(role),
            self.critical_extensions(),
            self.usage_period(role, used_at),
            self.key_strength(role),
            self.own_signature(role),
        ];
        let mut deviations = Vec::new();
        for cell in cells {
            match cell {
                Cell::Accepted => {}
                Cell::Deviates(deviation) => deviations.push(deviation),
                Cell::Refused(unfit) => return Err(unfit),
            }
        }
        Ok(deviations)
    }

    fn key_usage(&self, role: Role) -> Cell {
        let may = match role {
            Role::DocumentSigner | Role::ListSigner(_) => KeyUsage::digital_signature,
            Role::Country => KeyUsage::certificate_sign,
        };
        match (self.extensions.key_usage.map(may), role) {
            (Some(true), _) => Cell::Accepted,
            (None, Role::DocumentSigner) => Cell::Deviates(Deviation::DocumentSignerKeyUsage),
            (None, Role::Country) => Cell::Deviates(Deviation::CscaKeyUsage),
            (Some(false), _) | (None, Role::ListSigner(_)) => Cell::Refused(Unfit::Usage),
        }
    }

    /// A signer that may also vouch for others could make signers of its own.
    fn signs_certificates(&self, role: Role) -> Cell {
        let signs = |usage: KeyUsage| usage.certificate_sign() || usage.crl_sign();
        match (self.extensions.key_usage.is_some_and(signs), role) {
            (false, _) | (true, Role::Country) => Cell::Accepted,
            (true, Role::DocumentSigner) => Cell::Deviates(Deviation::DocumentSignerMayIssue),
            (true, Role::ListSigner(_)) => Cell::Refused(Unfit::Usage),
        }
    }

    /// Doc 9303-12 gives extended key usages to list signers alone. A key certified for anything else, a server of the
    /// web say, is not a document signer's, whether the extension is critical or not.
    fn extended_usage(&self, role: Role) -> Cell {
        let purposes: Vec<&[u8]> = self.purposes().iter().map(Oid::as_bytes).collect();
        let for_lists = |purpose: &&[u8]| matches!(*purpose, MASTER_LISTS | DEVIATION_LISTS);
        match role {
            Role::ListSigner(wanted) if purposes == [wanted] => Cell::Accepted,
            Role::ListSigner(_) => Cell::Refused(Unfit::Usage),
            Role::DocumentSigner | Role::Country if !self.extensions.limits_purposes => {
                Cell::Accepted
            }
            Role::DocumentSigner if purposes.iter().any(for_lists) => Cell::Refused(Unfit::Usage),
            Role::DocumentSigner => Cell::Deviates(Deviation::DocumentSignerExtendedUsage),
            Role::Country => Cell::Deviates(Deviation::CscaExtendedUsage),
        }
    }

    fn constraints(&self, role: Role) -> Cell {
        match (self.extensions.basic_constraints.map(|constraints| constraints.ca), role) {
            (Some(true), Role::Country)
            | (Some(false) | None, Role::DocumentSigner | Role::ListSigner(_)) => Cell::Accepted,
            (Some(true), Role::DocumentSigner) => {
                Cell::Deviates(Deviation::DocumentSignerAuthority)
            }
            (None, Role::Country) => Cell::Deviates(Deviation::CscaBasicConstraints),
            (Some(true), Role::ListSigner(_)) | (Some(false), Role::Country) => {
                Cell::Refused(Unfit::Usage)
            }
        }
    }

    fn critical_extensions(&self) -> Cell {
        if self.extensions.unknown_critical.is_empty() {
            Cell::Accepted
        } else {
            Cell::Refused(Unfit::CriticalExtension)
        }
    }

    fn usage_period(&self, role: Role, used_at: Option<UnixTime>) -> Cell {
        let (Some((from, until)), Some(at)) = (self.extensions.private_key_usage, used_at) else {
            return Cell::Accepted;
        };
        let at = at.as_secs();
        let early = from.is_some_and(|from| at < from.as_secs().saturating_sub(PERIOD_SLACK_SECS));
        let late =
            until.is_some_and(|until| at > until.as_secs().saturating_add(PERIOD_SLACK_SECS));
        if !early && !late {
            return Cell::Accepted;
        }
        match role {
            Role::DocumentSigner | Role::Country => {
                Cell::Deviates(Deviation::PrivateKeyUsagePeriod)
            }
            Role::ListSigner(_) => Cell::Refused(Unfit::Period),
        }
    }

    fn key_strength(&self, role: Role) -> Cell {
        let weak = match self.key() {
            Ok(PublicKey::Rsa(key)) => key.bits() < RSA_BITS_MIN,
            Ok(PublicKey::Ec(key)) => key.point().curve().bits() < CURVE_BITS_MIN,
            // Nothing verifies under a key that nobody here knows.
            Err(_) => false,
        };
        if !weak {
            return Cell::Accepted;
        }
        match role {
            Role::DocumentSigner | Role::Country => Cell::Deviates(Deviation::WeakKey),
            Role::ListSigner(_) => Cell::Refused(Unfit::Weak),
        }
    }

    fn own_signature(&self, role: Role) -> Cell {
        let sha1 = self.algorithm().is_ok_and(|it| it.hash() == HashAlgorithm::Sha1);
        if !sha1 {
            return Cell::Accepted;
        }
        match role {
            Role::DocumentSigner => Cell::Deviates(Deviation::Sha1),
            // Trusted by how it was taken in, and not by what it says of itself.
            Role::Country => Cell::Deviates(Deviation::CscaSha1),
            Role::ListSigner(_) => Cell::Refused(Unfit::Weak),
        }
    }
}

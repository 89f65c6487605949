//! The MODP groups of Doc 9303-11 §9.5.1: RFC 5114 §2.1 to §2.3, for PACE and chip authentication over DH.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};
use zeroize::Zeroizing;

use crate::sensitive::Sensitive;

/// A standardised group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModpGroup {
    /// 1024-bit prime, 160-bit subgroup; domain parameter id 0.
    P1024Q160,
    /// 2048-bit prime, 224-bit subgroup; domain parameter id 1.
    P2048Q224,
    /// 2048-bit prime, 256-bit subgroup; domain parameter id 2.
    P2048Q256,
}

/// Why bytes are no value of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModpError {
    /// Not between 2 and p - 2, or not in the subgroup: it would give the other side's secret away, or make it trivial.
    #[error("not an element of the group")]
    Element,
    /// Zero, or too few random octets.
    #[error("not a private key of the group")]
    PrivateKey,
}

/// An element of a group's subgroup, as long as its prime; never one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    group: ModpGroup,
    octets: Vec<u8>,
}

/// A private exponent; wiped on drop.
#[derive(Clone, Debug)]
pub struct Exponent {
    group: ModpGroup,
    octets: Sensitive<Vec<u8>>,
}

impl ModpGroup {
    /// Every group known here.
    pub const ALL: [Self; 3] = [Self::P1024Q160, Self::P2048Q224, Self::P2048Q256];

    /// The group of a standardised domain parameter id.
    #[must_use]
    pub const fn from_standard_id(id: u8) -> Option<Self> {
        Some(match id {
            0 => Self::P1024Q160,
            1 => Self::P2048Q224,
            2 => Self::P2048Q256,
            _ => return None,
        })
    }

    /// Its sizes, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P1024Q160 => "DH 1024/160",
            Self::P2048Q224 => "DH 2048/224",
            Self::P2048Q256 => "DH 2048/256",
        }
    }

    /// The standardised domain parameter id.
    #[must_use]
    pub const fn standard_id(self) -> u8 {
        match self {
            Self::P1024Q160 => 0,
            Self::P2048Q224 => 1,
            Self::P2048Q256 => 2,
        }
    }

    /// The group whose prime and generator these are, big-endian. Explicit parameters are looked up and never
    /// computed on: in a group of the attacker's making every logarithm is easy.
    #[must_use]
    pub fn from_explicit(prime: &[u8], generator: &[u8]) -> Option<Self> {
        let number = BoxedUint::from_be_slice_vartime;
        Self::ALL.into_iter().find(|group| {
            number(prime) == number(&group.prime()) && number(generator) == number(&group.base())
        })
    }

    /// Octets of an element.
    #[must_use]
    pub const fn element_bytes(self) -> usize {
        match self {
            Self::P1024Q160 => 128,
            Self::P2048Q224 | Self::P2048Q256 => 256,
        }
    }

    /// How many random octets [`Exponent::from_random`] wants: eight more than the order has.
    #[must_use]
    pub const fn random_bytes(self) -> usize {
        match self {
            Self::P1024Q160 => 28,
            Self::P2048Q224 => 36,
            Self::P2048Q256 => 40,
        }
    }

    /// The prime, big-endian.
    #[must_use]
    pub fn prime(self) -> Vec<u8> {
        octets(match self {
            Self::P1024Q160 => PRIME_1,
            Self::P2048Q224 => PRIME_2,
            Self::P2048Q256 => PRIME_3,
        })
    }

    /// The order of the subgroup, big-endian.
    #[must_use]
    pub fn order(self) -> Vec<u8> {
        octets(match self {
            Self::P1024Q160 => ORDER_1,
            Self::P2048Q224 => ORDER_2,
            Self::P2048Q256 => ORDER_3,
        })
    }

    fn base(self) -> Vec<u8> {
        octets(match self {
            Self::P1024Q160 => GENERATOR_1,
            Self::P2048Q224 => GENERATOR_2,
            Self::P2048Q256 => GENERATOR_3,
        })
    }

    /// The generator.
    #[must_use]
    pub fn generator(self) -> Element {
        Element { group: self, octets: self.base() }
    }

    fn params(self) -> Result<BoxedMontyParams, ModpError> {
        let prime = BoxedUint::from_be_slice_truncated(&self.prime(), self.bits());
        // Every prime of the table is odd.
        Odd::new(prime).into_option().map(BoxedMontyParams::new).ok_or(ModpError::Element)
    }

    const fn bits(self) -> u32 {
        match self {
            Self::P1024Q160 => 1_024,
            Self::P2048Q224 | Self::P2048Q256 => 2_048,
        }
    }

    fn form(self, octets: &[u8], params: &BoxedMontyParams) -> BoxedMontyForm {
        BoxedMontyForm::new(BoxedUint::from_be_slice_truncated(octets, self.bits()), params)
    }

    fn power(self, base: &[u8], exponent: &[u8]) -> Result<Vec<u8>, ModpError> {
        let params = self.params()?;
        let exponent = Zeroizing::new(BoxedUint::from_be_slice_truncated(
            exponent,
            u32::try_from(exponent.len().saturating_mul(8)).unwrap_or(u32::MAX),
        ));
        Ok(self.form(base, &params).pow(&exponent).retrieve().to_be_bytes().to_vec())
    }

    /// The number `octets`, reduced modulo the prime and raised to the cofactor (p - 1) / q, so that it lies in
    /// the subgroup: the generator of PACE's integrated mapping (Doc 9303-11 §4.4.3.3.2).
    ///
    /// # Errors
    ///
    /// [`ModpError::Element`] where it comes to one or zero.
    pub fn into_subgroup(self, octets: &[u8]) -> Result<Element, ModpError> {
        let prime = BoxedUint::from_be_slice_truncated(&self.prime(), self.bits());
        let order = BoxedUint::from_be_slice_truncated(&self.order(), self.bits());
        let wide = u32::try_from(octets.len().saturating_mul(8)).unwrap_or(u32::MAX);
        let number = BoxedUint::from_be_slice_truncated(octets, wide.max(self.bits()));
        let modulus = NonZero::new(prime.clone()).into_option().ok_or(ModpError::Element)?;
        let order = NonZero::new(order).into_option().ok_or(ModpError::Element)?;
        let reduced = number.rem_vartime(&modulus);
        let cofactor = prime.wrapping_div_vartime(&order);
        let octets = self.power(&reduced.to_be_bytes(), &cofactor.to_be_bytes())?;
        Element::from_octets(self, &octets)
    }
}

impl Element {
    /// An element from the octets that the other side sent.
    ///
    /// # Errors
    ///
    /// [`ModpError::Element`] where it is trivial, not below the prime, or outside the subgroup.
    pub fn from_octets(group: ModpGroup, octets: &[u8]) -> Result<Self, ModpError> {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let stripped = octets.get(zeros..).unwrap_or_default();
        let length = group.element_bytes();
        let lead = length.checked_sub(stripped.len()).ok_or(ModpError::Element)?;
        let padded = [vec![0; lead], stripped.to_vec()].concat();
        // Same length and big-endian, so slices compare as the numbers do.
        if padded >= group.prime()
            || stripped.len() <= 1 && stripped.first().is_none_or(|o| *o <= 1)
        {
            return Err(ModpError::Element);
        }
        let one = [vec![0; length.saturating_sub(1)], vec![1]].concat();
        if group.power(&padded, &group.order())? != one {
            return Err(ModpError::Element);
        }
        Ok(Self { group, octets: padded })
    }

    /// The group it lies in.
    #[must_use]
    pub const fn group(&self) -> ModpGroup {
        self.group
    }

    /// Big-endian, as long as the prime.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// This element to the power of a private exponent.
    ///
    /// # Errors
    ///
    /// [`ModpError::Element`] where groups differ or the result is one.
    pub fn power(&self, exponent: &Exponent) -> Result<Self, ModpError> {
        if self.group != exponent.group {
            return Err(ModpError::Element);
        }
        let octets = self.group.power(&self.octets, exponent.octets.expose())?;
        Self::from_octets(self.group, &octets)
    }

    /// The product of two elements.
    ///
    /// # Errors
    ///
    /// [`ModpError::Element`] where groups differ or the product is one.
    pub fn multiply(&self, other: &Self) -> Result<Self, ModpError> {
        if self.group != other.group {
            return Err(ModpError::Element);
        }
        let params = self.group.params()?;
        let product = self
            .group
            .form(&self.octets, &params)
            .mul(&self.group.form(&other.octets, &params))
            .retrieve();
        Self::from_octets(self.group, &product.to_be_bytes())
    }
}

impl Exponent {
    /// A private key as a recording gives it; it need not be below the order.
    ///
    /// # Errors
    ///
    /// [`ModpError::PrivateKey`] where it is zero or longer than the prime.
    pub fn from_octets(group: ModpGroup, octets: &[u8]) -> Result<Self, ModpError> {
        if octets.iter().all(|octet| *octet == 0) || octets.len() > group.element_bytes() {
            return Err(ModpError::PrivateKey);
        }
        Ok(Self { group, octets: Sensitive::new(octets.to_vec()) })
    }

    /// A private key from the caller's random octets: eight more than the order has, which leaves no bias worth
    /// the name though they are not reduced.
    ///
    /// # Errors
    ///
    /// [`ModpError::PrivateKey`] for too few octets.
    pub fn from_random(group: ModpGroup, random: &[u8]) -> Result<Self, ModpError> {
        if random.len() < group.random_bytes() {
            return Err(ModpError::PrivateKey);
        }
        Self::from_octets(group, random)
    }

    /// The octets; the caller must not print or log them.
    #[must_use]
    pub const fn expose(&self) -> &Vec<u8> {
        self.octets.expose()
    }

    /// The public key that belongs to it over the group's own generator.
    ///
    /// # Errors
    ///
    /// [`ModpError::Element`] where it is a multiple of the order.
    pub fn public(&self) -> Result<Element, ModpError> {
        self.group.generator().power(self)
    }
}

fn octets(digits: &str) -> Vec<u8> {
    let value = |octet: u8| char::from(octet).to_digit(16).unwrap_or(0);
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| pair.iter().fold(0, |sum, digit| (sum << 4) | value(*digit)))
        .map(|number| u8::try_from(number).unwrap_or(0))
        .collect()
}

const PRIME_1: &str = concat!(
    "b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d189838ef1e",
    "2ee652c013ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a73724effd6fae5644738",
    "faa31a4ff55bccc0a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708df1fb2bc2e4a4371",
);
const GENERATOR_1: &str = concat!(
    "a4d1cbd5c3fd34126765a442efb99905f8104dd258ac507fd6406cff14266d31266fea1e5c41564b777e690f",
    "5504f213160217b4b01b886a5e91547f9e2749f4d7fbd7d3b9a92ee1909d0d2263f80a76a6a24c087a091f53",
    "1dbf0a0169b6a28ad662a4d18e73afa32d779d5918d08bc8858f4dcef97c2a24855e6eeb22b3b2e5",
);
const ORDER_1: &str = "f518aa8781a8df278aba4e7d64b7cb9d49462353";
const PRIME_2: &str = concat!(
    "ad107e1e9123a9d0d660faa79559c51fa20d64e5683b9fd1b54b1597b61d0a75e6fa141df95a56dbaf9a3c40",
    "7ba1df15eb3d688a309c180e1de6b85a1274a0a66d3f8152ad6ac2129037c9edefda4df8d91e8fef55b7394b",
    "7ad5b7d0b6c12207c9f98d11ed34dbf6c6ba0b2c8bbc27be6a00e0a0b9c49708b3bf8a317091883681286130",
    "bc8985db1602e714415d9330278273c7de31efdc7310f7121fd5a07415987d9adc0a486dcdf93acc44328387",
    "315d75e198c641a480cd86a1b9e587e8be60e69cc928b2b9c52172e413042e9b23f10b0e16e79763c9b53dcf",
    "4ba80a29e3fb73c16b8e75b97ef363e2ffa31f71cf9de5384e71b81c0ac4dffe0c10e64f",
);
const GENERATOR_2: &str = concat!(
    "ac4032ef4f2d9ae39df30b5c8ffdac506cdebe7b89998caf74866a08cfe4ffe3a6824a4e10b9a6f0dd921f01",
    "a70c4afaab739d7700c29f52c57db17c620a8652be5e9001a8d66ad7c17669101999024af4d027275ac1348b",
    "b8a762d0521bc98ae247150422ea1ed409939d54da7460cdb5f6c6b250717cbef180eb34118e98d119529a45",
    "d6f834566e3025e316a330efbb77a86f0c1ab15b051ae3d428c8f8acb70a8137150b8eeb10e183edd19963dd",
    "d9e263e4770589ef6aa21e7f5f2ff381b539cce3409d13cd566afbb48d6c019181e1bcfe94b30269edfe72fe",
    "9b6aa4bd7b5a0f1c71cfff4c19c418e1f6ec017981bc087f2a7065b384b890d3191f2bfa",
);
const ORDER_2: &str = "801c0d34c58d93fe997177101f80535a4738cebcbf389a99b36371eb";
const PRIME_3: &str = concat!(
    "87a8e61db4b6663cffbbd19c651959998ceef608660dd0f25d2ceed4435e3b00e00df8f1d61957d4faf7df45",
    "61b2aa3016c3d91134096faa3bf4296d830e9a7c209e0c6497517abd5a8a9d306bcf67ed91f9e6725b4758c0",
    "22e0b1ef4275bf7b6c5bfc11d45f9088b941f54eb1e59bb8bc39a0bf12307f5c4fdb70c581b23f76b63acae1",
    "caa6b7902d52526735488a0ef13c6d9a51bfa4ab3ad8347796524d8ef6a167b5a41825d967e144e514056425",
    "1ccacb83e6b486f6b3ca3f7971506026c0b857f689962856ded4010abd0be621c3a3960a54e710c375f26375",
    "d7014103a4b54330c198af126116d2276e11715f693877fad7ef09cadb094ae91e1a1597",
);
const GENERATOR_3: &str = concat!(
    "3fb32c9b73134d0b2e77506660edbd484ca7b18f21ef205407f4793a1a0ba12510dbc15077be463fff4fed4a",
    "ac0bb555be3a6c1b0c6b47b1bc3773bf7e8c6f62901228f8c28cbb18a55ae31341000a650196f931c77a57f2",
    "ddf463e5e9ec144b777de62aaab8a8628ac376d282d6ed3864e67982428ebc831d14348f6f2f9193b5045af2",
    "767164e1dfc967c1fb3f2e55a4bd1bffe83b9c80d052b985d182ea0adb2a3b7313d3fe14c8484b1e052588b9",
    "b7d2bbd2df016199ecd06e1557cd0915b3353bbb64e0ec377fd028370df92b52c7891428cdc67eb6184b523d",
    "1db246c32f63078490f00ef8d647d148d47954515e2327cfef98c582664b4c0f6cc41659",
);
const ORDER_3: &str = "8cf83642a709a097b447997640129da299b1a47d1eb3750ba308b0fe64f5fbd3";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generator_has_the_order_of_its_subgroup() {
        for group in ModpGroup::ALL {
            assert_eq!(
                Element::from_octets(group, &group.base()).unwrap(),
                group.generator(),
                "{group:?}"
            );
            assert_eq!(ModpGroup::from_explicit(&group.prime(), &group.base()), Some(group));
            assert_eq!(ModpGroup::from_standard_id(group.standard_id()), Some(group));
        }
        assert_eq!(ModpGroup::from_explicit(&[23], &[5]), None);
    }

    #[test]
    fn elements_outside_the_subgroup_are_refused() {
        for group in ModpGroup::ALL {
            let mut minus_one = group.prime();
            if let Some(last) = minus_one.last_mut() {
                *last -= 1;
            }
            for octets in [&[][..], &[0], &[1], &minus_one, &group.prime(), &[2], &[0xFF; 257]] {
                assert_eq!(Element::from_octets(group, octets), Err(ModpError::Element));
            }
        }
    }

    #[test]
    fn both_sides_agree_on_one_secret() {
        let group = ModpGroup::P2048Q224;
        let ours = Exponent::from_random(group, &[0x5A; 36]).unwrap();
        let theirs = Exponent::from_random(group, &[0xC3; 36]).unwrap();

        let secret = theirs.public().unwrap().power(&ours).unwrap();

        assert_eq!(secret, ours.public().unwrap().power(&theirs).unwrap());
        assert!(matches!(Exponent::from_random(group, &[1; 35]), Err(ModpError::PrivateKey)));
    }
}

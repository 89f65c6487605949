//! A whole eMRTD card in software, with its own issuing PKI and faults on request.
//!
//! An [`Issuer`] is a state: a country signing CA and a document signer. It makes a [`Document`]
//! from a [`DocumentSpec`]; a [`Card`] is the document's chip on a reader and answers APDUs with
//! the real protocols. [`Faults`] make a chip misbehave, [`profiles`] are ready-made documents.
//!
//! Nothing here shares code with the `chip` crate, which reads such documents: two implementations
//! that agree are a check on both. Nothing here is constant in time or wiped after use, since the
//! keys of a simulated document protect nobody. It is never linked into the `genvej` binary.
//!
//! ```
//! use chip_sim::{Card, Seeded, profile};
//!
//! let mut random = Seeded::new([7; 32]);
//! let (_issuer, document) = profile("bac").unwrap().issue(&mut random).unwrap();
//! let mut card = Card::new(document, [8; 32]);
//!
//! let select = [0x00, 0xA4, 0x04, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 0x01];
//! assert_eq!(card.transmit(&select), [0x90, 0x00]);
//! let read_com = [0x00, 0xB0, 0x9E, 0x00, 0x00];
//! assert_eq!(card.transmit(&read_com), [0x69, 0x82], "access control comes first");
//! ```

mod random;

mod curve;
mod der;
mod digest;
mod modp;
mod rsa;

mod key;
mod signature;

mod certificate;
mod cms;
mod date;

mod lds;
mod mrz;
mod portrait;
mod protocol;

mod document;
mod issuer;

mod agreement;
mod cipher;

mod card;
mod profile;
mod virtual_reader;
mod vpcd;

pub use card::{
    ActiveAnswer, AgreementAnswer, Card, Faults, Instead, MasterFileForm, QuietSelect, ReadLimit,
    ShortIds, SpoiledResponse, nested,
};
pub use certificate::Extension;
pub use cms::SignerId;
pub use curve::{Curve, CurveForm};
pub use date::{Date, Validity};
pub use digest::Digest;
pub use document::{Access, DamagedDocument, Document, DocumentSpec, IssuerDeviations};
pub use issuer::{Algorithm, DamagedIssuer, IssueError, Issuer, IssuerError, SignerOddities};
pub use key::{EcKey, KeyError, KeyKind, KeyPair};
pub use lds::{DocumentDetails, File, PersonalDetails};
pub use modp::Modp;
pub use mrz::Format;
pub use portrait::{Container, Portrait};
pub use profile::{PROFILE_VALIDITY, Profile, profile, profiles, utopian_passport};
pub use protocol::{
    ActiveAuthentication, ChipAuthentication, Cipher, Group, IntegerForm, Mapping, PaceOffer,
    ParameterPlace,
};
pub use random::{Random, Seeded};
pub use rsa::RsaKey;
pub use signature::{Scheme, sign};
pub use virtual_reader::{NEEDS, VirtualReader, VirtualReaderError, with_virtual_reader};
pub use vpcd::{ServeError, serve};

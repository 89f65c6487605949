//! Signatures by `openssl dgst -sign` over the six bytes `Genvej`, under keys of 1024 and 1025 bits
//! by `openssl genpkey`, the first with public exponent 3.

use super::HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
use super::SignatureAlgorithm::{RsaPkcs1, RsaPss};
use super::{Irregularities, SignatureAlgorithm, SignatureError};
use crate::asn1;
use crate::curve::{Curve, Scalar};
use crate::key::{EcPublicKey, KeyError, PublicKey, RsaPublicKey};
use crate::tlv::{self, Reader, Tag};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

struct Vector {
    modulus: &'static str,
    exponent: &'static [u8],
    algorithm: SignatureAlgorithm,
    signature: &'static str,
}

impl Vector {
    fn key(&self) -> PublicKey {
        PublicKey::Rsa(RsaPublicKey::new(&bytes(self.modulus), self.exponent).unwrap())
    }
}

#[test]
fn rsa_signatures_of_openssl_verify_and_fail_when_anything_changes() {
    for vector in &VECTORS {
        let (key, signature) = (vector.key(), bytes(vector.signature));
        let algorithm = vector.algorithm;
        assert!(algorithm.verify(&key, b"Genvej", &signature).is_ok(), "{algorithm:?}");

        assert!(algorithm.verify(&key, b"genvej", &signature).is_err(), "{algorithm:?}");
        for at in [0, 40, signature.len() - 1] {
            let mut bent = signature.clone();
            bent[at] ^= 1;
            assert!(algorithm.verify(&key, b"Genvej", &bent).is_err(), "{algorithm:?}");
        }
        let longer = [&signature[..], &[0]].concat();
        assert!(algorithm.verify(&key, b"Genvej", &longer).is_err(), "{algorithm:?}");
        assert!(algorithm.verify(&key, b"Genvej", &[]).is_err(), "{algorithm:?}");
    }
}

#[test]
fn an_algorithm_verifies_no_signature_of_another() {
    for vector in &VECTORS {
        for other in &VECTORS {
            if vector.algorithm != other.algorithm {
                let verified =
                    other.algorithm.verify(&vector.key(), b"Genvej", &bytes(vector.signature));
                assert!(verified.is_err(), "{:?} {:?}", vector.algorithm, other.algorithm);
            }
        }
    }
}

#[test]
fn a_forgery_by_a_cube_root_does_not_pass_for_a_signature() {
    // CVE-2006-4339: with exponent 3, a number whose cube begins with the right padding and digest
    // and ends in anything. The cube root of a prefix is easy; here the prefix of zero suffices.
    let vector = &VECTORS[0];
    for forged in [vec![1], vec![0x7F; 40], vec![0xFF; 42]] {
        let verified = vector.algorithm.verify(&vector.key(), b"Genvej", &forged);

        assert_eq!(verified, Err(SignatureError::Mismatch));
    }
}

/// RFC 8017 §8.2.2 step 1: also where what is missing are zeros.
#[test]
fn an_rsa_signature_shorter_than_the_modulus_is_none() {
    let modulus = [&[0xC0][..], &[0x55; 126], &[0x01]].concat();
    let key = crate::key::RsaPublicKey::new(&modulus, &[3]).unwrap();
    let whole = [&[0; 127][..], &[2]].concat();

    assert_eq!(key.open(&whole).unwrap().last(), Some(&8));
    for zeros_dropped in 1..128 {
        assert_eq!(key.open(&whole[zeros_dropped..]), None, "{zeros_dropped} octets short");
    }
    assert_eq!(key.open(&[&[0][..], &whole].concat()), None, "one octet longer");
}

#[test]
fn ecdsa_verifies_in_the_other_encoding_and_says_so() {
    let private = Scalar::from_bytes(Curve::P256, &[7]).unwrap();
    let nonce = Scalar::from_bytes(Curve::P256, &[11]).unwrap();
    let (r, s) = private.sign(&Sha256.digest(&[b"Genvej"]), &nonce).unwrap();
    let key = PublicKey::Ec(EcPublicKey::new(private.public().unwrap()));
    let integer = |number: &[u8]| tlv::object(Tag::new(0x02), &[&[0], number].concat());
    let der = tlv::constructed(Tag::new(0x30), [integer(&r), integer(&s)]);
    let plain = [r, s].concat();
    let odd = Irregularities { ecdsa_encoding: true, wrong_curve: false };

    let (as_der, as_plain) =
        (SignatureAlgorithm::Ecdsa(Sha256), SignatureAlgorithm::EcdsaPlain(Sha256));
    assert_eq!(as_der.verify(&key, b"Genvej", &der), Ok(Irregularities::default()));
    assert_eq!(as_der.verify(&key, b"Genvej", &plain), Ok(odd));
    assert_eq!(as_plain.verify(&key, b"Genvej", &plain), Ok(Irregularities::default()));
    assert_eq!(as_plain.verify(&key, b"Genvej", &der), Ok(odd));
    assert_eq!(as_der.verify(&key, b"genvej", &der), Err(SignatureError::Mismatch));
    assert_eq!(RsaPkcs1(Sha256).verify(&key, b"Genvej", &der), Err(SignatureError::KeyKind));
}

#[test]
fn rsa_keys_out_of_bounds_are_refused() {
    let modulus = bytes(VECTORS[0].modulus);
    let mut even = modulus.clone();
    *even.last_mut().unwrap() &= 0xFE;
    let mut huge = vec![0xFF; 8193 / 8 + 1];
    huge[0] = 1;
    for (modulus, exponent) in [
        (&modulus[..], &[1][..]),
        (&modulus, &[4]),
        (&modulus, &[0]),
        (&modulus, &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
        (&modulus[1..], &[3]),
        (&even, &[3]),
        (&huge, &[3]),
        (&[0xFF; 4096], &[3]),
        (&[], &[3]),
    ] {
        assert_eq!(RsaPublicKey::new(modulus, exponent), Err(KeyError::Rsa));
    }
}

fn parse(der: &[u8]) -> Result<SignatureAlgorithm, SignatureError> {
    SignatureAlgorithm::parse(&asn1::algorithm(&mut Reader::new(der)).unwrap(), None)
}

#[test]
fn absent_pss_parameters_mean_sha_1_and_a_salt_of_20() {
    let oid = tlv::object(Tag::new(0x06), super::RSA_PSS);
    let usual = RsaPss { hash: Sha1, mask_hash: Sha1, salt_bytes: 20 };
    for parameters in [&b""[..], b"\x30\x00", b"\x05\x00"] {
        let der = tlv::constructed(Tag::new(0x30), [&oid[..], parameters]);
        assert_eq!(parse(&der), Ok(usual));
    }
    let salt = b"\x30\x05\xa2\x03\x02\x01\x40";
    let der = tlv::constructed(Tag::new(0x30), [&oid[..], salt]);
    assert_eq!(parse(&der), Ok(RsaPss { hash: Sha1, mask_hash: Sha1, salt_bytes: 64 }));
    let trailer = b"\x30\x05\xa3\x03\x02\x01\x02";
    let der = tlv::constructed(Tag::new(0x30), [&oid[..], trailer]);
    assert!(parse(&der).is_err());
}

#[test]
fn an_unknown_algorithm_is_named() {
    // MD5 with RSA
    let der = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04";

    let refused = parse(der).unwrap_err();

    assert_eq!(refused.to_string(), "signature algorithm 1.2.840.113549.1.1.4 is not known");
}

const VECTORS: [Vector; 11] = [
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPkcs1(Sha1),
        signature: "3eeb8494a1d3d3b100a9cd7838a463ea4c6393de05f51ab99ddd25ab35fd403a695a4ef144f3e91481f11d754fb180a6f8d821d8b7a29f243b7056ffe5c2132b0f06b4748862823f4e3a49e126b6fe95131bad93e1ffa4759f69086c0993775816b82ae376563ff99ad7bbb9661f38053a525616f0905acb2d6bee7e7c04d66f",
    },
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPkcs1(Sha224),
        signature: "20b4cd3d9f17c906b8067a592dae7bd08647a29397d58f05c306bc57c8415506a77a1e78ce3a921938f36aef347685e5796ca22793acdea847275eebf29929feb77f329bf2fcd9e8ee13ae1b56f7ceb4358fff52b76f07798d960d3a8565948e843fadd1571b515d5282d22c91e85ecae7b3e395b4b61654f7f4dfd87ad48181",
    },
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPkcs1(Sha256),
        signature: "76103cb2c4f65c49cf376dc1ad16986d34d12398748909bd3a1c5cc100e1fa27cf4e2ed3639da0a35fa661a2b13096c7545f6b182d9368b61a6a5965cd0ad3a1581258d95bab4ea967255d7e9b264578a377fa39c2b076c5c7ef1d1b7b1b9ab0a122b5838ac8584e6a25e1b1cdd45b46882392cbb3ae7f247bfc44a7e90e3eb9",
    },
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPkcs1(Sha384),
        signature: "0eba0db6469f2ce32bb107f8ff0f22f434ad26090faec73634c09ee1d7410835efa79c40b945d297282c571b0829169ea2b333149430c135d02ed242ea86bab8ca7ff89ac00386e9dfd9be98ebb5e93441df66e18017d7e3ed382ae5639ba63e8349ef8b1a7323c415688660061b0838db4ac71777f1634fb75ecf4e978673f2",
    },
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPkcs1(Sha512),
        signature: "b27aa0cd101df4a5e263d5618740df8efc627e2705e1f06144a56c1b1403a55025afb0bd3d90693f3f76da635cc316e5d6ad4a906e29015647ca2aa28d2437ee2f04df24d1d4037e44a85a1d5fa26d62158929619d8c0dc7c8e5558e0188af951853ef3ea5fa6e655865c622cdfbaebcd622ebbf2de67f5243b00499c495bb1c",
    },
    Vector {
        modulus: "ec849f417e62d7cc2f76af3979e2f1cad02edcd9b15eb3fb0648c01b984f52107fe0c98d8e25b1dc8c6386de09c0d0b3a168a93837aa09d4bb7d36fb6abf22117ad08fb6aee2ef2ff3eccea1f10519383ec9317b01ae03b4765930ca4ed1a9b817df054239995de5e121a8b79368ef0a0d7bcf8fbcfd3cfc0df6416fa47e48f1",
        exponent: &[1, 0, 1],
        algorithm: RsaPss { hash: Sha1, mask_hash: Sha1, salt_bytes: 20 },
        signature: "08e7215f93d9c0a60fe51343e4c5c585ddc35218c023636f188e9068299b8ead5849459143aadb44455f57178d19379823b66472b24e9b6d08ad17538a9c7f6470c94d1408f72bea50f48a78c486b11090abaeb6e15a826e839eb7c0b274460971fd0b030ee1f095f00fa08198724f77ccc5351582da0eeead75fe69a5a05ab2",
    },
    Vector {
        modulus: "ec849f417e62d7cc2f76af3979e2f1cad02edcd9b15eb3fb0648c01b984f52107fe0c98d8e25b1dc8c6386de09c0d0b3a168a93837aa09d4bb7d36fb6abf22117ad08fb6aee2ef2ff3eccea1f10519383ec9317b01ae03b4765930ca4ed1a9b817df054239995de5e121a8b79368ef0a0d7bcf8fbcfd3cfc0df6416fa47e48f1",
        exponent: &[1, 0, 1],
        algorithm: RsaPss { hash: Sha256, mask_hash: Sha256, salt_bytes: 32 },
        signature: "8ad00d5f24becd51c137b175855c81b2771bfe350c6f128d9c139217f10d7a693820c5ec434d3685baa783aec95ee15e4b4112c5e2faaa410a728dcb0cedb570103222955dc91d5541d084b93bab423f411c0aef50559ea816ba6e63fac7728ffee9d5bd6fea7b89ad99419425dcc0004d90098a9f9b690782fffeae49836f71",
    },
    Vector {
        modulus: "ec849f417e62d7cc2f76af3979e2f1cad02edcd9b15eb3fb0648c01b984f52107fe0c98d8e25b1dc8c6386de09c0d0b3a168a93837aa09d4bb7d36fb6abf22117ad08fb6aee2ef2ff3eccea1f10519383ec9317b01ae03b4765930ca4ed1a9b817df054239995de5e121a8b79368ef0a0d7bcf8fbcfd3cfc0df6416fa47e48f1",
        exponent: &[1, 0, 1],
        algorithm: RsaPss { hash: Sha384, mask_hash: Sha384, salt_bytes: 48 },
        signature: "1b202ef0e257b699edb1cc8baabbe3ceec59f4e448cec92610b23c28be14d68f220484d29e5b217c0aa996eb44693e29acfab635bbfd082886230afb5efa0a63a4b5fcafa0625b140a9d1b4da903073746f13bd33d04026fb25e68ee341baab40439cac215c1f35fd6a8d04b3e2132768ee68827781ceb65f73d4c77620a4575",
    },
    Vector {
        modulus: "ec849f417e62d7cc2f76af3979e2f1cad02edcd9b15eb3fb0648c01b984f52107fe0c98d8e25b1dc8c6386de09c0d0b3a168a93837aa09d4bb7d36fb6abf22117ad08fb6aee2ef2ff3eccea1f10519383ec9317b01ae03b4765930ca4ed1a9b817df054239995de5e121a8b79368ef0a0d7bcf8fbcfd3cfc0df6416fa47e48f1",
        exponent: &[1, 0, 1],
        algorithm: RsaPss { hash: Sha256, mask_hash: Sha1, salt_bytes: 20 },
        signature: "89812d0ef0efff0da303d761cfc17d70136927cc4ab5261d4909fe6680a06eecc6b54f74b974590a72f43023b1e69fa226e23e7f23a1d6af085d191768657b0e1bb1fa15f7fc164b6f4382a779846dc236c36f5572f0945b4afd587de78f897a0425dcabf32f68d342025aab83fb4cd327d18b3551e9e160a67db92554b67aa9",
    },
    Vector {
        modulus: "dfbcfee6f9b265712a1420effd4663b885696c7f73cf7fce734d98b25e781a847621620fb3f7c38152914ae5e8544e44e936fdd9b527dd16e7e025ef67acc301e1fb97710e3a87eebcfb341386ac9038e99a0fec5fdd552a318dfa225c89606dd6a545cd440d4bf49598cee81c279bf5214904763d0b7e5e2985c102fb99f557",
        exponent: &[3],
        algorithm: RsaPss { hash: Sha512, mask_hash: Sha512, salt_bytes: 0 },
        signature: "39e206da39ad84c2715996d44544fb06239f70dc7c9e5d1be257f006ab7d9c5abaf2072b8f991558cfecb96fd642b8692530bf0c8172f4f8b220c66282e5c34fad9e9af3f0dc20c80f932e8ef42c98c5dcf27fb862e55a57472740471181dd245f506f5b8233479a6bc09d1cdc99743c79ff897272aa9c397b03374050ecdea6",
    },
    Vector {
        modulus: "0182b5a0d07ee7cfeec4f11625c3fc47953006c26e9c14f0699870f6730c6fe778a49e8607dc1d3d48520f1f31baba4ad60061d89163fe17332763a30448c529225538d1ceeaf0f972750475a6b77f9c1805522717532763798a9d5c78917a4a03d2821c5fb123e20dda6ba6da43ded1b7cabb1ff0afc3715cd1a1ced8968c2467",
        exponent: &[1, 0, 1],
        algorithm: RsaPss { hash: Sha256, mask_hash: Sha256, salt_bytes: 32 },
        signature: "00722de7e3162429d4fbeb3b94c556fd5ef22c603b733e5853fbc8a35cc80bc9cf84f1843695eaddf7b00a64a96c8218577be34a60aad2527783c6f9267c3cd2a08dcbb71d8b92a7d2500285604a2632c03fc2082bd7c55d3d78aaab5aed1829ff046d54fc4d47e61280a33fd1c6eba6c0609c338bf2fd9d4f13e0890fbf5de26e",
    },
];

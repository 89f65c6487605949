//! The worked examples of Doc 9303-11: the card's half of each mapping.

use super::*;
use crate::curve::{Curve, number, padded as fixed};
use crate::modp::Modp;
use crate::protocol::Group;

fn hex(text: &str) -> Vec<u8> {
    fixed(&number(text), text.len() / 2)
}

const BRAINPOOL: Group = Group::Curve(Curve::BrainpoolP256r1);

fn integrated_generator(group: Group, nonce: &str, terminal_nonce: &str) -> Vec<u8> {
    let arithmetic = Arithmetic::of(group);
    let number =
        pseudo_random(Cipher::Aes128, &hex(nonce), &hex(terminal_nonce), &arithmetic).unwrap();
    arithmetic.encode(&integrated(&arithmetic, &number).unwrap())
}

#[test]
fn appendix_g_1_generic_mapping_and_tokens() {
    let arithmetic = Arithmetic::of(BRAINPOOL);
    let theirs = arithmetic
        .decode(&hex("047acf3efc982ec45565a4b155129efbc74650dcbfa6362d896fc70262e0c2cc5e\
                      544552dcb6725218799115b55c9baa6d9f6bc3a9618e70c25af71777a9c4922d"))
        .unwrap();
    let secret = number("498ff49756f2dc1587840041839a85982be7761d14715fb091efa7bce9058560");
    let nonce = number("3f00c4d39d153f2b2a214a078d899b22");

    let shared = arithmetic.raise(&theirs, &secret).unwrap();
    let own = arithmetic.raise(&arithmetic.generator(), &nonce).unwrap();
    let generator = arithmetic.combine(&shared, &own).unwrap();

    assert_eq!(
        arithmetic.encode(&generator),
        hex("048ced63c91426d4f0eb1435e7cb1d74a46723a0af21c89634f65a9ae87a9265e2\
             8c879506743f8611ac33645c5b985c80b5f09a0b83407c1b6a4d857ae76fe522")
    );

    let offer = PaceOffer::new(Mapping::Generic, BRAINPOOL, Cipher::Aes128);
    let keys = Cipher::Aes128
        .session_keys(&hex("28768d20701247dae81804c9e780ede582a9996db4a315020b2733197db84925"));
    let theirs = hex("042db7a64c0355044ec9df190514c625cba2cea48754887122f3a5ef0d5edd301c\
                      3556f3b3b186df10b857b58f6a7eb80f20ba5dc7be1d43d9bf850149fbb36462");

    assert_eq!(keys.encryption, hex("f5f0e35c0d7161ee6724ee513a0d9a7f"));
    assert_eq!(token(&offer, &keys, &theirs), hex("3abb9674bce93c08"));
}

#[test]
fn appendix_h_1_integrated_mapping_on_a_curve() {
    let generator = integrated_generator(
        BRAINPOOL,
        "2923be84e16cd6ae529049f1f1bbe9eb",
        "5dd4cbfc96f5453b130d890a1cdbae32",
    );

    assert_eq!(
        generator,
        hex("048e82d31559ed0fde92a4d0498add3c23baba94fb77691e31e90aea77fb17d427\
             4c1ae14bd0c3dbac0c871b7f3608169364437ca30ac243a089d3f266c1e60fad")
    );
}

#[test]
fn appendix_h_2_integrated_mapping_of_integers() {
    let generator = integrated_generator(
        Group::Modp(Modp::Modp1024),
        "fa5b7e3e49753a0db9178b7b9bd898c8",
        "b3a6db3c870c3e99245e0d1c06b747de",
    );

    assert_eq!(
        generator,
        hex("1d7d767f11e333bcd6dbaef40e799e7a926b96973550656ff3c830726d118d61c276cdcc61d475cf\
             03a98e0c0e79caeba5be25578bd4551d0b10903236f0b0f976852fa78eea14ea0aca87d1e91f688f\
             e0dff897bbe35a472621d343564b262f34223ae8fc59b664bfedfa2bfe7516ca5510a6bbb633d517\
             ec25d4e0bbaa16c2")
    );
}

#[test]
fn appendix_i_chip_authentication_data() {
    let keys = Cipher::Aes128
        .session_keys(&hex("67950559d0c06b4d4b86972d14460837461087f8419fdbc36aaf6ceaac462832"));
    let order = Curve::BrainpoolP256r1.domain().order;
    let mapping = number("9e56a6b59c95d06ece5cd10f983bb2f4f1943528e577f23881d89d8c3bbee0aa");
    let fixed_key = number("86c88a4579ce48135878e6348a734b5d47ce5bc1e54c0e8978687b49fde2e2c2");

    let proof = proof_under(&keys, &order, &mapping, &fixed_key).unwrap();

    assert_eq!(
        proof,
        hex("1eea964daae372ac990e3efde6333353bfc89a6704d93da8798cf77f5b7a54bd\
             10cba372b42be0b9b5f28aa8de2f4f92")
    );
}

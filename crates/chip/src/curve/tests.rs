//! Differential vectors: private keys from SHAKE-256 of a label; points and products computed in
//! Python integers from the affine group law; `r` and `s` made by `openssl dgst -sha512 -sign`
//! over the six bytes `Genvej` and accepted by `openssl dgst -verify`.

use sha2::{Digest, Sha512};

use super::{Curve, CurveError, ExplicitParameters, Point, Scalar};

struct Vector {
    curve: Curve,
    private: &'static str,
    public_x: &'static str,
    public_y: &'static str,
    other_private: &'static str,
    shared_x: &'static str,
    sum_x: &'static str,
    r: &'static str,
    s: &'static str,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn scalar(curve: Curve, hex: &str) -> Scalar {
    Scalar::from_bytes(curve, &bytes(hex)).unwrap()
}

#[test]
fn every_curve_has_a_vector() {
    assert_eq!(VECTORS.map(|vector| vector.curve), Curve::ALL);
}

#[test]
fn a_private_key_gives_the_public_key_that_others_compute() {
    for vector in &VECTORS {
        let public = scalar(vector.curve, vector.private).public().unwrap();

        assert_eq!(public.x(), bytes(vector.public_x), "{:?}", vector.curve);
        assert_eq!(public.y(), bytes(vector.public_y), "{:?}", vector.curve);
    }
}

#[test]
fn both_sides_agree_on_the_shared_secret_that_others_compute() {
    for vector in &VECTORS {
        let mine = scalar(vector.curve, vector.private);
        let theirs = scalar(vector.curve, vector.other_private);

        let shared = mine.agree(&theirs.public().unwrap()).unwrap();

        assert_eq!(*shared, bytes(vector.shared_x), "{:?}", vector.curve);
        assert_eq!(theirs.agree(&mine.public().unwrap()).unwrap(), shared);
    }
}

#[test]
fn points_add_as_others_add_them() {
    for vector in &VECTORS {
        let a = scalar(vector.curve, vector.private).public().unwrap();
        let b = scalar(vector.curve, vector.other_private).public().unwrap();

        assert_eq!(a.add(&b).unwrap().x(), bytes(vector.sum_x), "{:?}", vector.curve);
    }
}

#[test]
fn signatures_of_openssl_verify_and_fail_when_anything_changes() {
    let digest = Sha512::digest(b"Genvej");
    for vector in &VECTORS {
        let public = scalar(vector.curve, vector.private).public().unwrap();
        let (r, s) = (bytes(vector.r), bytes(vector.s));

        assert!(Curve::verify(&public, &digest, &r, &s), "{:?}", vector.curve);

        let mut other_digest = digest.to_vec();
        other_digest[0] ^= 1;
        let (mut other_r, mut other_s) = (r.clone(), s.clone());
        *other_r.last_mut().unwrap() ^= 1;
        *other_s.last_mut().unwrap() ^= 1;
        let other_key = scalar(vector.curve, vector.other_private).public().unwrap();
        assert!(!Curve::verify(&public, &other_digest, &r, &s));
        assert!(!Curve::verify(&public, &digest, &other_r, &s));
        assert!(!Curve::verify(&public, &digest, &r, &other_s));
        assert!(!Curve::verify(&other_key, &digest, &r, &s));
    }
}

#[test]
fn zero_and_the_order_are_no_part_of_a_signature() {
    for curve in Curve::ALL {
        let public = curve.generator();
        let order = curve.parameters().order;

        for bad in [&[][..], &[0], order] {
            assert!(!Curve::verify(&public, &[1; 32], bad, &[1]), "{curve:?}");
            assert!(!Curve::verify(&public, &[1; 32], &[1], bad), "{curve:?}");
        }
    }
}

#[test]
fn a_signature_made_here_verifies_here_with_short_and_long_digests() {
    for vector in &VECTORS {
        let private = scalar(vector.curve, vector.private);
        let nonce = scalar(vector.curve, vector.other_private);
        for length in [20, 32, 64] {
            let digest = vec![0xa5; length];

            let (r, s) = private.sign(&digest, &nonce).unwrap();

            assert!(Curve::verify(&private.public().unwrap(), &digest, &r, &s));
        }
    }
}

#[test]
fn points_off_the_curve_and_at_infinity_are_refused() {
    for curve in Curve::ALL {
        let mut bent = curve.generator().to_sec1().to_vec();
        *bent.last_mut().unwrap() ^= 1;
        let other = if curve == Curve::P256 { Curve::BrainpoolP256r1 } else { Curve::P256 };

        assert_eq!(Point::from_sec1(curve, &bent), Err(CurveError::Point), "{curve:?}");
        assert_eq!(Point::from_sec1(curve, &[0]), Err(CurveError::Point));
        assert_eq!(Point::from_sec1(curve, &[]), Err(CurveError::Point));
        assert_eq!(
            Point::from_sec1(curve, other.generator().to_sec1()),
            Err(CurveError::Point),
            "{curve:?}"
        );
    }
}

#[test]
fn compressed_points_open_to_the_same_point() {
    for curve in Curve::ALL {
        let generator = curve.generator();
        let sign = 2 | (generator.y().last().unwrap() & 1);
        let compressed = [&[sign], generator.x()].concat();

        assert_eq!(Point::from_sec1(curve, &compressed).unwrap(), generator, "{curve:?}");
    }
}

#[test]
fn a_sum_at_infinity_is_an_error() {
    for curve in Curve::ALL {
        let mut less_one = curve.parameters().order.to_vec();
        *less_one.last_mut().unwrap() -= 1;
        let opposite = Scalar::from_bytes(curve, &less_one).unwrap().public().unwrap();

        assert_eq!(curve.generator().add(&opposite), Err(CurveError::Infinity), "{curve:?}");
    }
}

#[test]
fn scalars_out_of_range_are_refused_and_wide_random_bytes_are_reduced() {
    for curve in Curve::ALL {
        let order = curve.parameters().order;
        assert_eq!(Scalar::from_bytes(curve, order).unwrap_err(), CurveError::Scalar);
        assert_eq!(Scalar::from_bytes(curve, &[0, 0]).unwrap_err(), CurveError::Scalar);

        let mut order_and_five = vec![0; 8];
        order_and_five.extend_from_slice(order);
        let last = order_and_five.last_mut().unwrap();
        *last = last.checked_add(5).unwrap();
        let five = Scalar::from_random(curve, &order_and_five).unwrap();
        assert_eq!(five.expose_bytes().last(), Some(&5), "{curve:?}");
        assert!(Scalar::from_random(curve, &order_and_five[1..]).is_err());
    }
}

#[test]
fn division_undoes_multiplication() {
    for vector in &VECTORS {
        let a = scalar(vector.curve, vector.private);
        let b = scalar(vector.curve, vector.other_private);

        let quotient = a.divide(&b).unwrap();

        let product = b.public().unwrap().multiply(&quotient).unwrap();
        assert_eq!(product, a.public().unwrap());
    }
}

fn explicit(curve: Curve, generator: &[u8]) -> ExplicitParameters<'_> {
    let known = curve.parameters();
    ExplicitParameters {
        prime: known.prime,
        a: known.a,
        b: known.b,
        generator,
        order: known.order,
        cofactor: Some(&[1]),
    }
}

#[test]
fn explicit_parameters_name_their_curve_and_nothing_else_does() {
    for curve in Curve::ALL {
        let generator = curve.generator();
        let known = explicit(curve, generator.to_sec1());
        assert_eq!(Curve::from_explicit(&known), Some(curve));

        let padded = [&[0], known.prime].concat();
        assert_eq!(
            Curve::from_explicit(&ExplicitParameters { prime: &padded, ..known }),
            Some(curve)
        );
        let two = Scalar::from_bytes(curve, &[2]).unwrap().public().unwrap();
        let another_base = ExplicitParameters { generator: two.to_sec1(), ..known };
        assert_eq!(Curve::from_explicit(&another_base), None, "{curve:?}");
        let mut bent = known.b.to_vec();
        bent[5] ^= 1;
        assert_eq!(Curve::from_explicit(&ExplicitParameters { b: &bent, ..known }), None);
        let cofactor = ExplicitParameters { cofactor: Some(&[2]), ..known };
        assert_eq!(Curve::from_explicit(&cofactor), None);
    }
}

#[test]
fn identifiers_lead_back_to_their_curve() {
    for curve in Curve::ALL {
        assert_eq!(Curve::from_oid(curve.oid()), Some(curve));
        assert_eq!(Curve::from_standard_id(curve.standard_id()), Some(curve));
    }
    assert_eq!(Curve::from_standard_id(7), None);
    assert_eq!(Curve::from_standard_id(19), None);
}

const VECTORS: [Vector; 11] = [
    Vector {
        curve: Curve::P192,
        private: "2fe063ffdb3486e6f720118710788fa81fa61cc7a374de8f",
        public_x: "1ef13001a99d3c6123b8204b9f8079e3c3eaef64f2f7a802",
        public_y: "945246e733b8aa3c04b6f267acdf49ce4ff729d1e3394016",
        other_private: "11d51e59078e01b8bde1230e5d993546eb65271d880e8baf",
        shared_x: "f5050c82243db4d9488b5027e65f0a7700f6f0a92566c02a",
        sum_x: "65aba597f042fc4ceb3a15ce51c35aff7b5753f85243d4b8",
        r: "e36e52fe3610ed858e9c5ba0f160a6f09ebf32516bd15951",
        s: "2b77e4105c3ccfb24796d901a696f6bff43ce413140ac355",
    },
    Vector {
        curve: Curve::P224,
        private: "3df61745f97a6e8c5188cdbf0fd3a8005a6313fac4089066ad5b82e6",
        public_x: "a32805d107f704220bc383c7685b04f88021ebd53d8ce542e31c2e03",
        public_y: "eca60675fb287a66dbc1119a39d2b51e7bf784cc76f048dd54b68b8e",
        other_private: "4c5c5a5f6376561c968219c93e71ba94fa10ea91577ed72ea895e233",
        shared_x: "04eb025ba0bce2f78c921370dbd93772796c74700f9e195318317476",
        sum_x: "58d4c68fd123023dda2a1912dac86f6c1443e7017ffdff64d7bbac6f",
        r: "591eaa93daba851e95551760056acaa06a4ff1732d141bf7e154969a",
        s: "e2740afa07b1b6a8b0c757583dd2fdabac708d1c0cb8f7273b304bfc",
    },
    Vector {
        curve: Curve::P256,
        private: "2d778980abc6ace746efb8d8bead043b6fa201e2a64048f0392d2954c5878d83",
        public_x: "c133001ca0def2f04b7d0e0c20c2c3ea4f5bc02927698d9234545daa9d4e42e9",
        public_y: "c1211383777706688b70814aa81d425425af0de075fe113e92e1b79bdc2795d2",
        other_private: "6f59fd6dc8b1c49a72e4f6d014ca0e56bf9af9a41c80e0ca6d74940422bd1944",
        shared_x: "1dc6bf0cca0ef42e1d309e477f0c45300ef890ce4f34a8ad11782cdb1bf230a4",
        sum_x: "e2ef1a6d1dc0dcbe566136e9f3cca9cd514faca69ce5ae01c0805a373690b827",
        r: "fa613b9de2083cee0c0f9d55eda2374b97beff9b712f19c377dd7b823042cc53",
        s: "67d81e65e919919a18424827a766af71fd545e3f38488300ea7d476162dd3cd6",
    },
    Vector {
        curve: Curve::P384,
        private: "58ad647c50c52ba769ca591e17c9374151e0d1a04cda7161de222c7e99475fe00c0b0b3abb59c3869c235fe6f881ab1c",
        public_x: "f11a011c55e8ddfe1289d977342ea97d38fca9fb133b7c0ad5287a866a2d3d046f3e2391fd46b5070447ac8c3e196809",
        public_y: "a248b06d2d33e48b1f42c2ca20d62fbcee6e37038acf7b6620189a7f0be9f648994b227c29ab6d16500e711594d7436b",
        other_private: "c9901db4010ea7bf96461876dd0f32a8df12138fd844010bf2d2a97c8bad1a5941d18a5cbfca0fef4aa8f05387a02eff",
        shared_x: "dc86825aeac4bc5998f5d57c8b0d95654e5e559fba6df421ea87e39b0c500b03cb1149741604425a0b6e7c06de11453d",
        sum_x: "a80242c78f5fab1a137d00fec80c9b4ac0786d51bbc60bfc428246dd1d38975cac6b7098a79c09498f994a1db226d803",
        r: "28da02374e2291e5bd4985a88ba6a447962b9a70563aa08a9a71c902703032b1c92e3637292b2a39760332a8e9c49167",
        s: "4f33bbc9d29d550b132b42b7692b788c971ef31066327e681a60d9d793a8b200f5ab858581c529797fcf5ea9f2b9da8d",
    },
    Vector {
        curve: Curve::P521,
        private: "019e1bb74dfef9830a8d1b8da9e9e3e10d0412b62e597784f5388648d0d7420ac1533983af310fd3e01910373a42592cd4b1f062c9035852b570ca708ff4e3ad04e4",
        public_x: "00fb18cd44641afbf66108ea5497a92fe725d9d9b191cefcb7d6e42bfd7efa1890095810488289e947ef61f0755226c6f6fd02b58fd2fdf337be89bc6d26179dbdf2",
        public_y: "0031f15e91544aa65abe74e51ce1f564a60892cf7900d3358f6238a308d72e4a7cd5b1fa465db862e79f4a56d6e179ea4894f013eceedc660390b981c4e4d369a244",
        other_private: "000a395d0f71e7dec41716497d8c80f4e80b18e4a8dd452041b5b28c3d1a8e540b255afcf13ba1c5def786aa0a2aeb77ac0a8a6f10a3b65f83f7b10c81221135dd6f",
        shared_x: "009a35237b1c36f06f6f6de8863a099915172eeecbbcd6c806cda2a29f65fdee3dda93d7d048be2975952bc19fefeb265157a9e411dc1bb9d351f8f623963db4d326",
        sum_x: "01ba84a129b569e272cdac1e45faf0b25f6965a748d95a46caa702af5e54c54f2218bc2aca7d90b101614988dd2eafffb247b45c8f955370fc856cc921fa3e715bd5",
        r: "005661e3bdeb7ff587cdbad4eecb5b86e57c4e07a6746b48744304d4d249fd21088d487acfc5b2bf08118a1899a4a93491b45b11425ae1369ea2ef70a52ca5a93057",
        s: "00cfb1ed4b23a4a0081ffa7c903f4e77c7558a5616dbccc547b7b08b74dfa2d660c0466d2d381d479c4d86866bf4294c0cb86ce98b16184713272a0220f1fb499c3a",
    },
    Vector {
        curve: Curve::BrainpoolP192r1,
        private: "282b3717cfc85708b0b3ae55daad68e1d912bc9f35dda768",
        public_x: "2db3edab60624e2253734df01b81cbaf9a60924346ecaa00",
        public_y: "607b0c94d32c0a9504308c1b20d325411adc7d5fa8490176",
        other_private: "1d61ce893e3257fcc3d493b904ba324ef3e8fd0835ff9657",
        shared_x: "26568841085d37ec3cd63caeac1a942855e5e4e0ad3f1118",
        sum_x: "6745ee488e452e050ebea7167a884dbaee009d6ba46cc2fd",
        r: "afaa501151e952fb8715977564723349b4a942fdf570856e",
        s: "a2deb1e4883ffa7a90d078e1396572bc28b8ee77b0db6723",
    },
    Vector {
        curve: Curve::BrainpoolP224r1,
        private: "b66eb3e8107315bb6020a176ea73abf1e426ca23cbcea5b1f79d92f8",
        public_x: "ca92d2ae6c91323319eb62c00462ef0216faae213026ae86ef3865b3",
        public_y: "7f51639d451118c95e24da83b77e9320404a0fb763b7ecaca8767515",
        other_private: "6a2a348a45a17d618f02eee81d3444367074318ace05a37d6db910ba",
        shared_x: "d0094c5f03c2e318ee8690422e6d8dff204288f5af80108875eda3ce",
        sum_x: "6ad3208c3ddf6139ed2836c8357bb61c1ead3fb5a37b20879db9ebb4",
        r: "2597039749affbd9995b162338ac42b5adfbe38505ba903ad6109c80",
        s: "5edce6898e14ad6386d73c039543ad1e8a0ccb0668593b129c17f10b",
    },
    Vector {
        curve: Curve::BrainpoolP256r1,
        private: "8197998d0304c92bba44da7067cf1483a45b28eaea43d3a608c3764f62d74acd",
        public_x: "1db74d377d37e6eeaca4be876aa03129a0110bdb904ed4207224247392d4ba59",
        public_y: "98ff0f64697ddd95bbf000b9be89f02f3d85a2a36db9437217f067b659733501",
        other_private: "6a1a17b3b74b6d41eaed8fadf91e665354c7451d5cb57d024ff4cacc5f20b3d8",
        shared_x: "07d3e3d483aee016116645570d69329e30fd40e6d19634f88c08b4a22f7714af",
        sum_x: "1567cf320cd51fe0092a7f7158bceb48ead613dc624b8bb50bf462d1045c8564",
        r: "16cb8887d6ea34e421ed676c7e2b3318b1297e5f77ea15d7144a811ff45912e7",
        s: "8cf411ed016a6cc9e67ae880aa414eab23ae79d7fae7a5e8af1f2b4d87666ebb",
    },
    Vector {
        curve: Curve::BrainpoolP320r1,
        private: "49ecfbd8774ce8e46bba61b73bee20910c4e83248e4b9f24ff6b1de6c664fe49d74af622a7203814",
        public_x: "05f19e56ac1f399897024f8f09cd1c52ae8ff23e27ded00be5db8778140a9790bac5b04c2b50b98b",
        public_y: "c74c84698899709b28f20e647bac28cd0ba2449c3615de0e51e848d2d35c4132edcb4ce63aa1a043",
        other_private: "8baa7389db4433a25cbea7f5f0cbfb24b1fec6edfea92db40a4f1b5286e2bc9f8c3ff96624cffc1d",
        shared_x: "647ad82e14d2653092e4d21a3d045e34b75bb80f145cdf9512cd4ac38b04f372d84fadadadcbfb58",
        sum_x: "ccd7ae2716201ddbd551c58f6e175a0d1b9baab9c3d7b49f79e2d15dab5e7eea6468839e353ed33a",
        r: "6c2de4c6d2464987179dc164cd63db2c39bf24991f8ac227a85e7a68f0d9b7e8113c3e76cbe2db21",
        s: "d1e9c1add4d4905d728188e0bf4e1f8a655fcf9487939cfde7aa8e3d1bab13444f2ef56a5ecd50ed",
    },
    Vector {
        curve: Curve::BrainpoolP384r1,
        private: "05b5a2df6271e35e4177d365fb5e6584ab8bac4c334dea2642d91b50cbeaf4150b22b6aceade109c03976541709b2d02",
        public_x: "72f18795855d8060a0d1374a04aff0fbb17620bc294c29050d79cb977f249f18030354a3f4738c5c60cb76175ea0862b",
        public_y: "4417f1102d2f48592993f3cd80cdafbeeacc66144ac8ff1cc87b985863a59aa09ef9f94f38720b31ccf861f8176201b3",
        other_private: "789df8610f18b3a2e9d99fc29463e5b60eaa433600f9c746bf2b4d8af862aeafff0fcdd496f0a2ec328280cb3df82b56",
        shared_x: "02ca5967b041286e8091126f91a2fa84d77329ccecde97ffa93083147b98c5523bd69f1b57f342c93894968b43891f1e",
        sum_x: "07a6c90d838b889376bba02e8e367783d6ad6521149d38271d3070b86e3f02554deb7d1b2e7c7155610882ded0ff684b",
        r: "34513ee2448695c6993474877e741a313950f7b7769036454e1c16ba1aecc6e7381033281dc80735238bbd0d253bdde6",
        s: "841839b71eb9c9d4acccacf894822fb41c758e96e87a72c5a979abe26029fe8b5719e0f7f58320197ccb7f6aeba6dfbd",
    },
    Vector {
        curve: Curve::BrainpoolP512r1,
        private: "2d9e0c285bf638998f29ab0db30fc1e893e801aa58f0c0b8c619a4fa3ae9e08a8f3471c559367caefd4f5a5e706f79cfc7b91e241c4afb8cc682c685483d9fdb",
        public_x: "796c4c79d9a7f1020291e7be23f4195c6c770c417e0b30f51794da45991ebde0af6a368716162e6c3468dc55f7a9d030a15ddc3b91f4657e90fb40e8817cf224",
        public_y: "372fea23462496937280a4db65db405f25f4cc2e8f75af5c85f3cf0358eda8a5c834f43929f0bc49e0178b94c6222cfba28999dab95721099d35597c8177b50d",
        other_private: "a3ac00982effd44bb9e156704521fbbe9beb18904e009d9107b52a03d5f12b0a890ebb2571f53e947983c6b5f9a96afb2da671db139aeac2bdf9b9bc11d08778",
        shared_x: "67b17dbb242cdb7036dd56096407b0e1e7db4abc53b44e7834dfa4d413b64bae84fa1dd02d15f56c73526b0d83a08ce5d9c6c2bff4bef35855f50c7abfaf1d09",
        sum_x: "a4389f5a37e43c2c0bf5d6e30e0cc88a40c64e89d3475349cd1d8c4a9b69c6e92e8b5e3e0a44956d62d11c2b301e955e77e36e0b5f4800fb99da2540626b7ac8",
        r: "987c5bcf55d6a919ca5fd65e430642b734490f6e8d874d0e0bbd878f6eadd75f1edfd99dca039b4c99647a6d197c5597d8ed2ec6774075d8e6981deb21dfbeb1",
        s: "82d02e63c9edcf9abe9133573efd9ff08c0bfcc2e5edba7cba42156e81e988565e5de7cccad370955dfce11c8640653cddcc9cc22209fe546fa2fc6f430c55da",
    },
];

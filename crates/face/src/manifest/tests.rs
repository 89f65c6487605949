//! Manifests that are wrong in one place each.

use super::*;

#[test]
fn the_manifests_of_the_project_are_read() {
    let default = Manifest::parse(DEFAULT).unwrap();
    let strong = Manifest::parse(STRONG).unwrap();

    assert_eq!(default.threshold.accept.ten_thousandths(), 5_600);
    assert_eq!(strong.threshold.accept.ten_thousandths(), 5_200);
    assert_eq!(strong.threshold.each.ten_thousandths(), 4_000);
    assert_eq!(strong.threshold.retry.ten_thousandths(), 4_200);
}

#[test]
fn a_wrong_key_is_named() {
    let cases = [
        ("accept = 0.56", "accept = 1.56", "threshold.accept"),
        ("accept = 0.56", "accept = \"0.56\"", "threshold.accept"),
        ("retry = 0.46", "retry = 0.57", "threshold.accept"),
        ("kind = \"sface\"", "kind = \"espresso\"", "model.kind"),
        ("file = \"sface_2021dec.onnx\"", "file = \"../secret\"", "model.file"),
        ("format = 1", "format = 2", "format"),
    ];
    for (right, wrong, named) in cases {
        let text = DEFAULT.replacen(right, wrong, 1);
        assert_ne!(text, DEFAULT, "{right}");

        assert_eq!(Manifest::parse(&text), Err(ManifestError::Key(named.to_owned())));
    }
}

#[test]
fn a_key_that_nobody_reads_is_an_error() {
    let text = DEFAULT.replacen("accept = 0.56", "accept = 0.56\naccpet = 0.9", 1);

    let error = Manifest::parse(&text).unwrap_err();

    assert_eq!(error, ManifestError::UnknownKey("threshold.accpet".to_owned()));
}

#[test]
fn a_syntax_error_says_the_line() {
    let error = Manifest::parse("format = 1\nname = default\n").unwrap_err();

    assert!(error.to_string().contains("line 2"), "{error}");
}

/// The default manifest with a network of another maker at its end.
fn with_onnx() -> String {
    let onnx = r#"
[[model]]
kind = "onnx"
use = "embedding"
name = "of-another-maker"
file = "of_another_maker.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
input = [1, 3, 112, 112]
crop = "arcface"
order = "bgr"
mean = [103.5, 116.3, 123.7]
scale = [0.017, 0.018, 1]
output = "683"
licence = "MIT"
source = "a test"
training = "none"

[fetch]
"#;
    DEFAULT.replacen("[fetch]\n", onnx, 1)
}

#[test]
fn a_network_of_another_maker_is_declared_with_crop_constants_order_and_output() {
    let manifest = Manifest::parse(&with_onnx()).unwrap();

    let Some(ModelEntry { kind: Kind::Onnx(onnx), .. }) = manifest.models.last() else {
        panic!("{manifest:?}")
    };
    assert_eq!(
        (onnx.role, onnx.crop, onnx.order),
        (Role::Embedding, OnnxCrop::ArcFace, Order::Bgr)
    );
    assert_eq!((onnx.mean.as_slice(), onnx.scale[2]), ([103.5, 116.3, 123.7].as_slice(), 1.0));
    assert_eq!(onnx.output, "683");
}

#[test]
fn a_constant_that_cannot_be_right_is_named() {
    let cases = [
        ("scale = [0.017, 0.018, 1]", "scale = [0.017, nan, 1]", "not finite"),
        ("scale = [0.017, 0.018, 1]", "scale = [0.017, inf, 1]", "not finite"),
        ("scale = [0.017, 0.018, 1]", "scale = [0.017, 0.0, 1]", "`scale` that cannot be right"),
        ("scale = [0.017, 0.018, 1]", "scale = [0.017, -0.018, 1]", "`scale` that cannot be right"),
        ("scale = [0.017, 0.018, 1]", "scale = [4.37, 4.46, 4.44]", "`scale` that cannot be right"),
        ("scale = [0.017, 0.018, 1]", "scale = [0.017, 0.018]", "no valid `model.scale`"),
        ("scale = [0.017, 0.018, 1]", "scale = 0.017", "no valid `model.scale`"),
        ("mean = [103.5, 116.3, 123.7]", "mean = [103.5, -inf, 1]", "not finite"),
        (
            "mean = [103.5, 116.3, 123.7]",
            "mean = [0.406, 0.456, 0.485]",
            "`mean` that cannot be right",
        ),
        (
            "mean = [103.5, 116.3, 123.7]",
            "mean = [103.5, 116.3, 300.0]",
            "`mean` that cannot be right",
        ),
        ("mean = [103.5, 116.3, 123.7]", "mean = [\"a\", \"b\", \"c\"]", "no valid `model.mean`"),
        ("order = \"bgr\"", "order = \"grb\"", "no valid `model.order`"),
        ("order = \"bgr\"", "order = \"grey\"", "no valid `model.input`"),
        (
            "input = [1, 3, 112, 112]\ncrop",
            "input = [1, 3, 112, 96]\ncrop",
            "no valid `model.input`",
        ),
        (
            "input = [1, 3, 112, 112]\ncrop",
            "input = [2, 3, 112, 112]\ncrop",
            "no valid `model.input`",
        ),
        ("input = [1, 3, 112, 112]\ncrop", "input = [1, 3, 0, 0]\ncrop", "no valid `model.input`"),
        ("crop = \"arcface\"", "crop = \"round\"", "no valid `model.crop`"),
        ("crop = \"arcface\"", "crop = \"box\"", "no valid `model.crop_tenths`"),
        ("crop = \"arcface\"", "crop = \"arcface\"\ncrop_tenths = 20", "no valid `model.crop`"),
        ("use = \"embedding\"", "use = \"oracle\"", "no valid `model.use`"),
        ("use = \"embedding\"", "use = \"embedding\"\nliving = 1", "no valid `model.use`"),
        ("use = \"embedding\"", "use = \"passive-check\"", "no valid `model.living`"),
        ("output = \"683\"", "output = \"\"", "no valid `model.output`"),
        ("output = \"683\"", "output = \"683\"\nstd = 1.0", "nobody reads: `model.std`"),
        ("kind = \"sface\"", "kind = \"sface\"\norder = \"bgr\"", "nobody reads: `model.order`"),
    ];
    for (right, wrong, said) in cases {
        let text = with_onnx().replacen(right, wrong, 1);
        assert_ne!(text, with_onnx(), "{right}");

        let error = Manifest::parse(&text).unwrap_err().to_string();

        assert!(error.contains(said), "{wrong}: {error}");
    }
}

#[test]
fn a_name_a_file_or_a_network_that_stands_twice_is_refused() {
    let cases = [
        ("name = \"of-another-maker\"", "name = \"SFace-2021dec\"", "name: SFace-2021dec"),
        (
            "file = \"of_another_maker.onnx\"",
            "file = \"SFACE_2021dec.onnx\"",
            "file: SFACE_2021dec.onnx",
        ),
        (
            "sha256 = \"0000000000000000000000000000000000000000000000000000000000000001\"",
            "sha256 = \"C012559379c953f2bc2729faa9f6ff934da739d5a26b2c4cde7c151357a40ac1\"",
            "hash: sface_2021dec.onnx and of_another_maker.onnx",
        ),
        ("kind = \"sface\"", "kind = \"yunet\"", "kind: yunet"),
    ];
    for (right, wrong, said) in cases {
        let text = with_onnx().replacen(right, wrong, 1);
        assert_ne!(text, with_onnx(), "{right}");

        let error = Manifest::parse(&text).unwrap_err();

        assert!(matches!(error, ManifestError::Twice { .. }), "{error}");
        assert!(error.to_string().ends_with(said), "{error}");
    }
}

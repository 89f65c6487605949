//! Codestreams and boxes that a helper writes byte by byte: ISO/IEC 15444-1 Annexes A and I.

use super::super::{DecodeError, Decoder as _, HereDecoder, Terms};

/// Marker, length, content.
fn segment(code: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, code], &length[..], content].concat()
}

/// One component of eight bits on a square of one tile.
fn siz(side: u32) -> Vec<u8> {
    siz_of([side, side, 0, 0, side, side, 0, 0], 1)
}

fn siz_of(fields: [u32; 8], components: u16) -> Vec<u8> {
    let mut content = vec![0, 0];
    content.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
    content.extend(components.to_be_bytes());
    content.extend([7, 1, 1].repeat(usize::from(components)));
    segment(0x51, &content)
}

/// One layer, reversible, code blocks of 64; precincts where any are given, the lowest resolution first.
fn cod(decompositions: u8, precincts: &[u8]) -> Vec<u8> {
    let style = u8::from(!precincts.is_empty());
    let head = [style, 0, 0, 1, 0, decompositions, 4, 4, 0, 1];
    segment(0x52, &[&head[..], precincts].concat())
}

/// No quantization, for as many decompositions.
fn qcd(decompositions: u8) -> Vec<u8> {
    segment(0x5c, &[&[0x40][..], &vec![0x40; usize::from(decompositions) * 3 + 1]].concat())
}

/// A tile-part with a length of its own choosing.
fn tile_part(tile: u16, length: u32, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut content = tile.to_be_bytes().to_vec();
    content.extend(length.to_be_bytes());
    content.extend([0, 0]);
    [&segment(0x90, &content)[..], header, &[0xff, 0x93], body].concat()
}

fn honest_part() -> Vec<u8> {
    tile_part(0, 14 + 16, &[], &[0; 16])
}

/// SOC, the main header, tile-parts, EOC.
fn codestream(header: &[Vec<u8>], parts: &[Vec<u8>]) -> Vec<u8> {
    [&[0xff, 0x4f][..], &header.concat(), &parts.concat(), &[0xff, 0xd9]].concat()
}

/// An even grey.
fn grey(side: u32) -> Vec<u8> {
    codestream(&[siz(side), cod(0, &[]), qcd(0)], &[honest_part()])
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&length[..], kind, content].concat()
}

/// Signature, file type, and what is given.
fn jp2(boxes: &[Vec<u8>]) -> Vec<u8> {
    let start: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \0\0\0\0jp2 ";
    [start, &boxes.concat()].concat()
}

fn header_box() -> Vec<u8> {
    boxed(b"jp2h", &boxed(b"colr", &[1, 0, 0, 0, 0, 0, 17]))
}

fn decoded(bytes: &[u8]) -> Result<(usize, usize), DecodeError> {
    let picture = HereDecoder.decode(bytes, Terms::PORTRAIT)?;
    Ok((picture.width(), picture.height()))
}

#[test]
fn an_honest_codestream_is_taken_boxed_and_raw() {
    assert_eq!(decoded(&grey(64)), Ok((64, 64)));
    assert_eq!(decoded(&jp2(&[header_box(), boxed(b"jp2c", &grey(64))])), Ok((64, 64)));
}

#[test]
fn a_second_codestream_is_judged_and_never_decoded() {
    let (small, large) = (boxed(b"jp2c", &grey(64)), boxed(b"jp2c", &grey(60_000)));
    let (other, broken) = (boxed(b"jp2c", &grey(96)), boxed(b"jp2c", &grey(96)[..60]));

    for boxes in [[&small, &large], [&large, &small]] {
        let file = jp2(&[header_box(), boxes[0].clone(), boxes[1].clone()]);
        assert_eq!(decoded(&file), Err(DecodeError::TooLarge));
    }
    assert_eq!(decoded(&jp2(&[header_box(), small.clone(), other])), Ok((64, 64)));
    assert_eq!(decoded(&jp2(&[header_box(), small.clone(), broken])), Err(DecodeError::Damaged));
    let many = vec![small; 9];
    assert_eq!(decoded(&jp2(&[vec![header_box()], many].concat())), Err(DecodeError::TooLarge));
}

#[test]
fn a_codestream_behind_a_box_of_no_length_or_inside_another_is_not_found() {
    let large = boxed(b"jp2c", &grey(60_000));
    let small = boxed(b"jp2c", &grey(64));
    let to_the_end = [&[0, 0, 0, 0], b"free", &large[..]].concat();
    let inside = boxed(b"uinf", &large);
    let too_short = [&[0, 0, 0, 4], b"free", &large[..]].concat();

    for hidden in [to_the_end, inside, too_short] {
        let file = jp2(&[header_box(), small.clone(), hidden]);
        assert_eq!(decoded(&file), Ok((64, 64)));
    }
}

#[test]
fn only_the_first_header_box_is_handed_on() {
    let palette = boxed(b"jp2h", &boxed(b"pclr", &[0; 8]));
    let no_channels = boxed(b"jp2h", &boxed(b"cdef", &[0, 0]));
    let small = boxed(b"jp2c", &grey(64));

    for (second, refused) in
        [(palette, DecodeError::UnknownKind), (no_channels, DecodeError::Damaged)]
    {
        let file = jp2(&[header_box(), second, small.clone()]);
        assert_eq!(decoded(&file), Err(refused));
    }
}

/// The decoder took the style of a later tile-part, with precincts of two by two points: millions of them.
#[test]
fn an_empty_tile_part_does_not_end_the_walk() {
    let header = [siz(2_000 / 4), cod(5, &[]), qcd(5)];
    let style = cod(5, &[0x11; 6]);
    let length = u32::try_from(14 + style.len() + 16).unwrap();
    let hidden = tile_part(0, length, &style, &[0; 16]);
    let only_a_start = tile_part(0, 12, &[], &[])[..12].to_vec();

    for first in [tile_part(0, 14, &[], &[]), only_a_start.clone()] {
        let file = codestream(&header, &[first.clone(), hidden.clone()]);
        assert_eq!(decoded(&file), Err(DecodeError::UnknownKind));
        let honest = codestream(&header, &[first, honest_part()]);
        assert_eq!(decoded(&honest), Ok((500, 500)));
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let header = [siz(64), cod(0, &[]), qcd(0)];
    for length in [1, 11, 13] {
        let file = codestream(&header, &[tile_part(0, length, &[], &[0; 16])]);
        assert_eq!(decoded(&file), Err(DecodeError::Damaged), "{length}");
    }
    // Cut short is another thing: what is there is shown.
    let cut = codestream(&header, &[tile_part(0, 9_999, &[], &[0; 16])]);
    assert_eq!(decoded(&cut), Ok((64, 64)));
    let to_the_end = codestream(&header, &[tile_part(0, 0, &[], &[0; 16])]);
    assert_eq!(decoded(&to_the_end), Ok((64, 64)));
    let no_such_tile = codestream(&header, &[tile_part(1, 30, &[], &[0; 16])]);
    assert_eq!(decoded(&no_such_tile), Err(DecodeError::Damaged));
    let nothing = codestream(&header, &[]);
    assert_eq!(decoded(&nothing), Err(DecodeError::Damaged));
}

/// The decoder does not believe the length of a segment, and read what was hidden behind its content as markers.
#[test]
fn nothing_is_hidden_behind_the_content_of_a_segment() {
    let style = cod(5, &[0x11; 6]);
    let stretched = |code: u8, content: &[u8]| segment(code, &[content, &style[..]].concat());
    let (plain_siz, plain_cod, plain_qcd) = (siz(500), cod(5, &[]), qcd(5));
    let files = [
        [stretched(0x51, &plain_siz[4..]), plain_cod.clone(), plain_qcd.clone()],
        [plain_siz.clone(), stretched(0x52, &plain_cod[4..]), plain_qcd.clone()],
        [plain_siz.clone(), plain_cod.clone(), stretched(0x5c, &[0x41, 0x40, 0x40])],
        [plain_siz.clone(), plain_cod.clone(), [plain_qcd.clone(), style.clone()].concat()],
        [plain_siz.clone(), [plain_cod, stretched(0x5e, &[0, 0, 0])].concat(), plain_qcd],
    ];

    for header in files {
        let file = codestream(&header, &[honest_part()]);
        assert_eq!(decoded(&file), Err(DecodeError::Damaged));
    }
}

#[test]
fn a_tile_grid_that_begins_behind_the_picture_is_refused() {
    for fields in [[64, 64, 0, 0, 64, 64, 32, 0], [128, 128, 64, 64, 32, 32, 0, 0]] {
        let file = codestream(&[siz_of(fields, 1), cod(0, &[]), qcd(0)], &[honest_part()]);
        assert_eq!(decoded(&file), Err(DecodeError::Damaged), "{fields:?}");
    }
}

/// As encoders write `[128,128],[64,64]`: the upper two as said, every lower one half of the one above.
#[test]
fn precincts_of_sixteen_and_more_are_taken() {
    let as_asked = [0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
    let sixteen = [0x44; 6];

    for precincts in [as_asked, sixteen] {
        let header = [siz_of([413, 531, 0, 0, 413, 531, 0, 0], 3), cod(5, &precincts), qcd(5)];
        let file = codestream(&header, &[honest_part()]);
        assert_eq!(decoded(&file), Ok((413, 531)), "{precincts:02x?}");
    }
}

#[test]
fn what_is_cut_into_too_many_pieces_is_too_large() {
    let tiny = codestream(&[siz(1_200), cod(5, &[0x11; 6]), qcd(5)], &[honest_part()]);
    let own_style = segment(0x53, &[&[0, 1, 5, 4, 4, 0, 1][..], &[0x11; 6]].concat());
    let of_a_component =
        codestream(&[siz(1_200), cod(5, &[]), own_style, qcd(5)], &[honest_part()]);

    assert_eq!(decoded(&tiny), Err(DecodeError::TooLarge));
    assert_eq!(decoded(&of_a_component), Err(DecodeError::TooLarge));
}

/// The fuzzer starts from what once passed the guard. `UPDATE=1` writes the files.
#[test]
fn the_corpus_holds_what_once_passed_the_guard() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/face_picture");
    let (small, large) = (boxed(b"jp2c", &grey(64)), boxed(b"jp2c", &grey(60_000)));
    let style = cod(5, &[0x11; 6]);
    let length = u32::try_from(14 + style.len() + 16).unwrap();
    let parts = [tile_part(0, 14, &[], &[]), tile_part(0, length, &style, &[0; 16])];
    let behind_a_segment = [siz(500), segment(0x52, &[&cod(5, &[])[4..], &style].concat()), qcd(5)];
    let files = [
        ("second-codestream.jp2", jp2(&[header_box(), small, large])),
        ("empty-tile-part.j2k", codestream(&[siz(500), cod(5, &[]), qcd(5)], &parts)),
        ("behind-a-segment.j2k", codestream(&behind_a_segment, &[honest_part()])),
        ("precincts.j2k", codestream(&[siz(200), cod(5, &[0x44; 6]), qcd(5)], &[honest_part()])),
    ];

    for (name, bytes) in files {
        let path = folder.join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap_or_default(), bytes, "{name}: UPDATE=1 writes it");
    }
}

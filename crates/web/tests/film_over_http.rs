//! The film on scanning (SERVICE.md R6) as a player requests it: in parts, by an address with the hash of its content,
//! and with subtitles.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE,
};
use http::{HeaderName, Request, Response, StatusCode};
use tower::ServiceExt as _;

/// The largest size of the film, for phones on a slow connection.
const FILM_BYTES_MAX: usize = 600 * 1024;
/// The limits of a subtitle that people can read in time: two lines of this length, and a number of characters per
/// second.
const LINE_CHARS_MAX: usize = 40;
const CHARS_A_SECOND_MAX: f64 = 17.0;

async fn ask(path: &str, headers: &[(HeaderName, &str)]) -> Response<Body> {
    let site: Router = web::assets::router();
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    site.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

fn header(response: &Response<Body>, name: HeaderName) -> String {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    to_bytes(response.into_body(), 1 << 21).await.unwrap().to_vec()
}

#[tokio::test]
async fn the_film_and_its_subtitles_have_the_types_that_players_want_and_are_small() {
    for (name, kind, begins) in [
        ("scanning.webm", "video/webm", &b"\x1a\x45\xdf\xa3"[..]),
        ("scanning.mp4", "video/mp4", b"\0\0\0 ftyp"),
        ("scanning.da.vtt", "text/vtt; charset=utf-8", b"WEBVTT\n"),
        ("scanning.en.vtt", "text/vtt; charset=utf-8", b"WEBVTT\n"),
        ("scanning-poster.svg", "image/svg+xml", b"<svg "),
    ] {
        let answer = ask(&format!("/assets/{name}"), &[]).await;

        assert_eq!(answer.status(), StatusCode::OK, "{name}: run cargo xtask assets");
        assert_eq!(header(&answer, CONTENT_TYPE), kind);
        assert_eq!(header(&answer, ACCEPT_RANGES), "bytes", "{name}");
        let body = bytes(answer).await;
        assert!(body.starts_with(begins), "{name}");
        assert!(body.len() <= FILM_BYTES_MAX, "{name}: {}", body.len());
    }
}

#[tokio::test]
async fn parts_of_the_film_are_the_bytes_that_were_asked_for() {
    let whole = bytes(ask("/assets/scanning.mp4", &[]).await).await;
    let last = whole.len() - 1;

    // Safari first requests two bytes, and plays nothing from a server that sends more.
    for (range, part, of) in [
        ("bytes=0-1", 0..2, format!("bytes 0-1/{}", whole.len())),
        ("bytes=1000-", 1_000..whole.len(), format!("bytes 1000-{last}/{}", whole.len())),
        ("bytes=-1", last..whole.len(), format!("bytes {last}-{last}/{}", whole.len())),
    ] {
        let answer = ask("/assets/scanning.mp4", &[(RANGE, range)]).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(&answer, CONTENT_RANGE), of);
        assert_eq!(header(&answer, CONTENT_TYPE), "video/mp4");
        assert_eq!(bytes(answer).await, &whole[part], "{range}");
    }

    let beyond = ask("/assets/scanning.mp4", &[(RANGE, "bytes=99999999-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&beyond, CONTENT_RANGE), format!("bytes */{}", whole.len()));
    for range in ["bytes=0-1,4-5", "bytes=5-1", "pages=1-2"] {
        let answer = ask("/assets/scanning.mp4", &[(RANGE, range)]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{range}");
        assert_eq!(bytes(answer).await, whole);
    }
}

#[tokio::test]
async fn a_part_of_another_version_is_never_given() {
    let tag = header(&ask("/assets/scanning.webm", &[]).await, ETAG);
    let part = [(RANGE, "bytes=0-1"), (IF_RANGE, tag.as_str())];
    assert_eq!(ask("/assets/scanning.webm", &part).await.status(), StatusCode::PARTIAL_CONTENT);

    let other = [(RANGE, "bytes=0-1"), (IF_RANGE, "\"another\"")];
    assert_eq!(ask("/assets/scanning.webm", &other).await.status(), StatusCode::OK);
    let seen = [(RANGE, "bytes=0-1"), (IF_NONE_MATCH, tag.as_str())];
    assert_eq!(ask("/assets/scanning.webm", &seen).await.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn an_address_that_names_the_content_is_kept_for_good_and_no_other() {
    let tag = header(&ask("/assets/scanning.webm", &[]).await, ETAG);
    let hash = tag.trim_matches('"');

    for (path, kept) in [
        (format!("/assets/scanning.webm?v={hash}"), "public, max-age=31536000, immutable"),
        ("/assets/scanning.webm?v=0".to_owned(), "public, max-age=300, must-revalidate"),
        ("/assets/scanning.webm".to_owned(), "public, max-age=300, must-revalidate"),
    ] {
        assert_eq!(header(&ask(&path, &[]).await, CACHE_CONTROL), kept, "{path}");
    }
    let head = ask("/assets/scanning.webm", &[]).await;
    assert_ne!(header(&head, CONTENT_LENGTH), "0");
}

struct Cue<'t> {
    name: &'t str,
    from: f64,
    to: f64,
    lines: Vec<&'t str>,
}

fn cues(file: &str) -> Vec<Cue<'_>> {
    let seconds = |text: &str| {
        text.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
    };
    let mut blocks = file.trim_end().split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"));
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let name = lines.next().unwrap();
            let (from, to) = lines.next().unwrap().split_once(" --> ").unwrap();
            Cue { name, from: seconds(from), to: seconds(to), lines: lines.collect() }
        })
        .collect()
}

#[test]
fn subtitles_fit_the_same_scenes_in_every_language_and_can_be_read() {
    let danish = cues(include_str!("../assets/scanning.da.vtt"));
    let english = cues(include_str!("../assets/scanning.en.vtt"));

    let times = |cues: &[Cue<'_>]| -> Vec<(String, String)> {
        let of = |cue: &Cue<'_>| (cue.name.to_owned(), format!("{}-{}", cue.from, cue.to));
        cues.iter().map(of).collect()
    };
    assert_eq!(times(&danish), times(&english));
    for cues in [danish, english] {
        let mut before = 0.0;
        for cue in cues {
            assert!(cue.from >= before && cue.to > cue.from, "{}", cue.name);
            before = cue.to;
            assert!((1..=2).contains(&cue.lines.len()), "{}", cue.name);
            let chars: usize = cue.lines.iter().map(|line| line.chars().count()).sum();
            assert!(
                cue.lines.iter().all(|line| line.chars().count() <= LINE_CHARS_MAX),
                "{}",
                cue.name
            );
            let chars = f64::from(u16::try_from(chars).unwrap());
            assert!(chars / (cue.to - cue.from) <= CHARS_A_SECOND_MAX, "{}: too fast", cue.name);
        }
        assert!(before > 40.0 && before <= 60.0, "a short film: {before} s");
    }
}

/// RFC 9110 section 13.1.2: lists, weak tags and `*` are supported and compared weakly.
#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again_however_it_says_so() {
    let tag = header(&ask("/assets/scanning-poster.svg", &[]).await, ETAG);

    for seen in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        format!("W/\"other\" , W/{tag},"),
        "*".to_owned(),
    ] {
        let answer = ask("/assets/scanning-poster.svg", &[(IF_NONE_MATCH, &seen)]).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{seen}");
    }
    for seen in ["\"other\"", "W/\"other\"", "", "nonsense"] {
        let answer = ask("/assets/scanning-poster.svg", &[(IF_NONE_MATCH, seen)]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{seen}");
    }
}

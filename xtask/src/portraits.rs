//! The sample portraits of the sandbox, fetched once by hash and never part of the tree.
//!
//! Terms: three official photographs by the White House, one by NASA and one by the Navy, works of the United States
//! government and in the public domain there; they come in three packages of the Python registry (MIT, BSD-3-Clause and
//! matplotlib's own BSD-like licence) that show themselves with them. Where they cannot be had, the sandbox runs with a visitor's own webcam picture alone, and says so.

use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package, and what is kept of it.
struct Source {
    package: &'static str,
    sha256: &'static str,
    archive: &'static str,
    /// How pip is told to take this very file, on any machine.
    kind: &'static [&'static str],
    /// Path inside, name here, SHA-256 of what is kept.
    pictures: &'static [(&'static str, &'static str, &'static str)],
}

const SOURCES: [Source; 3] = [
    Source {
        package: "face_recognition==1.3.0",
        sha256: "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
        archive: "face_recognition-1.3.0.tar.gz",
        kind: &["--no-binary", ":all:"],
        pictures: &[
            (
                "face_recognition-1.3.0/tests/test_images/obama.jpg",
                "obama.jpg",
                "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
            ),
            (
                "face_recognition-1.3.0/tests/test_images/obama2.jpg",
                "obama2.jpg",
                "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
            ),
            (
                "face_recognition-1.3.0/tests/test_images/biden.jpg",
                "biden.jpg",
                "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
            ),
        ],
    },
    Source {
        package: "scikit-image==0.26.0",
        sha256: "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
        archive: "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        kind: &[
            "--only-binary",
            ":all:",
            "--platform",
            "manylinux_2_28_x86_64",
            "--python-version",
            "3.11",
            "--implementation",
            "cp",
            "--abi",
            "cp311",
        ],
        pictures: &[(
            "skimage/data/astronaut.png",
            "collins.ppm",
            "8c70c8272e8b1e8bff50aad795c110afccae07e7b87d224d0ca36b8d10126426",
        )],
    },
    Source {
        package: "matplotlib==3.10.7",
        sha256: "2222c7ba2cbde7fe63032769f6eb7e83ab3227f47d997a8453377709b7fe3a5a",
        archive: "matplotlib-3.10.7-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        kind: &[
            "--only-binary",
            ":all:",
            "--platform",
            "manylinux2014_x86_64",
            "--python-version",
            "3.11",
            "--implementation",
            "cp",
            "--abi",
            "cp311",
        ],
        pictures: &[(
            "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
            "hopper.jpg",
            "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        )],
    },
];

/// Head and shoulders of the astronaut as plain pixels (RFC 2083 section 6 undone), so that nothing of ours has to read
/// PNG for the sake of one picture.
const PLAIN: &str = r#"
import struct, sys, zlib
left, top, side = 90, 10, 270
png, at, packed = open(sys.argv[1], "rb").read(), 8, b""
while at < len(png):
    length, kind = struct.unpack(">I4s", png[at:at + 8])
    data = png[at + 8:at + 8 + length]
    at += 12 + length
    if kind == b"IHDR":
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data)
        assert (depth, colour, interlaced) == (8, 2, 0)
    if kind == b"IDAT":
        packed += data
raw, row, rows = zlib.decompress(packed), bytearray(width * 3), []
for y in range(height):
    start = y * (width * 3 + 1)
    kind, line = raw[start], bytearray(raw[start + 1:start + 1 + width * 3])
    for x in range(width * 3):
        a, b, c = (line[x - 3] if x > 2 else 0), row[x], (row[x - 3] if x > 2 else 0)
        paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
        line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
    row = line
    rows.append(line)
with open(sys.argv[2], "wb") as out:
    out.write(b"P6\n%d %d\n255\n" % (side, side))
    for line in rows[top:top + side]:
        out.write(bytes(line[left * 3:(left + side) * 3]))
"#;

/// Makes sure that the portraits are there; without them the sandbox still starts.
pub fn ensure_portraits() {
    let Some(folder) = folder() else {
        println!("portraits: no folder for them (set HOME); the sandbox goes without");
        return;
    };
    if all_there(&folder) {
        println!("portraits: {} (hashes match)", folder.display());
        return;
    }
    match fetch(&folder) {
        Ok(()) => println!("portraits: ready in {}", folder.display()),
        Err(reason) => {
            println!("portraits: {reason}; the sandbox goes without, use your own webcam picture");
        }
    }
}

fn folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("GENVEJ_PORTRAITS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        cache.map(|cache| cache.join("genvej").join("portraits"))
    })
}

fn all_there(folder: &Path) -> bool {
    SOURCES.iter().all(|source| is_there(folder, source))
}

fn is_there(folder: &Path, source: &Source) -> bool {
    source.pictures.iter().all(|(_, name, pinned)| {
        fs::read(folder.join(name)).is_ok_and(|bytes| sha256_hex(&bytes) == *pinned)
    })
}

fn fetch(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let unpacked = folder.join(format!(".unpacking-{}", std::process::id()));
    fs::create_dir_all(&unpacked).map_err(failed)?;
    let mut missing = SOURCES.iter().filter(|source| !is_there(folder, source));
    let fetched = missing.try_for_each(|source| fetch_into(folder, &unpacked, source));
    let _ = fs::remove_dir_all(&unpacked);
    fetched
}

/// pip refuses any other package than the pinned one; of what it holds, the pinned pictures are kept.
fn fetch_into(folder: &Path, unpacked: &Path, source: &Source) -> Result<(), String> {
    let package = source.package;
    let requirements = unpacked.join("requirements.txt");
    let line = format!("{package} --hash=sha256:{}\n", source.sha256);
    fs::write(&requirements, line).map_err(|error| error.to_string())?;
    println!("portraits: fetching {package}");
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"])
        .arg("--disable-pip-version-check")
        .args(source.kind)
        .arg("--dest")
        .arg(unpacked)
        .arg("--requirement")
        .arg(&requirements)
        .status();
    if !pip.is_ok_and(|status| status.success()) {
        return Err(format!("pip could not fetch {package}"));
    }
    let archive = unpacked.join(source.archive);
    for (inside, name, pinned) in source.pictures {
        let taken = unpacked.join(inside);
        unpack(&archive, unpacked, inside)?;
        let made = if inside.ends_with(".png") { plain(&taken)? } else { taken };
        let bytes = fs::read(made).map_err(|error| format!("{name}: {error}"))?;
        if sha256_hex(&bytes) != *pinned {
            return Err(format!("{name} is not the picture that is pinned"));
        }
        fs::write(folder.join(name), bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn unpack(archive: &Path, into: &Path, inside: &str) -> Result<(), String> {
    // A wheel is a zip file, which Python opens wherever pip runs.
    let wheel = archive.extension().is_some_and(|extension| extension == "whl");
    let mut command = if wheel {
        let mut python = Command::new("python3");
        python.args([
            "-c",
            "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])",
        ]);
        python.arg(archive).arg(inside).arg(into);
        python
    } else {
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(archive).arg("-C").arg(into).arg(inside);
        tar
    };
    let done = command.status().is_ok_and(|status| status.success());
    done.then_some(()).ok_or_else(|| format!("{} could not be unpacked", archive.display()))
}

fn plain(png: &Path) -> Result<PathBuf, String> {
    let made = png.with_extension("ppm");
    let python = Command::new("python3").args(["-c", PLAIN]).arg(png).arg(&made).status();
    let done = python.is_ok_and(|status| status.success());
    done.then_some(made).ok_or_else(|| format!("{} could not be read", png.display()))
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

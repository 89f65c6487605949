//! The manifest of a model set, written by an operator.

use face::manifest::Manifest;

/// A manifest that is read has bands in order and files that stay inside their folder.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(manifest) = Manifest::parse(text) {
        assert!(manifest.threshold.retry <= manifest.threshold.accept);
        for model in &manifest.models {
            assert!(!model.file.contains(['/', '\\']) && !model.file.starts_with('.'));
        }
    }
}

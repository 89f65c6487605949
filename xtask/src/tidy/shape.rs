//! The shape of the product's code: circles of modules, the longest function, the longest file.
//!
//! A module stands in a circle where it uses another that, over whatever way, uses it again. A parent and its own children are no
//! circle: what a child takes from a module above it is not counted. Tests are not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::Visit;

/// Modules of one crate: the names on the way from its root.
type Module = Vec<String>;

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// For each crate, what each of its modules uses.
    uses: BTreeMap<String, BTreeMap<Module, BTreeSet<Module>>>,
    longest_function: (usize, String),
    longest_file: (usize, String),
    /// Every function of more code lines than [`FUNCTION_LINES_MAX`].
    pub(super) long_functions: Vec<String>,
    /// Every file of more code lines than [`FILE_LINES_MAX`].
    pub(super) long_files: Vec<String>,
}

/// Code lines, without blank ones and comments.
pub(super) const FUNCTION_LINES_MAX: usize = 70;
pub(super) const FILE_LINES_MAX: usize = 400;

impl Shape {
    /// Looks at a file, if it is product code.
    pub(super) fn look_at(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let shown = path.to_string_lossy().replace('\\', "/");
        let Some((krate, module)) = place_of(&shown) else { return Ok(()) };
        let file = syn::parse_file(text).map_err(|error| format!("{shown}: {error}"))?;
        let product = without_tests(text);
        let lines = code_lines(product);
        if lines > self.longest_file.0 {
            self.longest_file = (lines, shown.clone());
        }
        if lines > FILE_LINES_MAX {
            self.long_files.push(format!("{shown}: {lines} code lines, {FILE_LINES_MAX} at most"));
        }
        for (name, lines) in functions(product) {
            let named = format!("{shown}: {name}");
            if lines > FUNCTION_LINES_MAX {
                self.long_functions
                    .push(format!("{named}: {lines} code lines, {FUNCTION_LINES_MAX} at most"));
            }
            if lines > self.longest_function.0 {
                self.longest_function = (lines, named);
            }
        }
        let mut paths = Paths { at: &module, found: BTreeSet::new() };
        paths.visit_file(&file);
        self.uses.entry(krate).or_default().entry(module.clone()).or_default().extend(paths.found);
        Ok(())
    }

    /// The circles: each with its crate and the modules that stand in it.
    pub(super) fn circles(&self) -> Vec<String> {
        let mut circles = Vec::new();
        for (krate, uses) in &self.uses {
            let known: BTreeSet<&Module> = uses.keys().collect();
            let arrows: BTreeMap<&Module, BTreeSet<&Module>> = uses
                .iter()
                .map(|(from, paths)| {
                    let to = paths.iter().filter_map(|path| nearest(path, &known));
                    (from, to.filter(|to| !from.starts_with(to)).collect())
                })
                .collect();
            for circle in together(&arrows) {
                circles.push(format!("{krate}: {}", shown_circle(&circle, &arrows)));
            }
        }
        circles
    }

    /// One line for whoever reads the run.
    pub(super) fn said(&self, circles: usize) -> String {
        format!(
            "circles of modules: {circles}; longest function: {} ({} code lines); longest file: {} ({})",
            self.longest_function.1,
            self.longest_function.0,
            self.longest_file.1,
            self.longest_file.0
        )
    }
}

/// The crate of a file of product code, with the code lines of the file; none for tests.
pub fn product_lines(shown: &str, text: &str) -> Option<(String, usize)> {
    place_of(shown).map(|(krate, _)| (krate, code_lines(without_tests(text))))
}

/// A file up to the tests at its end; a module of tests that is only named stays, for it has a file of its own.
fn without_tests(text: &str) -> &str {
    const TESTS: &str = "\n#[cfg(test)]\nmod ";
    let at = text.match_indices(TESTS).find(|(at, _)| {
        let named = text.get(at + TESTS.len()..).unwrap_or_default();
        named.lines().next().is_some_and(|line| line.ends_with('{'))
    });
    at.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// Who uses whom within a circle.
fn shown_circle(circle: &[&Module], arrows: &BTreeMap<&Module, BTreeSet<&Module>>) -> String {
    let users = circle.iter().map(|user| {
        let used = arrows.get(user).into_iter().flatten().filter(|used| circle.contains(used));
        let used: Vec<String> = used.map(|module| module.join("::")).collect();
        format!("{} uses {}", user.join("::"), used.join(", "))
    });
    users.collect::<Vec<_>>().join("; ")
}

/// The crate and the module of a file of product code.
fn place_of(shown: &str) -> Option<(String, Module)> {
    let (krate, inside) = shown.strip_prefix("crates/")?.split_once("/src/")?;
    let inside = inside.strip_suffix(".rs")?;
    let mut module: Module = inside.split('/').map(str::to_owned).collect();
    if module.iter().any(|part| part == "tests" || part == "contract" || part == "bin") {
        return None;
    }
    if module.len() == 1 && ["lib", "main"].contains(&inside) {
        module.clear();
    }
    Some((krate.to_owned(), module))
}

/// The module that a path leads to: the longest part of it that is one.
fn nearest<'a>(path: &Module, known: &BTreeSet<&'a Module>) -> Option<&'a Module> {
    (1..=path.len()).rev().find_map(|length| {
        known.iter().copied().find(|module| Some(module.as_slice()) == path.get(..length))
    })
}

/// Every set of modules of which each reaches each other.
fn together<'a>(arrows: &BTreeMap<&'a Module, BTreeSet<&'a Module>>) -> Vec<Vec<&'a Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        arrows.keys().map(|from| (*from, reach(from, arrows))).collect();
    let mut seen = BTreeSet::new();
    let mut sets = Vec::new();
    for (one, from_one) in &reached {
        let mutual = from_one.iter().copied().filter(|other| {
            other != one && reached.get(other).is_some_and(|back| back.contains(one))
        });
        let set: Vec<&Module> = std::iter::once(*one).chain(mutual).collect();
        if set.len() > 1 && seen.insert(set.iter().copied().min()) {
            sets.push(set);
        }
    }
    sets
}

fn reach<'a>(
    from: &Module,
    arrows: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&Module> = arrows.get(from).into_iter().flatten().copied().collect();
    while let Some(next) = waiting.pop() {
        if reached.insert(next) {
            waiting.extend(arrows.get(next).into_iter().flatten().copied());
        }
    }
    reached
}

/// What a file names by `crate::…`, `super::…` and `self::…`.
struct Paths<'a> {
    at: &'a Module,
    found: BTreeSet<Module>,
}

impl Paths<'_> {
    fn names(&mut self, parts: &[String]) {
        let mut path = match parts.first().map(String::as_str) {
            Some("crate") => Module::new(),
            Some("self") => self.at.clone(),
            Some("super") => {
                self.at.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default()
            }
            _ => return,
        };
        for part in parts.iter().skip(1) {
            if part == "super" {
                path.pop();
            } else {
                path.push(part.clone());
            }
        }
        self.found.insert(path);
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) => self.names(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.names(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.names(before),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, before));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|it| it.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        self.names(&parts);
        syn::visit::visit_path(self, path);
    }

    /// What stands in a macro is read as text.
    fn visit_macro(&mut self, inside: &'ast syn::Macro) {
        let text = inside.tokens.to_string().replace(' ', "");
        for named in text.split("crate::").skip(1) {
            let end = named.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let parts = named.get(..end.unwrap_or(named.len())).unwrap_or_default().split("::");
            let parts: Vec<String> =
                std::iter::once("crate").chain(parts).map(str::to_owned).collect();
            self.names(&parts);
        }
    }
}

/// Every function of a formatted file with its code lines: it ends where a brace stands under its first letter.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = declared(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let end = format!("{}}}", " ".repeat(indent));
        let body: Vec<&str> =
            lines.iter().skip(at).copied().take_while(|line| *line != end).collect();
        found.push((name, code_lines(&body.join("\n"))));
    }
    found
}

/// The name of the function that a line declares with a body that goes on below.
fn declared(line: &str) -> Option<String> {
    let said = line.trim_start();
    let starts = ["fn ", "pub ", "pub(", "const ", "async ", "unsafe "];
    if !starts.iter().any(|start| said.starts_with(start)) || line.trim_end().ends_with('}') {
        return None;
    }
    let (before, after) = said.split_once("fn ")?;
    let is_plain = before.chars().all(|c| c.is_alphanumeric() || " ()_:".contains(c));
    let name = after.split(['(', '<']).next()?;
    (is_plain && !said.ends_with(';')).then(|| name.to_owned())
}

fn code_lines(text: &str) -> usize {
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    text.lines().filter(counts).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(files: &[(&str, &str)]) -> Shape {
        let mut shape = Shape::default();
        for (path, text) in files {
            shape.look_at(Path::new(path), text).expect("the file is Rust");
        }
        shape
    }

    #[test]
    fn modules_that_use_each_other_are_a_circle_and_a_parent_with_its_child_is_none() {
        let lib = ("crates/a/src/lib.rs", "mod one;\nmod two;\nmod three;\npub use one::One;\n");
        let one = ("crates/a/src/one.rs", "use crate::two::Two;\npub struct One;\n");
        let two = ("crates/a/src/two.rs", "mod part;\nfn f() { g!(crate::three::h()) }\n");
        let part = ("crates/a/src/two/part.rs", "use super::Two;\n");
        let three = ("crates/a/src/three.rs", "fn h(_: &crate::one::One) {}\n");

        assert_eq!(
            shape(&[lib, one, two, part, three]).circles(),
            ["a: one uses two; three uses one; two uses three"]
        );
        let alone = (
            "crates/a/src/three.rs",
            "fn h() {}\n#[cfg(test)]\nmod tests { use crate::one::One; }\n",
        );
        assert_eq!(shape(&[lib, one, two, part, alone]).circles(), Vec::<String>::new());
    }

    #[test]
    fn a_function_is_as_long_as_its_lines_of_code() {
        let body = "    let a = 1;\n\n    // a comment\n".repeat(FUNCTION_LINES_MAX);
        let text = format!(
            "pub async fn long(\n    a: u8,\n) {{\n{body}}}\n\nfn short() {{\n    a();\n}}\n"
        );

        let shape = shape(&[("crates/a/src/lib.rs", &text)]);

        assert_eq!(shape.long_functions.len(), 1, "{:?}", shape.long_functions);
        assert_eq!(functions(&text), [("long".to_owned(), 73), ("short".to_owned(), 2)]);
    }

    #[test]
    fn a_file_that_only_names_its_tests_is_measured_to_its_end() {
        let long = "let x = 1;\n    ".repeat(FUNCTION_LINES_MAX + 1);
        let text = format!("#[cfg(test)]\nmod tests;\n\nfn f() {{\n    {}\n}}\n", long.trim_end());
        let shape = shape(&[("crates/a/src/one.rs", &format!("//! One.\n{text}"))]);

        assert_eq!(shape.long_functions.len(), 1, "{:?}", shape.long_functions);
    }
}

//! The commands of a page of `docs/`: lines of its fenced blocks.
#![expect(unreachable_pub, reason = "shared by the tests of this folder")]
#![allow(clippy::allow_attributes, dead_code, reason = "each target uses a part of it")]

/// The commands of one fenced block.
#[derive(Debug)]
pub struct Block {
    /// Whether the last of them has to fail.
    pub is_refused: bool,
    /// One command a line; one that ends with a backslash goes on in the next.
    pub commands: Vec<String>,
}

/// The blocks whose fence says `kind`, or `kind` and `refused`.
pub fn blocks(page: &str, kind: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let commands = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>();
        let commands = commands.join("\n").replace("\\\n", " ");
        let is_refused = fence.strip_prefix(kind) == Some(" refused");
        if fence == kind || is_refused {
            let commands = commands.lines().map(str::to_owned).collect();
            found.push(Block { is_refused, commands });
        }
    }
    found
}

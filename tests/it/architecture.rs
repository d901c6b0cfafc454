//! The walls: what a module may use, who owns a dependency, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Modules from the ground up; a module may use those of its own row and of rows above it in this list.
const LAYERS: [(&str, &[&str]); 10] = [
    ("ground", &["date", "fault", "grid", "units"]),
    ("physics", &["kernels", "solar", "agronomy", "subsidence", "finance"]),
    ("words", &["layer", "rule", "criterion", "mode", "crop", "law", "overburden", "site", "offer", "scenario"]),
    ("edge in", &["project", "tables", "raster", "vector", "weather", "panels"]),
    ("work", &["tiles", "resource", "plan"]),
    ("meaning", &["derive", "exclude", "score", "sites", "appraise"]),
    ("decision", &["allocate"]),
    ("results", &["export", "compare", "demo", "one_place"]),
    ("order", &["store", "pipeline"]),
    ("faces", &["cli", "main", "lib"]),
];

/// Dependencies and the files that may name them.
const OWNERS: [(&str, &[&str]); 19] = [
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
    ("tempfile", &["store"]),
    ("blake3", &["store"]),
    ("zstd", &["store", "raster/blocks"]),
    ("csv", &["export"]),
    ("good_lp", &["allocate/solver"]),
    ("highs", &["allocate/solver"]),
    ("highs_sys", &["allocate/solver"]),
    ("rayon", &["tiles"]),
    ("gdal", &["raster/gdal", "vector/gdal"]),
    ("gdal_sys", &["raster/gdal", "vector/gdal"]),
    ("toml", &["project", "tables"]),
    ("schemars", &["project", "rule", "criterion", "mode", "scenario", "subsidence/decision"]),
    ("libm", &["subsidence"]),
    ("i_overlay", &["subsidence/outline"]),
    ("strsim", &["fault"]),
    ("proptest", &[]),
];

/// Lines a file may have.
const LONGEST_FILE: usize = 600;

type Sources = BTreeMap<String, String>;

/// Sources by path below `src`, without the ending.
fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut found = Sources::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).unwrap().with_extension("").display().to_string();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

/// A line without its comment and its strings, which may name anything.
fn code(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect()
}

/// Words that follow `prefix` in a line.
fn after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let word = |rest: &'a str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    line.match_indices(prefix).map(move |(at, _)| word(&line[at + prefix.len()..]))
}

/// Whether a line names a crate: `name::` not preceded by a path or another word.
fn names(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let root = line[..at].ends_with("::")
            && (at < 3 || !line[..at - 2].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        root || before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

/// Names a file imports from the crate itself: they may be those of a dependency.
fn own_names(text: &str) -> BTreeSet<&str> {
    let statements = text.match_indices("use ").filter_map(|(at, _)| text[at..].split(';').next());
    let own =
        statements.filter(|statement| ["use crate", "use super", "use self"].iter().any(|p| statement.starts_with(p)));
    own.flat_map(|statement| statement.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
}

/// Everything that breaks the rules.
fn violations(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    let mut uses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in sources {
        let module = file.split('/').next().unwrap_or(file);
        let Some(own) = rank(module) else {
            found.push(format!("{file}: module `{module}` has no place in the layers"));
            continue;
        };
        if text.lines().count() > LONGEST_FILE {
            found.push(format!("{file}: {} lines, more than {LONGEST_FILE}", text.lines().count()));
        }
        let own_names = own_names(text);
        for (number, line) in text.lines().enumerate() {
            let line = code(line);
            for used in after(&line, "crate::") {
                match rank(used) {
                    Some(other) if other > own => found.push(format!("{file}:{}: reaches up to `{used}`", number + 1)),
                    Some(other) if other == own && used != module => {
                        uses.entry(module).or_default().insert(used.to_owned());
                    }
                    _ => {}
                }
            }
            for (dependency, owners) in OWNERS.iter().filter(|(dependency, _)| names(&line, dependency)) {
                if !owners.iter().any(|owner| file.starts_with(owner)) && !own_names.contains(dependency) {
                    found.push(format!("{file}:{}: names `{dependency}`, which belongs to {owners:?}", number + 1));
                }
            }
        }
    }
    found.extend(circle(&uses));
    found
}

/// A circle among modules of one row, if there is one.
fn circle(uses: &BTreeMap<&str, BTreeSet<String>>) -> Option<String> {
    for start in uses.keys() {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(module) = open.pop() {
            for used in uses.get(module).into_iter().flatten() {
                if used == start {
                    return Some(format!(
                        "modules of one row use each other in a circle through `{start}` and `{module}`"
                    ));
                }
                if reached.insert(used) {
                    open.push(used);
                }
            }
        }
    }
    None
}

#[test]
fn the_walls_stand() {
    let found = violations(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn planted_violations_are_found() {
    let planted = |file: &str, text: &str| violations(&Sources::from([(file.to_owned(), text.to_owned())]));
    assert!(planted("kernels/label", "use crate::raster::gdal::open;")[0].contains("reaches up"));
    assert!(planted("score", "let x = gdal::Dataset::open(path);")[0].contains("names `gdal`"));
    assert!(planted("allocate/model", "use highs::Model;")[0].contains("names `highs`"));
    assert!(planted("mystery", "")[0].contains("no place in the layers"));
    assert!(planted("grid", &"\n".repeat(601))[0].contains("601 lines"));
    let circle = Sources::from([
        ("rule".to_owned(), "use crate::layer::Code;".to_owned()),
        ("layer".to_owned(), "use crate::rule::Rule;".to_owned()),
    ]);
    assert!(violations(&circle)[0].contains("circle"));
    // Comments, strings and modules of our own may bear a dependency's name.
    assert_eq!(planted("grid", "// gdal::Dataset\nlet x = \"rayon::join\";"), Vec::<String>::new());
    assert_eq!(planted("pipeline", "use crate::export::{csv, shapes};\nlet x = csv::table();"), Vec::<String>::new());
}

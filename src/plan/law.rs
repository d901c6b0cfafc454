//! What is worth telling of the land law a project names.

use super::{InputFile, LAW};
use crate::project::Project;

/// Input that says what land is in the eyes of the law.
const LAND_USE: &str = "land_use";

/// Files of the project's own packs.
pub fn files(project: &Project) -> impl Iterator<Item = InputFile> {
    let paths = project.file.law.iter().filter_map(|law| law.path.as_ref());
    paths.map(|path| InputFile::new(LAW, &project.dir().join(path)))
}

/// Notes on packs that hold: what they are told of land by, and what of them cannot be tested.
pub fn notes(project: &Project) -> Vec<String> {
    let mut notes = Vec::new();
    let closes_kinds = |held: &crate::project::HeldPack| held.pack.land.iter().any(|row| !row.kinds.is_empty());
    if let Some(held) = project.law.iter().find(|held| closes_kinds(held))
        && project.land.as_deref().is_some_and(|land| land != LAND_USE)
    {
        let land = project.land.clone().unwrap_or_default();
        notes.push(format!(
            "law `{}` closes kinds of land, which are told by `{land}`: what grows there is not what the law calls it; add the legal land use as input `{LAND_USE}`",
            held.pack.id
        ));
    }
    for pack in project.law.iter().map(|held| &held.pack).filter(|pack| !pack.not_tested.is_empty()) {
        notes.push(format!(
            "law `{}` asks for {} more that no siting can test: manifest.json lists it under resolved.law",
            pack.id,
            pack.not_tested.len()
        ));
    }
    notes
}

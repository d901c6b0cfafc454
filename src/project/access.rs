//! How far the path of an input reaches, and what a project allows.

use std::path::Path;

use super::file::Access;

/// Formats that point to further files, by how their names end.
const POINTING_ENDINGS: [&str; 4] = [".vrt", ".gti", ".ovf", ".wms"];
/// Archive file systems of GDAL: local, but files inside files.
const ARCHIVES: [&str; 4] = ["/vsizip/", "/vsigzip/", "/vsitar/", "/vsi7z/"];

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To a file.
    File,
    /// Into a local archive.
    Archive,
    /// To a file that by its name only points to further files.
    Pointer,
    /// To a server, a database or memory.
    Elsewhere,
}

impl Reach {
    /// Where a path leads, by its text alone.
    pub fn of(path: &Path) -> Self {
        let lower = path.to_string_lossy().to_lowercase();
        if ARCHIVES.iter().any(|prefix| lower.starts_with(prefix)) {
            return if lower[1..].contains("/vsi") { Self::Elsewhere } else { Self::Archive };
        }
        let scheme = lower.split_once(':').is_some_and(|(scheme, _)| scheme.len() > 1 && !scheme.contains(['/', '.']));
        if lower.starts_with("/vsi") || scheme {
            return Self::Elsewhere;
        }
        let points = lower.starts_with('<') || POINTING_ENDINGS.iter().any(|ending| lower.ends_with(ending));
        if points { Self::Pointer } else { Self::File }
    }

    /// Whether a project allows it.
    pub fn is_allowed(self, access: Access) -> bool {
        match self {
            Self::File => true,
            Self::Archive | Self::Pointer => access.allow_virtual,
            Self::Elsewhere => access.allow_remote,
        }
    }
}

//! What went wrong, where, and what to do about it: the one error type that reaches the user.
//!
//! A fault is a finding, not an exception: loaders collect as many as they can before giving up, so that one look
//! at the output is enough to mend a project. The kind decides the exit code and nothing else.

use std::fmt;

/// Whose business a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The project file or the command line (exit code 2).
    Project,
    /// An input file (exit code 3).
    Input,
    /// An output could not be written (exit code 4).
    Output,
    /// The run is incomplete or held by another process (exit code 5).
    Incomplete,
    /// The solver failed or gave an answer that does not pass our own checks (exit code 6).
    Solver,
    /// The user interrupted the run (exit code 130).
    Interrupted,
}

/// One fault: where it is, what was found and expected, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fault {
    /// Whose business it is.
    pub kind: Kind,
    /// File with line, layer, cell or row; empty when the message itself names it.
    pub place: String,
    /// What was found, and what was expected.
    pub what: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl Fault {
    /// A fault of `kind` at `place`.
    pub fn new(kind: Kind, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { kind, place: place.into(), what: what.into(), hint: String::new() }
    }

    /// A fault of the project file at `place`.
    pub fn project(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Kind::Project, place, what)
    }

    /// A fault of an input file at `place`.
    pub fn input(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Kind::Input, place, what)
    }

    /// A fault while writing the output at `place`.
    pub fn output(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(Kind::Output, place, what)
    }

    /// The same fault with advice on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}", self.what)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// Rows of a table named at most, for one kind of fault.
const ROWS_LISTED: usize = 20;

/// A fault for each of some rows of a table, numbered from the first below the header; of many, the first and how many more.
///
/// - `place`: the table.
/// - `fault`: of a row, without its place.
pub fn of_rows(place: &str, rows: &[usize], fault: impl Fn(usize) -> Fault) -> Vec<Fault> {
    let at = |&row: &usize| Fault { place: format!("{place}:{}", row + 2), ..fault(row) };
    let mut faults: Vec<Fault> = rows.iter().take(ROWS_LISTED).map(at).collect();
    let more = rows.len().saturating_sub(ROWS_LISTED);
    if let Some(last) = faults.last_mut().filter(|_| more > 0) {
        let hint = std::mem::take(&mut last.hint);
        last.hint = format!("{hint}{}… and {more} more like it", if hint.is_empty() { "" } else { " " });
    }
    faults
}

/// A non-empty list of faults, as an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// The result of everything that meets files, users or the solver.
pub type Result<T> = std::result::Result<T, Faults>;

impl Faults {
    /// `Ok(value)` if `faults` is empty, otherwise all of them, in the order found and each once.
    ///
    /// # Errors
    /// If there is any fault.
    pub fn or<T>(faults: Vec<Fault>, value: T) -> Result<T> {
        if faults.is_empty() { Ok(value) } else { Err(Self::many(faults)) }
    }

    /// All of `faults`, each once.
    fn many(faults: Vec<Fault>) -> Self {
        let mut seen = std::collections::HashSet::new();
        Self(faults.into_iter().filter(|fault| seen.insert(fault.clone())).collect())
    }

    /// The faults, in the order found.
    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The faults, by value.
    pub fn into_list(self) -> Vec<Fault> {
        self.0
    }

    /// The faults, each changed.
    #[must_use]
    pub fn map(self, change: impl Fn(Fault) -> Fault) -> Self {
        Self(self.0.into_iter().map(change).collect())
    }

    /// The kind that decides the exit code: the first in the order of [`Kind`].
    pub fn kind(&self) -> Kind {
        self.0.iter().map(|fault| fault.kind).min().unwrap_or(Kind::Project)
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The entry of `names` nearest to `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().max(name.chars().count()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Names in a note at most.
const NAMES_LISTED: usize = 5;

/// The first of some names, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    let list = names.iter().take(NAMES_LISTED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_LISTED) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// A number of things, in words.
pub fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// `"; did you mean `x`?"` when a near name exists, and the valid names.
pub fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let list: Vec<&str> = names.clone().into_iter().collect();
    let valid = if list.is_empty() { "there are none".to_owned() } else { format!("valid: {}", list.join(", ")) };
    match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`? ({valid})"),
        None => valid,
    }
}

//! Land law: the packs a project names, and the rules their clauses become.

use std::path::Path;

use super::rules::Scope;
use super::{Check, inputs};
use crate::fault::suggestion;
use crate::law::{Binds, LandRow, Pack, Threshold};
use crate::layer::{Code, LayerName};
use crate::project::file::{LawLayer, LawTable, ProjectFile};
use crate::project::{HeldPack, InputSpec, RasterValues};
use crate::rule::{Citation, Condition, ModeSet, Rule, Unknown, Verb};
use crate::tables::{self, Tables};

/// What a project writes where there is nothing of what the law protects.
const NONE: &str = "none";
/// Most of a pack file that is read [bytes].
const MOST_BYTES: u64 = 1 << 20;

/// The packs that hold, each once for the regions it holds in; those that others extend among them.
pub fn packs(check: &mut Check<'_>, file: &ProjectFile, dir: &Path, tables: &Tables) -> Vec<HeldPack> {
    let mut held: Vec<HeldPack> = Vec::new();
    for (i, table) in file.law.iter().enumerate() {
        let at = format!("law.{i}");
        if table.only_in.as_ref().is_some_and(Vec::is_empty) {
            check.fault(&format!("{at}.only_in"), "it holds in no region", "name one, or leave `only_in` out for all");
        }
        let Some(first) = named(check, &at, table, (dir, tables)) else { continue };
        let mut open = vec![first];
        while let Some(pack) = open.pop() {
            for id in &pack.extends {
                match tables.law.iter().find(|known| &known.id == id) {
                    Some(base) => open.push(base.clone()),
                    None => {
                        let hint = suggestion(id, tables.law.iter().map(|pack| pack.id.as_str()));
                        check.fault(&at, format!("pack `{}` extends `{id}`, which is not built in", pack.id), hint);
                    }
                }
            }
            hold(&mut held, pack, table.only_in.as_ref());
        }
    }
    held
}

/// Adds a pack for some regions, or for all.
fn hold(held: &mut Vec<HeldPack>, pack: Pack, only_in: Option<&Vec<String>>) {
    match held.iter_mut().find(|known| known.pack.id == pack.id) {
        None => held.push(HeldPack { pack, only_in: only_in.cloned() }),
        Some(known) => match (&mut known.only_in, only_in) {
            (Some(regions), Some(more)) => {
                let new: Vec<String> = more.iter().filter(|id| !regions.contains(id)).cloned().collect();
                regions.extend(new);
            }
            (regions, _) => *regions = None,
        },
    }
}

/// The pack a table names.
fn named(check: &mut Check<'_>, at: &str, table: &LawTable, (dir, tables): (&Path, &Tables)) -> Option<Pack> {
    match (&table.pack, &table.path) {
        (Some(id), None) => {
            let found = tables.law.iter().find(|pack| &pack.id == id).cloned();
            if found.is_none() {
                let hint = suggestion(id, tables.law.iter().map(|pack| pack.id.as_str()));
                check.fault(&format!("{at}.pack"), format!("unknown pack of land law `{id}`"), hint);
            }
            found
        }
        (None, Some(path)) => read(check, &format!("{at}.path"), &dir.join(path), tables),
        _ => {
            check.fault(at, "a law is one of `pack` and `path`", "");
            None
        }
    }
}

/// Reads a pack of the project's own.
fn read(check: &mut Check<'_>, at: &str, path: &Path, tables: &Tables) -> Option<Pack> {
    let place = path.display().to_string();
    let length = path.metadata().map(|found| found.len());
    let text = match length {
        Ok(bytes) if bytes > MOST_BYTES => Err(format!("it has {bytes} bytes; a pack has at most {MOST_BYTES}")),
        _ => std::fs::read_to_string(path).map_err(|error| error.to_string()),
    };
    let pack = text.and_then(|text| {
        let told = |faults: crate::fault::Faults| {
            faults.into_list().into_iter().map(|fault| fault.what).collect::<Vec<_>>().join("; ")
        };
        tables::pack(&place, &text).map_err(told)
    });
    match pack {
        Ok(pack) if tables.law.iter().any(|known| known.id == pack.id) => {
            let what = format!("`{}` is the id of a built-in pack", pack.id);
            check.fault(at, what, "give the pack an id of its own; `extends` makes the built-in one hold too");
            None
        }
        Ok(pack) => {
            check.name(at, &pack.id);
            pack.land.iter().map(|row| &row.id).chain(pack.design.iter().map(|row| &row.id)).for_each(|id| {
                check.name(at, id);
            });
            well_formed(check, at, &pack);
            sensible(check, at, &pack);
            Some(pack)
        }
        Err(error) => {
            check.fault(at, format!("cannot read {place} as a pack of land law: {error}"), "see CONTRIBUTING.md");
            None
        }
    }
}

/// Faults of rows that say too little or too much.
fn well_formed(check: &mut Check<'_>, at: &str, pack: &Pack) {
    for row in &pack.land {
        if row.kinds.is_empty() == row.layer.is_none() {
            let what = format!("[[land]] `{}` of pack `{}` needs exactly one of kinds and layer", row.id, pack.id);
            check.fault(at, what, "");
        }
        if (row.layer.is_none() && row.within_m.is_some()) || (row.layer.is_some() && !row.unless_below.is_empty()) {
            let what = format!(
                "[[land]] `{}` of pack `{}`: within_m goes with layer, unless_below with kinds",
                row.id, pack.id
            );
            check.fault(at, what, "");
        }
    }
}

/// Faults of numbers that cannot be meant, and of clauses told twice.
fn sensible(check: &mut Check<'_>, at: &str, pack: &Pack) {
    let ids: Vec<&String> = pack.land.iter().map(|row| &row.id).chain(pack.design.iter().map(|row| &row.id)).collect();
    for (i, id) in ids.iter().enumerate().filter(|(i, id)| ids[..*i].contains(*id)) {
        check.fault(at, format!("clause `{id}` of pack `{}` is told twice (row {})", pack.id, i + 1), "rename one");
    }
    for row in &pack.design {
        let (value, most) = row.limit.bound();
        if !(0.0..=most).contains(&value) {
            let what = format!("{value} in clause `{}` of pack `{}` is outside 0–{most}", row.id, pack.id);
            check.fault(at, what, "lengths are metres, shares and ratios are written as 0.66");
        }
    }
    for row in &pack.land {
        let widths = row.within_m.iter().map(|number| number.value);
        for value in widths.chain(row.unless_below.iter().map(|threshold| threshold.value)) {
            if !(0.0..=f64::MAX).contains(&value) {
                check.fault(at, format!("{value} in clause `{}` of pack `{}` is no amount", row.id, pack.id), "");
            }
        }
    }
}

/// Everything that packs may name as a layer.
fn roles(packs: &[HeldPack]) -> Vec<&str> {
    let rows = || packs.iter().flat_map(|held| &held.pack.land);
    let amounts = rows().flat_map(|row| row.unless_below.iter().map(|threshold| threshold.layer.as_str()));
    rows().filter_map(|row| row.layer.as_deref()).chain(amounts).collect()
}

/// The rules that the clauses on land become, to follow the project's own.
///
/// - `first`: place of the first of them in the list.
/// - `land`: input that says what land is.
pub fn rules(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    (packs, land): (&[HeldPack], Option<&str>),
    first: usize,
) -> Vec<Rule> {
    let roles = roles(packs);
    let is_law_in_doubt = check.left_out.any("law") || check.spoiled.iter().any(|path| path.starts_with("law."));
    for (role, layer) in &scope.file.law_layers {
        let at = format!("law_layers.{role}");
        if !roles.contains(&role.as_str()) && !is_law_in_doubt {
            let hint = suggestion(role, roles.iter().copied());
            check.fault(&at, format!("no pack of this project protects `{role}`"), hint);
        }
        if let LawLayer::Belt { within_m, .. } = layer {
            check.distance(&at, *within_m);
            if *within_m == 0.0 {
                check.fault(&at, "a belt of no width", format!("write {role} = \"<input>\" for the polygons alone"));
            }
        }
    }
    let mut rules: Vec<Rule> = Vec::new();
    for held in packs {
        for row in &held.pack.land {
            let clause = Clause { held, row, modes: bound(scope, row.binds) };
            if clause.modes.is_empty() {
                continue;
            }
            match &row.layer {
                Some(role) => rules.extend(protected(check, scope, &clause, role)),
                None => rules.extend(closed_kinds(check, scope, (&clause, land), first + rules.len())),
            }
        }
    }
    rules
}

/// A clause with whom it binds.
struct Clause<'a> {
    held: &'a HeldPack,
    row: &'a LandRow,
    modes: ModeSet,
}

/// Modes a clause binds.
fn bound(scope: &Scope<'_>, binds: Binds) -> ModeSet {
    if scope.modes.is_empty() {
        return ModeSet::first(1);
    }
    let carries = |id: &str| {
        let built_in = || scope.tables.modes.iter().find(|mode| mode.id == id).map(|mode| !mode.crops.is_empty());
        let stated = scope.file.mode.iter().find(|mode| mode.id == id).and_then(|mode| mode.crops.as_ref());
        stated.map(|crops| !crops.is_empty()).or_else(built_in).unwrap_or(false)
    };
    let binds_mode = |id: &str| match binds {
        Binds::All => true,
        Binds::WithCrops => carries(id),
        Binds::WithoutCrops => !carries(id),
    };
    let modes = scope.modes.iter().take(ModeSet::CAPACITY).enumerate();
    modes.filter(|(_, id)| binds_mode(id)).fold(ModeSet::default(), |set, (i, _)| set.with(i))
}

impl Clause<'_> {
    fn rule(&self, suffix: &str, layer: LayerName, condition: Condition) -> Rule {
        let pack = &self.held.pack;
        Rule {
            id: format!("{}.{}{suffix}", pack.id, self.row.id),
            verb: Verb::Exclude,
            layer,
            condition,
            buffer_m: 0.0,
            weight: 1.0,
            unknown: Unknown::Unknown,
            only_where: None,
            only_in: self.held.only_in.clone(),
            modes: self.modes,
            law: Some(Citation {
                pack: pack.id.clone(),
                clause: self.row.clause.clone(),
                source: self.row.source.clone().unwrap_or_else(|| pack.source.clone()),
                verified: self.row.verified,
            }),
        }
    }

    /// The input that the project says tells where something lies; `None` where there is nothing of it, or for a fault.
    fn layer<'s>(&self, check: &mut Check<'_>, scope: &'s Scope<'_>, role: &str) -> Option<(&'s str, Option<f64>)> {
        let (input, within_m) = match scope.file.law_layers.get(role) {
            Some(LawLayer::Input(input)) if input == NONE => return None,
            Some(LawLayer::Input(input)) => (input, None),
            Some(LawLayer::Belt { input, within_m }) => (input, Some(*within_m)),
            None => {
                if !check.left_out.any("law_layers") {
                    let (pack, clause) = (&self.held.pack.id, &self.row.clause);
                    let what =
                        format!("law `{pack}` asks for `{role}`, and the project does not say where it is: {clause}");
                    let hint =
                        format!("add {role} = \"<input>\" to [law_layers], or \"{NONE}\" if there is nothing of it");
                    check.fault("law", what, hint);
                }
                return None;
            }
        };
        let names: Vec<&str> = scope.inputs.keys().map(String::as_str).collect();
        let at = format!("law_layers.{role}");
        let what = || format!("there is no input `{input}`");
        check.known((&at, "inputs"), input, &names, what).then_some((input.as_str(), within_m))
    }
}

/// The rule on what an input tells to be protected, with a belt around it if the clause has one.
fn protected(check: &mut Check<'_>, scope: &Scope<'_>, clause: &Clause<'_>, role: &str) -> Option<Rule> {
    let (input, stated_m) = clause.layer(check, scope, role)?;
    if !matches!(scope.inputs.get(input), Some(InputSpec::Vector(_))) {
        let what = format!("input `{input}` is no vector layer");
        check.fault(&format!("law_layers.{role}"), what, "what the law protects is told by polygons or lines");
        return None;
    }
    let own_m = clause.row.within_m.as_ref().map(|number| number.value);
    let within_m = stated_m.or(own_m).unwrap_or(0.0);
    let condition = if within_m > 0.0 { Condition::Nearer(within_m) } else { Condition::Inside };
    let mut rule = clause.rule("", LayerName::Input(input.to_owned()), condition);
    if let (Some(law), Some(stated_m)) = (&mut rule.law, stated_m)
        && stated_m != own_m.unwrap_or(0.0)
    {
        let of_pack = own_m.map_or_else(|| "no belt".to_owned(), |own_m| format!("{own_m} m"));
        law.clause = format!("{} [The project takes {stated_m} m in place of {of_pack}.]", law.clause);
    }
    Some(rule)
}

/// The rules on kinds of land: one, or one for each condition on the way to it, of which the last takes the land.
fn closed_kinds(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    (clause, land): (&Clause<'_>, Option<&str>),
    first: usize,
) -> Vec<Rule> {
    let Some(land) = land else {
        if !inputs::lacks_land(scope.file, check.left_out) {
            let what = format!("law `{}` closes kinds of land, and no layer says what land is", clause.held.pack.id);
            check.fault("law", what, "add land_use = { raster = …, classes = … } to [inputs]");
        }
        return Vec::new();
    };
    let scheme = match scope.inputs.get(land) {
        Some(InputSpec::Raster(raster)) => match &raster.values {
            RasterValues::Classes { scheme: Some(scheme), .. } => scope.tables.schemes.get(scheme),
            _ => None,
        },
        _ => None,
    };
    let classes = scheme.into_iter().flat_map(|scheme| &scheme.classes);
    let codes: Vec<Code> =
        classes.filter(|(_, class)| clause.row.kinds.contains(&class.kind)).map(|(&code, _)| code).collect();
    if codes.is_empty() {
        return Vec::new();
    }
    let mut rules = vec![clause.rule("", LayerName::Input(land.to_owned()), Condition::Classes(codes))];
    for (i, threshold) in clause.row.unless_below.iter().enumerate() {
        let Some(layer) = amount(check, scope, clause, threshold) else { continue };
        let at_least = Condition::Range(layer.threshold(threshold.value), f32::INFINITY);
        rules.push(clause.rule(&format!(".{}", i + 1), layer, at_least));
    }
    // Every condition but the last only leads to the next.
    let last = rules.len() - 1;
    for (i, rule) in rules.iter_mut().enumerate() {
        rule.only_where = i.checked_sub(1).map(|before| first + before);
        rule.weight = if i == last { 1.0 } else { 0.0 };
    }
    rules
}

/// The layer of an amount under which land stays open; without it nothing shows that it does, and the land is closed.
fn amount(check: &mut Check<'_>, scope: &Scope<'_>, clause: &Clause<'_>, threshold: &Threshold) -> Option<LayerName> {
    let (input, _) = clause.layer(check, scope, &threshold.layer)?;
    let is_amount =
        matches!(scope.inputs.get(input), Some(InputSpec::Raster(raster)) if raster.values == RasterValues::Quantity);
    if !is_amount {
        check.fault(&format!("law_layers.{}", threshold.layer), format!("input `{input}` holds no amounts"), "");
        return None;
    }
    Some(LayerName::Input(input.to_owned()))
}

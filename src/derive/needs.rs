//! Which layers a stage looks at, and how far around a cell.

use std::collections::BTreeMap;

use super::{Stored, sun};
use crate::criterion::{Criterion, Utility};
use crate::fault::Fault;
use crate::grid::Margin;
use crate::kernels::slope_aspect;
use crate::layer::{DEM, LayerName};
use crate::plan::{Plan, YieldSource};
use crate::project::InputSpec;
use crate::rule::{Condition, Rule, Verb};
use crate::subsidence::quantity::Quantity;

/// How far distances to an input are needed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DistanceNeed {
    /// Distance up to which they must be exact [m].
    pub reach_m: f64,
    /// Margin around the window over which they are needed.
    pub margin: Margin,
}

/// The layers a stage looks at, with the margin around the window for each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    /// Quantities.
    pub amounts: BTreeMap<LayerName, Margin>,
    /// Classes, by input.
    pub classes: BTreeMap<String, Margin>,
    /// Distances, by input.
    pub distances: BTreeMap<String, DistanceNeed>,
    /// Insides of polygons, by input.
    pub insides: BTreeMap<String, Margin>,
}

/// Cells that may be looked at beyond a tile on every side: memory grows with the square.
const LARGEST_MARGIN: usize = 2048;

/// Faults of rules and criteria that look farther on rasters than a tile can hold.
pub fn faults(plan: &Plan) -> Vec<Fault> {
    let project = &plan.project;
    let too_far = |needs: Needs, list: &str, index: usize, id: &str| {
        let margins = needs.raster_margins(plan).into_values().chain([needs.region_margin(plan)]);
        let margin = margins.fold(Margin::default(), Margin::max);
        let cells = margin.rows.max(margin.cols);
        (cells > LARGEST_MARGIN).then(|| {
            let what = format!("`{id}` looks {cells} cells of the grid around; at most {LARGEST_MARGIN} are possible");
            let hint = "shorten the distance, take larger cells, or give the input as a vector layer";
            Fault::project(project.document.place(&format!("{list}.{index}")), what).hint(hint)
        })
    };
    let rules = project.rules.iter().enumerate().filter_map(|(i, rule)| {
        let mut needs = Needs::default();
        needs.rule(plan, rule);
        too_far(needs, "exclusion", i, &rule.id)
    });
    let criteria = project.criteria.iter().enumerate().filter_map(|(i, criterion)| {
        let mut needs = Needs::default();
        needs.criterion(plan, criterion);
        too_far(needs, "criterion", i, &criterion.id)
    });
    let skyline = sun::halo(plan);
    let cells = skyline.rows.max(skyline.cols);
    let far = (cells > LARGEST_MARGIN && plan.has_dem()).then(|| {
        let what = format!("the skyline looks {cells} cells of the grid around; at most {LARGEST_MARGIN} are possible");
        Fault::project(project.document.place("terrain.reach_m"), what).hint("shorten the reach, or take larger cells")
    });
    rules.chain(criteria).chain(far).collect()
}

impl Needs {
    /// What the exclusion rules look at.
    pub fn of_rules(plan: &Plan) -> Self {
        let mut needs = Self::default();
        for rule in &plan.project.rules {
            needs.rule(plan, rule);
        }
        if plan.project.subsidence.is_some() {
            // Mined-out land is counted with what the rules leave.
            for quantity in [Quantity::Decision, Quantity::Stability] {
                needs.amount(plan, &LayerName::Mined(quantity), Margin::default());
            }
        }
        needs
    }

    /// What the criteria look at.
    pub fn of_criteria(plan: &Plan) -> Self {
        let mut needs = Self::default();
        for criterion in &plan.project.criteria {
            needs.criterion(plan, criterion);
        }
        needs
    }

    /// What every run writes or sums: terrain and yields.
    pub fn of_outputs(plan: &Plan) -> Self {
        let mut needs = Self::default();
        for layer in plan.output_layers() {
            needs.amount(plan, &layer, Margin::default());
        }
        needs
    }

    /// The layer that says what land is.
    pub fn of_land(plan: &Plan) -> Self {
        let mut needs = Self::default();
        if let Some(land) = &plan.project.land {
            needs.classes.insert(land.clone(), Margin::default());
        }
        if plan.project.subsidence.is_some() {
            needs.amount(plan, &LayerName::Mined(Quantity::Decision), Margin::default());
        }
        needs
    }

    /// Two needs together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (layer, margin) in other.amounts {
            let mine = self.amounts.entry(layer).or_default();
            *mine = mine.max(margin);
        }
        for (input, margin) in other.classes {
            let mine = self.classes.entry(input).or_default();
            *mine = mine.max(margin);
        }
        for (input, need) in other.distances {
            let mine = self.distances.entry(input).or_default();
            *mine = DistanceNeed { reach_m: mine.reach_m.max(need.reach_m), margin: mine.margin.max(need.margin) };
        }
        for (input, margin) in other.insides {
            let mine = self.insides.entry(input).or_default();
            *mine = mine.max(margin);
        }
        self
    }

    /// What is still needed when some layers are known over the window itself.
    #[must_use]
    pub fn without(&self, stored: &Stored) -> Self {
        let mut needs = self.clone();
        needs.amounts.retain(|layer, margin| *margin != Margin::default() || !stored.contains_key(layer));
        needs
    }

    fn rule(&mut self, plan: &Plan, rule: &Rule) {
        let margin = plan.grid.margin(rule.buffer_m);
        match (&rule.condition, &rule.layer) {
            (Condition::Classes(_), LayerName::Input(input)) => {
                let mine = self.classes.entry(input.clone()).or_default();
                *mine = mine.max(margin);
            }
            (Condition::Inside, LayerName::Input(input)) if rule.buffer_m == 0.0 || rule.verb == Verb::Keep => {
                let mine = self.insides.entry(input.clone()).or_default();
                *mine = mine.max(margin);
            }
            (Condition::Inside, LayerName::Input(input)) => self.distance(input, rule.buffer_m, Margin::default()),
            (Condition::Nearer(m) | Condition::Farther(m), LayerName::Input(input)) => {
                self.distance(input, *m, Margin::default());
            }
            (_, layer) => self.amount(plan, layer, margin),
        }
    }

    fn criterion(&mut self, plan: &Plan, criterion: &Criterion) {
        match (&criterion.utility, &criterion.layer) {
            (Utility::Classes(_), LayerName::Input(input)) => {
                self.classes.entry(input.clone()).or_default();
            }
            (Utility::Facing { .. }, layer) => {
                self.amount(plan, layer, Margin::default());
                self.amount(plan, &LayerName::Slope, Margin::default());
            }
            (_, layer) => self.amount(plan, layer, Margin::default()),
        }
    }

    fn amount(&mut self, plan: &Plan, layer: &LayerName, margin: Margin) {
        if let LayerName::DistanceTo(input) = layer {
            self.distance(input, plan.project.distance_cap_m(input), margin);
        }
        let mine = self.amounts.entry(layer.clone()).or_default();
        *mine = mine.max(margin);
    }

    fn distance(&mut self, input: &str, reach_m: f64, margin: Margin) {
        let mine = self.distances.entry(input.to_owned()).or_default();
        *mine = DistanceNeed { reach_m: mine.reach_m.max(reach_m), margin: mine.margin.max(margin) };
    }

    /// Margin over which every raster input must be read.
    pub fn raster_margins(&self, plan: &Plan) -> BTreeMap<String, Margin> {
        let mut margins: BTreeMap<String, Margin> = self.classes.clone();
        let mut want = |input: &str, margin: Margin| {
            let mine = margins.entry(input.to_owned()).or_default();
            *mine = mine.max(margin);
        };
        for (layer, &margin) in &self.amounts {
            match layer {
                LayerName::Input(input) => want(input, margin),
                LayerName::Elevation => want(DEM, margin),
                // Without an elevation model there is nothing to read.
                LayerName::Slope | LayerName::Aspect | LayerName::Suits(_) => {
                    want(DEM, margin.plus(Margin::cells(slope_aspect::HALO)));
                }
                LayerName::SkyView => want(DEM, margin.plus(sun::halo(plan))),
                LayerName::Yield(layout) => match plan.yields.get(layout) {
                    Some(YieldSource::Raster { input, .. }) => want(input, margin),
                    Some(YieldSource::Sun(_)) => {
                        if plan.has_dem() {
                            want(DEM, margin.plus(sun::halo(plan)));
                        }
                        plan.project.ghi_maps().for_each(|(id, ..)| want(id, margin));
                    }
                    _ => {}
                },
                LayerName::Mined(_) => plan.project.mined_maps().into_iter().for_each(|id| want(&id, margin)),
                LayerName::DistanceTo(_) => {}
            }
        }
        for (input, need) in &self.distances {
            if matches!(plan.project.inputs.get(input), Some(InputSpec::Raster(_))) {
                want(input, need.margin.plus(plan.grid.margin(need.reach_m)));
            }
        }
        margins
    }

    /// Margin over which the regions must be known: wherever a layer's holes are looked at.
    pub fn region_margin(&self, plan: &Plan) -> Margin {
        let amounts = self.amounts.values().chain(self.classes.values()).chain(self.insides.values()).copied();
        let is_raster = |input: &str| matches!(plan.project.inputs.get(input), Some(InputSpec::Raster(_)));
        let sets = self.distances.iter().filter(|(input, _)| is_raster(input));
        let sets = sets.map(|(_, need)| need.margin.plus(plan.grid.margin(need.reach_m)));
        amounts.chain(sets).fold(Margin::default(), Margin::max)
    }
}

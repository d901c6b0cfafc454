//! Progress on standard error: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::fault::Fault;
use crate::pipeline::Event;

/// Between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Shows how far a run has come.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Bar,
    Lines,
}

#[derive(Debug)]
struct State {
    bar: Option<ProgressBar>,
    stage: &'static str,
    done: usize,
    total: usize,
    last: Instant,
}

impl Progress {
    /// Progress for this terminal, or for none.
    pub fn new(quiet: impl Into<bool>) -> Self {
        let shown = match (quiet.into(), std::io::stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar,
            (false, false) => Shown::Lines,
        };
        let state = State { bar: None, stage: "", done: 0, total: 0, last: Instant::now() };
        Self { shown, state: Mutex::new(state) }
    }

    /// Takes note of an event.
    pub fn tell(&self, event: &Event) {
        if let Event::Note(note) = event {
            return self.say(&format!("note: {note}"));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Stage(stage, total) => {
                (state.stage, state.done, state.total, state.last) = (stage, 0, *total, Instant::now());
                if let Some(bar) = state.bar.take() {
                    bar.finish_and_clear();
                }
                if self.shown == Shown::Bar {
                    let style = ProgressStyle::with_template("{msg:>10} {bar:40} {pos}/{len} {eta}");
                    let bar = ProgressBar::new(*total as u64).with_message(*stage);
                    state.bar = Some(match style {
                        Ok(style) => bar.with_style(style),
                        Err(_) => bar,
                    });
                }
            }
            Event::Step => {
                state.done += 1;
                if let Some(bar) = &state.bar {
                    bar.inc(1);
                }
                let due = state.last.elapsed() >= EVERY;
                if self.shown == Shown::Lines && due {
                    state.last = Instant::now();
                    line(&format!("{} {}/{}", state.stage, state.done, state.total));
                }
            }
            Event::Note(_) => {}
        }
    }

    /// Takes note of so many steps done of a stage.
    pub fn at(&self, stage: &'static str, done: usize, total: usize) {
        let known = self.state.lock().unwrap_or_else(PoisonError::into_inner).stage == stage;
        if !known {
            self.tell(&Event::Stage(stage, total));
        }
        let before = self.state.lock().unwrap_or_else(PoisonError::into_inner).done;
        (before..done).for_each(|_| self.tell(&Event::Step));
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = self.state.lock().unwrap_or_else(PoisonError::into_inner).bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Says something, unless nothing is to be said.
    pub fn say(&self, words: &str) {
        if self.shown != Shown::Nothing {
            self.always(words);
        }
    }

    /// Says something that must be heard.
    pub fn always(&self, words: &str) {
        match &self.state.lock().unwrap_or_else(PoisonError::into_inner).bar {
            Some(bar) => bar.suspend(|| line(words)),
            None => line(words),
        }
    }
}

/// Writes faults, each on a line of its own.
pub fn faults(faults: &[Fault]) {
    for fault in faults {
        line(&format!("error: {fault}"));
    }
}

fn line(words: &str) {
    // Where standard error is closed nobody is left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}

//! GDAL's messages as faults.
//!
//! GDAL reports much through its error handler only: a full disk or an unknown creation option leaves a call that
//! returns success. Every call therefore runs inside [`reading`] or [`writing`], which look at the messages too.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

use gdal::errors::{CplErrType, GdalError};

use super::formats;
use crate::fault::{Fault, Kind, Result};
use crate::project::file::Access;

/// Megabytes GDAL may use to keep decoded blocks. A row of tiles looks a little into the blocks above and below it: three rows
/// of blocks of two rasters 16 000 cells wide, for each of two threads. With less, most blocks are decoded more than once.
const BLOCK_CACHE_MB: &str = "512";
/// Messages that say nothing is wrong: GDAL asks for its own nodata by a route that cannot hold 64 bits.
const HARMLESS: [&str; 1] = ["GetNoDataValue() returns an approximate value"];

static SETUP: Once = Once::new();
static NOTICES: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static CAUGHT: RefCell<Option<Vec<Message>>> = const { RefCell::new(None) };
}

struct Message {
    class: CplErrType,
    text: String,
}

/// Prepares GDAL for this process: error handler, cache, and nothing reached that a project must allow. Safe to repeat.
pub fn setup() {
    SETUP.call_once(|| {
        for (key, value) in [
            ("GDAL_CACHEMAX", BLOCK_CACHE_MB),
            ("GDAL_VRT_ENABLE_PYTHON", "NO"),
            // No formats from folders that an environment variable names.
            ("GDAL_DRIVER_PATH", "disable"),
            ("GDAL_NUM_THREADS", "1"),
            // Views of a database call no functions that reach outside it.
            ("OGR_SQLITE_PRAGMA", "trusted_schema=OFF"),
            // GeoPackage stamps its tables with the time of writing, which would differ from run to run.
            ("OGR_CURRENT_DATE", "2020-01-01T00:00:00.000Z"),
        ] {
            // Only a NUL byte in the constants above could make this fail.
            let _ = gdal::config::set_config_option(key, value);
        }
        gdal::config::set_error_handler(|class, _number, text| {
            if matches!(class, CplErrType::None | CplErrType::Debug) || HARMLESS.iter().any(|part| text.contains(part))
            {
                return;
            }
            let message = Message { class, text: text.trim().to_owned() };
            CAUGHT.with(|caught| match caught.borrow_mut().as_mut() {
                Some(list) => list.push(message),
                None => notice(message.text),
            });
        });
        formats::permit(Access::default());
    });
}

fn notice(text: String) {
    let mut notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
    if !notices.contains(&text) {
        notices.push(text);
    }
}

/// What GDAL warned of while reading, each once; the list is emptied.
pub fn take_notices() -> Vec<String> {
    std::mem::take(&mut *NOTICES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `call` and collects the messages of this thread meanwhile.
fn caught<T>(call: impl FnOnce() -> T) -> (T, Vec<Message>) {
    setup();
    let outer = CAUGHT.with(|caught| caught.borrow_mut().replace(Vec::new()));
    let result = call();
    let messages = CAUGHT.with(|caught| std::mem::replace(&mut *caught.borrow_mut(), outer));
    (result, messages.unwrap_or_default())
}

/// Runs a reading call on `path`: errors become faults of the input, warnings are kept for [`take_notices`].
///
/// # Errors
/// If the call fails or GDAL reports a failure on the way.
pub fn reading<T>(path: &Path, call: impl FnOnce() -> gdal::errors::Result<T>) -> Result<T> {
    let (result, messages) = caught(call);
    let place = path.display().to_string();
    let (failures, warnings): (Vec<Message>, Vec<Message>) =
        messages.into_iter().partition(|message| message.class != CplErrType::Warning);
    for warning in warnings {
        notice(format!("{place}: {}", warning.text));
    }
    match (result, failures.first()) {
        (Ok(value), None) => Ok(value),
        (_, Some(failure)) => Err(Fault::input(place, failure.text.clone()).into()),
        (Err(error), None) => Err(Fault::input(place, words(&error)).into()),
    }
}

/// Runs a writing call on `path`: errors **and warnings** become faults of the output.
///
/// # Errors
/// If the call fails or GDAL says anything at all.
pub fn writing<T>(path: &Path, call: impl FnOnce() -> gdal::errors::Result<T>) -> Result<T> {
    let (result, messages) = caught(call);
    let place = path.display().to_string();
    let said = messages.first().map(|message| message.text.clone());
    match (result, said) {
        (Ok(value), None) => Ok(value),
        (Ok(_), Some(text)) => Err(Fault::new(Kind::Output, place, text).into()),
        (Err(error), said) => Err(Fault::new(Kind::Output, place, said.unwrap_or_else(|| words(&error))).into()),
    }
}

/// An error of the binding without its own bookkeeping.
fn words(error: &GdalError) -> String {
    match error {
        GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. } if !msg.is_empty() => {
            msg.trim().to_owned()
        }
        other => other.to_string(),
    }
}

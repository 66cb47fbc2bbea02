//! SQLite's own file layer for Unix, with what it writes and syncs going by way of a [`Disk`].
//!
//! Everything else, locks and shared memory, stays with the original: only four methods of a file
//! and two of the layer are replaced.

#![expect(unsafe_code, reason = "SQLite calls its file layer as C")]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;
use tests::{Fault, Order};

use super::disk::Disk;

/// The files that count: not those that SQLite deletes when it closes them.
const KEPT: c_int = ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct State {
    disk: Disk,
    /// Where each open file is, and what the original does with it, by the file's address.
    open: HashMap<usize, (PathBuf, ffi::sqlite3_io_methods)>,
    order: Option<Order>,
    /// Changes since the order came, or reads where it is about those.
    count: u64,
}

impl State {
    fn lock() -> MutexGuard<'static, State> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a change, and tells what is wrong with the disk at this moment.
    fn fault(&mut self) -> Option<Order> {
        self.count(|fault| fault != Fault::Unreadable)
    }

    /// Counts a read, and tells whether it fails.
    fn is_unreadable(&mut self) -> bool {
        self.count(|fault| fault == Fault::Unreadable).is_some()
    }

    fn count(&mut self, concerns: impl FnOnce(Fault) -> bool) -> Option<Order> {
        let order = Order::find(Path::new("."));
        if order != self.order {
            (self.order, self.count) = (order, 0);
        }
        let order = order.filter(|order| concerns(order.fault))?;
        self.count += 1;
        (self.count > order.after).then_some(order)
    }

    fn of(&self, file: *mut ffi::sqlite3_file) -> (PathBuf, ffi::sqlite3_io_methods) {
        self.open[&file.addr()].clone()
    }

    /// The power goes while a change was under way.
    fn cut(&mut self, order: Order) -> ! {
        self.disk.cut(order.seed, order.fault == Fault::Lie).expect("the files can be written");
        std::process::abort()
    }
}

/// Puts the frail file layer under all databases that are opened from now on.
pub(super) fn register() {
    // SAFETY: it is a copy of a layer that SQLite has registered itself, and is never freed.
    let registered = unsafe {
        let mut frail = *original();
        frail.zName = c"frail".as_ptr();
        frail.pNext = std::ptr::null_mut();
        frail.xOpen = Some(open);
        frail.xDelete = Some(delete);
        ffi::sqlite3_vfs_register(Box::leak(Box::new(frail)), 1)
    };
    assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the file layer");
}

fn original() -> *mut ffi::sqlite3_vfs {
    // SAFETY: looking one up needs nothing, and those of SQLite itself stay.
    unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) }
}

/// The path in a name that SQLite gives.
///
/// # Safety
/// The name is a text that ends with a zero.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    // SAFETY: the caller says so.
    PathBuf::from(unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let mut state = State::lock();
    let is_kept = flags & KEPT != 0 && !name.is_null();
    // SAFETY: SQLite names files by texts that end with a zero.
    let path = is_kept.then(|| unsafe { path_of(name) });
    let is_new = path.as_ref().is_some_and(|path| !path.exists());
    // SAFETY: what SQLite gives is handed on as it is.
    let opened = unsafe {
        let original = &mut *original();
        original.xOpen.expect("it opens")(original, name, file, flags, flags_out)
    };
    let Some(path) = path.filter(|_| opened == ffi::SQLITE_OK) else { return opened };
    state.disk.opened(&path, is_new).expect("what SQLite opens can be opened");
    // SAFETY: the file was opened, so its methods are there. Those put in their place live for ever.
    unsafe {
        let methods = *(*file).pMethods;
        state.open.insert(file.addr(), (path, methods));
        let frail = ffi::sqlite3_io_methods {
            xRead: Some(read),
            xWrite: Some(write),
            xSync: Some(sync),
            xTruncate: Some(truncate),
            ..methods
        };
        (*file).pMethods = Box::leak(Box::new(frail));
    }
    opened
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    data: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let mut state = State::lock();
    if state.is_unreadable() {
        return ffi::SQLITE_IOERR_READ;
    }
    let (_, methods) = state.of(file);
    drop(state);
    // SAFETY: what SQLite gives is handed on as it is.
    unsafe { methods.xRead.expect("it reads")(file, data, amount, offset) }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let mut state = State::lock();
    let fault = state.fault();
    match fault.map(|order| order.fault) {
        Some(Fault::Full) => return ffi::SQLITE_FULL,
        Some(Fault::Break) => return ffi::SQLITE_IOERR_WRITE,
        _ => {}
    }
    let (path, methods) = state.of(file);
    let start = offset.unsigned_abs();
    let bytes = start..start + u64::from(amount.unsigned_abs());
    // SAFETY: what SQLite gives is handed on as it is.
    let change = || unsafe { methods.xWrite.expect("it writes")(file, data, amount, offset) };
    let written = state.disk.change(&path, bytes, change);
    match fault {
        Some(order) => state.cut(order),
        None => written,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let mut state = State::lock();
    let fault = state.fault();
    if fault.is_some_and(|order| order.fault == Fault::Break) {
        return ffi::SQLITE_IOERR_TRUNCATE;
    }
    let (path, methods) = state.of(file);
    let bytes = size.unsigned_abs()..state.disk.length(&path);
    // SAFETY: what SQLite gives is handed on as it is.
    let change = || unsafe { methods.xTruncate.expect("it truncates")(file, size) };
    let truncated = state.disk.change(&path, bytes, change);
    match fault.filter(|order| order.fault != Fault::Full) {
        Some(order) => state.cut(order),
        None => truncated,
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let mut state = State::lock();
    let fault = state.fault();
    match fault {
        Some(Order { fault: Fault::Break, .. }) => return ffi::SQLITE_IOERR_FSYNC,
        Some(order @ Order { fault: Fault::Cut | Fault::Lie, .. }) => state.cut(order),
        _ => {}
    }
    if state.order.is_some_and(|order| order.fault == Fault::Lie) {
        return ffi::SQLITE_OK;
    }
    let (path, methods) = state.of(file);
    // SAFETY: what SQLite gives is handed on as it is.
    let synced = unsafe { methods.xSync.expect("it syncs")(file, flags) };
    if synced == ffi::SQLITE_OK {
        state.disk.synced(&path);
    }
    synced
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    let mut state = State::lock();
    // SAFETY: SQLite names files by texts that end with a zero.
    let path = unsafe { path_of(name) };
    match state.fault() {
        Some(Order { fault: Fault::Break, .. }) => return ffi::SQLITE_IOERR_DELETE,
        Some(order @ Order { fault: Fault::Cut | Fault::Lie, .. }) => state.cut(order),
        _ => {}
    }
    state.disk.deleting(&path);
    // SAFETY: what SQLite gives is handed on as it is.
    let deleted = unsafe {
        let original = &mut *original();
        original.xDelete.expect("it deletes")(original, name, sync_folder)
    };
    if sync_folder != 0 && deleted == ffi::SQLITE_OK {
        state.disk.folder_synced();
    }
    deleted
}

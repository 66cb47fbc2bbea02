//! The card's allocator: blocks of powers of two, and for each size a list of free ones.
//!
//! The standard one keeps large programs from fragmenting for days. A card lives for a minute in
//! a few hundred kilobytes, and this costs its visitors 2 kB less to download.

#![allow(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::{self, null_mut};

/// The smallest block, and the alignment of every one.
const BLOCK_MIN: usize = 16;
/// Memory is taken from the browser in pages.
const PAGE: usize = 65_536;

/// Memory for one thread.
pub struct Heap {
    /// For each power of two the first free block; a free block begins with the address of the
    /// next one.
    free: [Cell<*mut u8>; usize::BITS as usize],
    /// From here on nothing was handed out yet.
    next: Cell<usize>,
    /// Up to here memory was taken.
    end: Cell<usize>,
}

#[cfg(all(target_arch = "wasm32", feature = "page"))]
#[global_allocator]
static HEAP: Heap = Heap::new();

// SAFETY: WebAssembly without its threads feature, which the build does not use, has one thread.
#[cfg(target_arch = "wasm32")]
unsafe impl Sync for Heap {}

impl Heap {
    /// No memory yet.
    pub const fn new() -> Heap {
        Heap {
            free: [const { Cell::new(null_mut()) }; usize::BITS as usize],
            next: Cell::new(0),
            end: Cell::new(0),
        }
    }

    fn fresh(&self, size: usize) -> *mut u8 {
        if self.end.get() - self.next.get() < size {
            let pages = size.div_ceil(PAGE);
            let Some(start) = more(pages) else { return null_mut() };
            // Memory that follows on what was left makes one piece with it.
            if start != self.end.get() {
                self.next.set(start);
            }
            self.end.set(start + pages * PAGE);
        }
        let block = self.next.get();
        self.next.set(block + size);
        ptr::with_exposed_provenance_mut(block)
    }
}

impl Default for Heap {
    fn default() -> Heap {
        Heap::new()
    }
}

/// The power of two of a block for a layout.
fn power(layout: Layout) -> usize {
    layout.size().max(BLOCK_MIN).next_power_of_two().trailing_zeros() as usize
}

// SAFETY: a block is as large as the layout asks, aligned to `BLOCK_MIN`, and in one place only:
// handed out, in the list of its size, or beyond `next`.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > BLOCK_MIN || layout.size() > isize::MAX as usize / 2 {
            return null_mut();
        }
        let power = power(layout);
        let first = &self.free[power];
        let block = first.get();
        if block.is_null() {
            return self.fresh(1 << power);
        }
        // SAFETY: a block in a list begins with the address of the next one.
        first.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let first = &self.free[power(layout)];
        // SAFETY: the block is at least `BLOCK_MIN` large, and its owner is done with it.
        unsafe { block.cast::<*mut u8>().write(first.get()) };
        first.set(block);
    }
}

#[cfg(target_arch = "wasm32")]
fn more(pages: usize) -> Option<usize> {
    let before = core::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then_some(before * PAGE)
}

/// The address of new pages.
#[cfg(not(target_arch = "wasm32"))]
fn more(pages: usize) -> Option<usize> {
    let layout = Layout::from_size_align(pages * PAGE, PAGE).ok()?;
    // SAFETY: the size is not zero.
    let start = unsafe { std::alloc::System.alloc(layout) };
    (!start.is_null()).then(|| start.expose_provenance())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_never_overlap_and_keep_what_is_written() {
        let heap = Heap::new();
        let mut held: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut seed = 7_u32;
        for round in 0..20_000_u32 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed >> 31 == 0 || held.is_empty() {
                let size =
                    (seed >> 8) as usize % [40, 3_000, 90_000][(round % 50 / 24) as usize] + 1;
                let layout = Layout::from_size_align(size, 1 << (seed % 5)).unwrap();
                // SAFETY: the size is not zero, and the block is as large as asked.
                let block = unsafe { heap.alloc(layout) };
                assert!(!block.is_null() && block.addr() % layout.align() == 0);
                unsafe { block.write_bytes(round as u8, size) };
                held.push((block, layout, round as u8));
            } else {
                let (block, layout, mark) = held.swap_remove((seed >> 4) as usize % held.len());
                // SAFETY: the block was handed out with this layout and filled.
                let content = unsafe { std::slice::from_raw_parts(block, layout.size()) };
                assert!(content.iter().all(|byte| *byte == mark));
                unsafe { heap.dealloc(block, layout) };
            }
        }
    }

    #[test]
    fn what_was_freed_is_used_again() {
        let heap = Heap::new();
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: the size is not zero, and the block is freed with its own layout.
        let first = unsafe { heap.alloc(layout) };
        unsafe { heap.dealloc(first, layout) };
        assert_eq!(unsafe { heap.alloc(layout) }, first);
        assert_ne!(unsafe { heap.alloc(layout) }, first);
    }
}

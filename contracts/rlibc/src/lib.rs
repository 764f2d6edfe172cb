//! How contracts copy, fill and compare memory: eight bytes at a time.
//!
//! The compiler calls these functions wherever values move. ink! links the crate `rlibc` into every contract for them, which goes byte by byte, at nine instructions
//! each; the workspace's manifest puts this one in its place. Off chain the system has its own, and nothing here is exported.
#![cfg(any(target_arch = "wasm32", test))]
#![no_std]
#![no_builtins]

use core::ptr::{read_unaligned, write_unaligned};

/// How many bytes move at once. Wasm loads and stores them wherever they are.
const WORD: usize = 8;

/// # Safety
/// `n` bytes can be read at `from` and written at `to`, and those at `to` are not among those at `from`, or are before them.
#[inline]
unsafe fn copy_up(to: *mut u8, from: *const u8, n: usize) {
    let mut done = 0_usize;
    // SAFETY: each word and each byte is within the `n` of either, and was not written before it is read, for what is written is behind it.
    unsafe {
        while done.wrapping_add(WORD) <= n {
            write_unaligned(
                to.wrapping_add(done).cast(),
                read_unaligned::<u64>(from.wrapping_add(done).cast()),
            );
            done = done.wrapping_add(WORD);
        }
        while done < n {
            *to.wrapping_add(done) = *from.wrapping_add(done);
            done = done.wrapping_add(1);
        }
    }
}

/// # Safety
/// `n` bytes can be read at `from` and written at `to`, and those at `to` are not among those at `from`, or are behind them.
#[inline]
unsafe fn copy_down(to: *mut u8, from: *const u8, n: usize) {
    let mut left = n;
    // SAFETY: each byte is within the `n` of either, and was not written before it is read, for what is written is past it.
    unsafe {
        while left != 0 {
            left = left.wrapping_sub(1);
            *to.wrapping_add(left) = *from.wrapping_add(left);
        }
    }
}

/// # Safety
/// `n` bytes can be written at `to`.
#[inline]
unsafe fn fill(to: *mut u8, with: u8, n: usize) {
    let word = u64::from_ne_bytes([with; WORD]);
    let mut done = 0_usize;
    // SAFETY: each word and each byte is within the `n`.
    unsafe {
        while done.wrapping_add(WORD) <= n {
            write_unaligned(to.wrapping_add(done).cast(), word);
            done = done.wrapping_add(WORD);
        }
        while done < n {
            *to.wrapping_add(done) = with;
            done = done.wrapping_add(1);
        }
    }
}

/// Below, at or above zero as `a` is below, equal to or above `b`.
/// # Safety
/// `n` bytes can be read at either.
#[inline]
unsafe fn compare(a: *const u8, b: *const u8, n: usize) -> i32 {
    let mut done = 0_usize;
    // SAFETY: each word and each byte is within the `n` of either.
    unsafe {
        while done.wrapping_add(WORD) <= n
            && read_unaligned::<u64>(a.wrapping_add(done).cast())
                == read_unaligned::<u64>(b.wrapping_add(done).cast())
        {
            done = done.wrapping_add(WORD);
        }
        while done < n {
            let (a, b) = (*a.wrapping_add(done), *b.wrapping_add(done));
            if a != b {
                return i32::from(a).wrapping_sub(i32::from(b));
            }
            done = done.wrapping_add(1);
        }
    }
    0
}

/// The names that the compiler calls.
#[cfg(target_arch = "wasm32")]
mod exported {
    use super::{compare, copy_down, copy_up, fill};

    /// # Safety
    /// As C's.
    #[no_mangle]
    pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        // SAFETY: the two don't overlap.
        unsafe { copy_up(to, from, n) };
        to
    }

    /// # Safety
    /// As C's.
    #[no_mangle]
    pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        // SAFETY: where the two overlap, the first goes up from behind, and the second down from before.
        unsafe {
            if to.cast_const() <= from {
                memcpy(to, from, n);
            } else {
                copy_down(to, from, n);
            }
        }
        to
    }

    /// # Safety
    /// As C's.
    #[no_mangle]
    pub unsafe extern "C" fn memset(to: *mut u8, with: i32, n: usize) -> *mut u8 {
        let [with, ..] = with.to_le_bytes();
        // SAFETY: as the caller's.
        unsafe { fill(to, with, n) };
        to
    }

    /// # Safety
    /// As C's.
    #[no_mangle]
    pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
        // SAFETY: as the caller's.
        unsafe { compare(a, b, n) }
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::arithmetic_side_effects, reason = "small numbers")]
mod tests {
    use super::*;

    /// Different bytes in different places.
    const BYTES: [u8; 96] = {
        let mut bytes = [0; 96];
        let mut place = 0;
        while place < 96 {
            bytes[place] = place as u8;
            place += 1;
        }
        bytes
    };

    /// Every way in which up to 40 bytes lie in 96.
    fn spans() -> impl Iterator<Item = (usize, usize, usize)> {
        (0..=40).flat_map(|n| (0..24).flat_map(move |from| (0..24).map(move |to| (n, from, to))))
    }

    fn moved(n: usize, from: usize, to: usize) -> [u8; 96] {
        let mut expected = BYTES;
        expected.copy_within(from..from + n, to);
        expected
    }

    #[test]
    fn copying_up_moves_every_span_to_before_itself_and_touches_nothing_else() {
        for (n, from, to) in spans().filter(|(_, from, to)| to <= from) {
            let mut bytes = BYTES;
            let start = bytes.as_mut_ptr();
            // SAFETY: both spans are within the array, and the one written is not past the one read.
            unsafe { copy_up(start.wrapping_add(to), start.wrapping_add(from), n) };
            assert_eq!(bytes, moved(n, from, to), "{n} from {from} to {to}");
        }
    }

    #[test]
    fn copying_down_moves_every_span_to_behind_itself() {
        for (n, from, to) in spans().filter(|(_, from, to)| to >= from) {
            let mut bytes = BYTES;
            let start = bytes.as_mut_ptr();
            // SAFETY: both spans are within the array, and the one written is not before the one read.
            unsafe { copy_down(start.wrapping_add(to), start.wrapping_add(from), n) };
            assert_eq!(bytes, moved(n, from, to), "{n} from {from} to {to}");
        }
    }

    #[test]
    fn copying_between_two_places_needs_no_alignment() {
        for (n, from, to) in spans() {
            let mut bytes = [0xee; 96];
            // SAFETY: the spans are within two different arrays.
            unsafe { copy_up(bytes.as_mut_ptr().wrapping_add(to), BYTES.as_ptr().wrapping_add(from), n) };
            assert_eq!(bytes[to..to + n], BYTES[from..from + n]);
            assert!(bytes[..to].iter().chain(&bytes[to + n..]).all(|byte| *byte == 0xee));
        }
    }

    #[test]
    fn filling_fills_its_span() {
        for (n, _, to) in spans() {
            let mut bytes = BYTES;
            // SAFETY: the span is within the array.
            unsafe { fill(bytes.as_mut_ptr().wrapping_add(to), 0xee, n) };
            assert!(bytes[to..to + n].iter().all(|byte| *byte == 0xee));
            assert_eq!((&bytes[..to], &bytes[to + n..]), (&BYTES[..to], &BYTES[to + n..]));
        }
    }

    #[test]
    fn comparing_is_by_the_first_difference() {
        for n in 0..40 {
            for place in 0..n {
                let mut other = BYTES;
                other[place] = 200;
                // SAFETY: both are longer.
                let [up, down, same] = unsafe {
                    let (a, b) = (BYTES.as_ptr(), other.as_ptr());
                    [compare(a, b, n), compare(b, a, n), compare(a, b, place)]
                };
                assert!(up < 0 && down > 0 && same == 0);
            }
        }
    }
}

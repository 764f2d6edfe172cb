//! What the compiler calls to move memory.
#![no_std]
#![no_builtins]

/// Bytes moved at once.
const WORD: usize = 8;

#[no_mangle]
pub unsafe extern "C" fn memcpy(dest: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    let mut i = 0_usize;
    while i.wrapping_add(WORD) <= n {
        dest.wrapping_add(i).cast::<u64>().write_unaligned(src.wrapping_add(i).cast::<u64>().read_unaligned());
        i = i.wrapping_add(WORD);
    }
    while i < n {
        *dest.wrapping_add(i) = *src.wrapping_add(i);
        i = i.wrapping_add(1);
    }
    dest
}

#[no_mangle]
pub unsafe extern "C" fn memmove(dest: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    if dest.cast_const() <= src {
        return memcpy(dest, src, n);
    }
    let mut i = n;
    while i != 0 {
        i = i.wrapping_sub(1);
        *dest.wrapping_add(i) = *src.wrapping_add(i);
    }
    dest
}

#[no_mangle]
pub unsafe extern "C" fn memset(s: *mut u8, c: i32, n: usize) -> *mut u8 {
    let mut i = 0_usize;
    while i < n {
        *s.wrapping_add(i) = c as u8;
        i = i.wrapping_add(1);
    }
    s
}

#[no_mangle]
pub unsafe extern "C" fn memcmp(s1: *const u8, s2: *const u8, n: usize) -> i32 {
    let mut i = 0_usize;
    while i < n {
        let (a, b) = (*s1.wrapping_add(i), *s2.wrapping_add(i));
        if a != b {
            return i32::from(a).wrapping_sub(i32::from(b));
        }
        i = i.wrapping_add(1);
    }
    0
}

//! The functions that the module exports.
//!
//! The page writes into one buffer and reads from another, and passes only lengths, so that no function of this module
//! follows a pointer from outside.

#![allow(unsafe_code, reason = "exported names are unsafe attributes")]

use std::cell::RefCell;

use crate::answer::answer;

#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut Buffers) -> T) -> T {
    BUFFERS.with_borrow_mut(work)
}

/// Makes room for bytes from the page, and returns where they go.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    with(|buffers| {
        buffers.input.resize(length, 0);
        buffers.input.as_mut_ptr()
    })
}

/// Answers the request in the first bytes of the input.
#[unsafe(no_mangle)]
extern "C" fn call(length: usize) {
    let request = with(|buffers| std::mem::take(&mut buffers.input));
    let answer = answer(request.get(..length).unwrap_or_default());
    with(|buffers| buffers.output = answer);
}

/// Returns where the answer is.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    with(|buffers| buffers.output.as_ptr())
}

/// Returns the length of the answer in bytes.
#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    with(|buffers| buffers.output.len())
}

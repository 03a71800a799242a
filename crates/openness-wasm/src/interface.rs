//! The functions that the module exports and imports.
//!
//! The page writes into one buffer and reads from another, and passes only lengths, so that no function of this module
//! follows a pointer from outside.

#![allow(unsafe_code, reason = "exported names and imported functions are unsafe attributes and calls")]

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::answer::answer;
use crate::files::Page;

#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
    hash: Sha256,
    has_hook: bool,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut Buffers) -> T) -> T {
    BUFFERS.with_borrow_mut(work)
}

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    fn read(file: u32, offset: u64, into: *mut u8, length: usize) -> isize;
    fn certify(request: *const u8, length: usize) -> isize;
    fn certified(into: *mut u8, length: usize);
    fn panicked(message: *const u8, length: usize);
}

/// The page in which the module runs.
#[derive(Debug)]
struct Browser;

impl Page for Browser {
    fn read(&self, file: u32, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the page writes at most `length` bytes from `into` on, which is what the slice has room for.
        let count = unsafe { read(file, offset, into.as_mut_ptr(), into.len()) };
        match usize::try_from(count) {
            Ok(count) if count <= into.len() => Ok(count),
            _ => Err(io::Error::other("the browser cannot read it")),
        }
    }

    fn certify(&self, request: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: the page only reads the request, which lives until the call returns.
        let length = unsafe { certify(request.as_ptr(), request.len()) };
        let mut answer = vec![0; usize::try_from(length).ok()?];
        // SAFETY: the page writes at most `length` bytes, which is what the answer has room for.
        unsafe { certified(answer.as_mut_ptr(), answer.len()) };
        Some(answer)
    }
}

/// Makes room for bytes from the page, and returns where they go.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    with(|buffers| {
        if !buffers.has_hook {
            buffers.has_hook = true;
            std::panic::set_hook(Box::new(|panic| {
                let message = panic.to_string();
                // SAFETY: the page only reads the message, which lives until the call returns.
                unsafe { panicked(message.as_ptr(), message.len()) };
            }));
        }
        buffers.input.resize(length, 0);
        buffers.input.shrink_to_fit();
        buffers.input.as_mut_ptr()
    })
}

/// Answers the request in the first bytes of the input, and returns the status.
#[unsafe(no_mangle)]
extern "C" fn call(length: usize) -> u32 {
    let request = with(|buffers| std::mem::take(&mut buffers.input));
    let answer = answer(request.get(..length).unwrap_or_default(), Arc::new(Browser));
    with(|buffers| buffers.output = answer.output);
    u32::from(answer.status)
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

/// Starts hashing a message.
#[unsafe(no_mangle)]
extern "C" fn hash_start() {
    with(|buffers| buffers.hash = Sha256::new());
}

/// Adds a part of the input to the message.
#[unsafe(no_mangle)]
extern "C" fn hash_update(offset: usize, length: usize) {
    with(|Buffers { input, hash, .. }| hash.update(&input[offset..][..length]));
}

/// Ends the message, and returns where its digest of 32 bytes is.
#[unsafe(no_mangle)]
extern "C" fn hash_finish() -> *const u8 {
    with(|Buffers { output, hash, .. }| {
        *output = std::mem::take(hash).finalize().to_vec();
        output.as_ptr()
    })
}

//! Errors of the application, in the form that Lambda expects.

use std::{borrow::Cow, mem, ptr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

use crate::{
    slice::{bytes, lamby_slice},
    status::Failure,
};

/// An error of the application. All slices belong to the caller.
///
/// Later versions may add members at the end.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct lamby_error {
    /// sizeof(lamby_error). Set it before the call.
    pub size: usize,
    /// The error's class, such as "ZeroDivisionError". Lambda gets "Function.ZeroDivisionError", with only the letters.
    /// A type of Lambda's own, such as "Runtime.ImportModuleError", stays as it is.
    pub error_type: lamby_slice,
    /// What happened.
    pub message: lamby_slice,
    /// The stack trace, with a line for each frame. It may be empty.
    pub stack_trace: lamby_slice,
}

/// Longest error type, in bytes. It is sent in a header.
const LONGEST_TYPE: usize = 200;
/// Longest message, in bytes. Each byte may take six bytes in JSON, and Lambda Managed Instances accept errors of up to
/// 1 MiB.
const LONGEST_MESSAGE: usize = 128 * 1024;
/// The number of frames that are reported, and the length of a frame in bytes.
const LONGEST_TRACE: usize = 100;
const LONGEST_FRAME: usize = 1024;
/// Longest report in trailers, in bytes. Base64 makes the report a third longer, and Lambda's HTTP server refuses more
/// than 4 KB of trailers.
const TRAILER: usize = 2_400;

/// An error, ready to be sent.
pub(super) struct ErrorReport<'a> {
    pub(super) error_type: String,
    message: Cow<'a, str>,
    stack_trace: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    error_message: &'a str,
    error_type: &'a str,
    stack_trace: &'a [Cow<'a, str>],
}

impl<'a> ErrorReport<'a> {
    /// Reads the caller's struct.
    ///
    /// # Safety
    ///
    /// `error` must be NULL or point to `error->size` bytes that are readable during `'a`, and so must its slices.
    pub(super) unsafe fn read(error: *const lamby_error) -> Result<Self, Failure> {
        if error.is_null() {
            return Err(Failure::argument("error is NULL"));
        }
        // SAFETY: the caller promises that the first member is readable.
        let size = unsafe { ptr::read(error.cast::<usize>()) };
        if size < mem::size_of::<lamby_error>() {
            return Err(Failure::argument(format!(
                "error->size is {size}; set it to sizeof(lamby_error), which is {}",
                mem::size_of::<lamby_error>()
            )));
        }
        // SAFETY: the caller promises that `size` bytes are readable, and the struct is not larger.
        let error = unsafe { ptr::read(error) };
        // SAFETY: the caller promises that the slices are readable.
        let field = |slice: lamby_slice, name| unsafe { bytes(slice.data, slice.length, name) };
        let message = field(error.message, "error->message")?;
        let stack_trace = field(error.stack_trace, "error->stack_trace")?;
        Ok(Self {
            error_type: error_type(field(error.error_type, "error->error_type")?),
            message: shortened(message, LONGEST_MESSAGE),
            stack_trace: stack_trace
                .split(|&byte| byte == b'\n')
                .map(|line| line.trim_ascii_end())
                .filter(|line| !line.is_empty())
                .take(LONGEST_TRACE)
                .map(|line| shortened(line, LONGEST_FRAME))
                .collect(),
        })
    }

    /// Returns the JSON of the report.
    pub(super) fn json(&self) -> Vec<u8> {
        self.write(&self.message, &self.stack_trace)
    }

    /// Returns the JSON for HTTP trailers, shortened and in base64.
    pub(super) fn trailer(&self) -> String {
        let mut message = &*self.message;
        let mut frames = self.stack_trace.get(..20).unwrap_or(&self.stack_trace);
        loop {
            let json = self.write(message, frames);
            if json.len() <= TRAILER || (frames.is_empty() && message.is_empty()) {
                return STANDARD.encode(json);
            }
            match frames.split_last() {
                Some((_, others)) => frames = others,
                None => message = message.get(..message.floor(message.len() / 2)).unwrap_or_default(),
            }
        }
    }

    fn write(&self, message: &str, stack_trace: &[Cow<'_, str>]) -> Vec<u8> {
        let body = Body { error_message: message, error_type: &self.error_type, stack_trace };
        // Texts can always be written as JSON.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// Returns the type in Lambda's form: `Function.` or `Runtime.`, followed by letters.
fn error_type(class: &[u8]) -> String {
    let is_lambdas_form = [b"Function.".as_slice(), b"Runtime."].iter().any(|prefix| {
        class.strip_prefix(*prefix).is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_alphabetic))
    });
    let letters = class.iter().filter(|byte| is_lambdas_form || byte.is_ascii_alphabetic());
    let name: String = letters.take(LONGEST_TYPE).map(|&byte| char::from(byte)).collect();
    match name.chars().next() {
        _ if is_lambdas_form => name,
        Some(first) => format!("Function.{}{}", first.to_ascii_uppercase(), name.get(1..).unwrap_or_default()),
        None => "Function.Error".to_owned(),
    }
}

/// Returns at most `length` bytes as UTF-8.
fn shortened(bytes: &[u8], length: usize) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.get(..length).unwrap_or(bytes))
}

trait Floor {
    /// Returns the start of the character at `index`.
    fn floor(&self, index: usize) -> usize;
}

impl Floor for str {
    fn floor(&self, index: usize) -> usize {
        (0..=index).rev().find(|&at| self.is_char_boundary(at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_becomes_a_type_in_lambdas_form() {
        for (class, expected) in [
            ("ZeroDivisionError", "Function.ZeroDivisionError"),
            ("app.errors.NotFound", "Function.ApperrorsNotFound"),
            ("Runtime.ImportModuleError", "Runtime.ImportModuleError"),
            ("Function.Timeout", "Function.Timeout"),
            ("Function.", "Function.Function"),
            ("Runtime.Not A Type\r\nx: y", "Function.RuntimeNotATypexy"),
            ("", "Function.Error"),
            ("1", "Function.Error"),
        ] {
            assert_eq!(error_type(class.as_bytes()), expected);
        }
        assert_eq!(error_type(&[b'a'; 1000]).len(), LONGEST_TYPE + "Function.".len());
    }

    #[test]
    fn a_trailer_is_never_longer_than_lambda_accepts() {
        let frame = Cow::from("ß\u{1}".repeat(100));
        for (message, frames) in [("", 0), ("short", 1), (&*"\u{1}".repeat(100_000), 100), (&*"ß".repeat(60_000), 0)] {
            let report = ErrorReport {
                error_type: "Function.Error".to_owned(),
                message: message.into(),
                stack_trace: vec![frame.clone(); frames],
            };
            let json = STANDARD.decode(report.trailer()).unwrap();
            assert!(json.len() <= TRAILER && json.starts_with(b"{\"errorMessage\":\""));
            serde_json::from_slice::<serde_json::Value>(&json).unwrap();
        }
    }
}

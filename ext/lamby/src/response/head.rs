//! Reads the status and the headers of a response as the Rack SPEC defines them.

use std::borrow::Cow;

use lamby_core::{memory, response::Head};
use magnus::{Integer, RArray, RHash, RString, Ruby, Symbol, Value, prelude::*, r_hash::ForEach};

use super::invalid;
use crate::{error::NativeError, string};

/// Reads the status and the headers.
pub(super) fn read(ruby: &Ruby, status: Value, headers: RHash) -> Result<Head<'static>, NativeError> {
    let mut head = Head::new(read_status(ruby, status)?)?;
    let mut copier = Copier::default();
    let mut failure = None;
    headers.foreach(|name: Value, value: Value| {
        Ok(match push(ruby, &mut head, &mut copier, name, value) {
            Ok(()) => ForEach::Continue,
            Err(error) => {
                failure = Some(error);
                ForEach::Stop
            }
        })
    })?;
    failure.map_or(Ok(head), Err)
}

/// Reads the status: "This is an HTTP status. It must be an Integer greater than or equal to 100" (Rack 3); "when
/// parsed as integer (to_i), it must be greater than or equal to 100" (Rack 2), which permits "201 Created" and 200.0.
/// Puma calls `to_i` with every version of Rack.
fn read_status(ruby: &Ruby, status: Value) -> Result<i64, NativeError> {
    if let Some(integer) = Integer::from_value(status) {
        return Ok(integer.to_i64().unwrap_or(i64::MAX));
    }
    if status.respond_to("to_i", false)? {
        let integer = Integer::from_value(status.funcall("to_i", ())?);
        if let Some(status) = integer.and_then(|it| it.to_i64().ok()).filter(|it| *it >= 100) {
            return Ok(status);
        }
    }
    Err(invalid(ruby, "status", status, "an Integer of at least 100"))
}

/// Adds a header to the head. Its value is a String, in which Rack 2 joins values by line feeds, or an Array of
/// Strings (Rack 3).
fn push(
    ruby: &Ruby,
    head: &mut Head<'static>,
    copier: &mut Copier,
    name: Value,
    value: Value,
) -> Result<(), NativeError> {
    let name = match (RString::from_value(name), Symbol::from_value(name)) {
        (Some(name), _) => copier.copy(name)?,
        (_, Some(name)) => Cow::Owned(name.name()?.into_owned().into_bytes()),
        _ => return Err(invalid(ruby, "header name", name, "a String")),
    };
    let mut header = head.header(name);
    if let Some(value) = RString::from_value(value) {
        header.push_lines(copier.copy(value)?);
    } else if let Some(values) = RArray::from_value(value) {
        // This loop uses indexes, because `to_s` may change the Array, and magnus' iterator would copy the Array.
        let mut index = 0;
        while index < values.len() {
            header.push(copier.copy_to_s(values.entry(index as isize)?)?);
            index += 1;
        }
    } else if !value.is_nil() {
        header.push_lines(copier.copy_to_s(value)?);
    }
    Ok(())
}

/// Copies the names and values of headers, because Ruby code that runs in between, such as `to_s` of a value, could
/// change the Strings. Headers are short, so the copies are cheap.
#[derive(Default)]
struct Copier {
    /// Number of bytes that were copied.
    bytes: usize,
    /// Number of bytes for which a check has already found enough memory.
    checked: usize,
}

impl Copier {
    /// Copies a string.
    fn copy(&mut self, string: RString) -> Result<Cow<'static, [u8]>, NativeError> {
        self.bytes = self.bytes.saturating_add(string.len());
        if self.bytes > self.checked {
            // Checks twice the copied size, because the copies will be split into lines, joined, grouped and escaped.
            self.checked = self.bytes.saturating_mul(2);
            memory::check(self.checked, 8)?;
        }
        Ok(Cow::Owned(string::lend(string, memory::copy)?))
    }

    /// Copies a value's `to_s`, because some applications put Integers, Symbols or URIs into headers.
    fn copy_to_s(&mut self, value: Value) -> Result<Cow<'static, [u8]>, NativeError> {
        match RString::from_value(value) {
            Some(string) => self.copy(string),
            None => self.copy(value.funcall("to_s", ())?),
        }
    }
}

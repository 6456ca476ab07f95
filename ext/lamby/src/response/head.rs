//! Reads the status and the headers of a response as the Rack SPEC defines them.

use lamby_core::{Error as CoreError, memory, response::Head};
use magnus::{Integer, RArray, RHash, RString, Ruby, Symbol, Value, prelude::*, r_hash::ForEach};

use super::invalid;
use crate::{error::NativeError, string};

/// Reads the status and the headers. The head borrows names and values from `copies`.
pub(super) fn read<'c>(
    ruby: &Ruby,
    status: Value,
    headers: RHash,
    copies: &'c mut Copies,
) -> Result<Head<'c>, NativeError> {
    let mut head = Head::new(read_status(ruby, status)?)?;
    copies.copy_headers(ruby, headers)?;
    copies.push_into(&mut head);
    Ok(head)
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

/// Copies of the names and values of a response's headers. Ruby code that runs while the headers are read cannot change
/// the copies. Headers are short, so copying them takes little time. All copies are in one block of memory. Allocating
/// a block for each copy would take 3 % of an event's instructions.
pub(super) struct Copies {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// A copy. It begins where the previous copy ends.
struct Part {
    role: Role,
    length: usize,
}

#[derive(PartialEq, Eq)]
enum Role {
    /// A header's name. The parts after it, up to the next name, are the values of this header.
    Name,
    Value,
    /// One String, which may contain several values joined by line feeds.
    Lines,
}

impl Copies {
    /// Allocates enough memory for the headers of a usual response.
    pub(super) fn new() -> Result<Self, CoreError> {
        Ok(Self { bytes: memory::with_capacity(1024)?, parts: memory::with_capacity(32)? })
    }

    fn copy_headers(&mut self, ruby: &Ruby, headers: RHash) -> Result<(), NativeError> {
        let mut failure = None;
        headers.foreach(|name: Value, value: Value| {
            failure = self.copy_header(ruby, name, value).err();
            Ok(if failure.is_none() { ForEach::Continue } else { ForEach::Stop })
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        // Estimates the memory that the core needs to split the copies into lines, and to join, group and escape them.
        // For each part, the core makes a few list entries of about 60 bytes each.
        let estimate = self.bytes.len().saturating_mul(2).saturating_add(self.parts.len().saturating_mul(48));
        Ok(memory::check(estimate, 8)?)
    }

    /// Copies a header. Its value is a String, in which Rack 2 joins values by line feeds, or an Array of Strings
    /// (Rack 3).
    fn copy_header(&mut self, ruby: &Ruby, name: Value, value: Value) -> Result<(), NativeError> {
        if let Some(name) = RString::from_value(name) {
            self.copy(Role::Name, name)?;
        } else if let Some(name) = Symbol::from_value(name) {
            self.append(Role::Name, name.name()?.as_bytes())?;
        } else {
            return Err(invalid(ruby, "header name", name, "a String"));
        }
        if let Some(value) = RString::from_value(value) {
            self.copy(Role::Lines, value)?;
        } else if let Some(values) = RArray::from_value(value) {
            // This loop uses indexes, because `to_s` may change the Array, and magnus' iterator would copy the Array.
            let mut index = 0;
            while index < values.len() {
                self.copy_to_s(Role::Value, values.entry(index as isize)?)?;
                index += 1;
            }
        } else if !value.is_nil() {
            self.copy_to_s(Role::Lines, value)?;
        }
        Ok(())
    }

    /// Copies a value's `to_s`, because some applications put Integers, Symbols or URIs into headers.
    fn copy_to_s(&mut self, role: Role, value: Value) -> Result<(), NativeError> {
        match RString::from_value(value) {
            Some(string) => self.copy(role, string),
            None => self.copy(role, value.funcall("to_s", ())?),
        }
    }

    fn copy(&mut self, role: Role, string: RString) -> Result<(), NativeError> {
        Ok(string::lend(string, |bytes| self.append(role, bytes))?)
    }

    fn append(&mut self, role: Role, bytes: &[u8]) -> Result<(), CoreError> {
        memory::extend(&mut self.bytes, bytes)?;
        memory::push(&mut self.parts, Part { role, length: bytes.len() })
    }

    /// Adds the headers to a head.
    fn push_into<'c>(&'c self, head: &mut Head<'c>) {
        let mut rest = &*self.bytes;
        let mut next = |part: &Part| {
            let (bytes, others) = rest.split_at(part.length);
            rest = others;
            bytes.into()
        };
        let mut parts = self.parts.iter().peekable();
        while let Some(name) = parts.next() {
            let mut header = head.header(next(name));
            while let Some(value) = parts.next_if(|part| part.role != Role::Name) {
                match value.role {
                    Role::Lines => header.push_lines(next(value)),
                    Role::Name | Role::Value => header.push(next(value)),
                }
            }
        }
    }
}

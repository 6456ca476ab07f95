//! Describes Ruby objects for error messages.

use magnus::{
    Error, ExceptionClass, RModule, RString, Ruby, Value,
    error::ErrorType,
    prelude::*,
    rb_sys::{AsRawValue as _, FromRawValue as _, protect},
};

use super::string;

/// Maximum number of characters that a message quotes from outside input.
const LONGEST_QUOTE: usize = 200;

/// Returns the object and its class, such as `"x" (String)`.
///
/// The application may define `inspect`. If `inspect` raises an exception, the description names that exception.
/// Raising it instead would hide the error that Lamby is about to report.
///
/// # Errors
///
/// `inspect` may raise a SystemExit, a SignalException or a `Lamby::Runtime::DeadlineExceeded`, or may `throw`. Lamby
/// must not swallow these, so this function returns them. If `inspect` raises another exception, this function calls
/// the `message` of that exception, which may raise the same exceptions or `throw`.
pub fn describe(ruby: &Ruby, value: Value) -> Result<String, Error> {
    let class = class_name(value).unwrap_or_else(|| "an anonymous class".to_owned());
    match inspect(value) {
        Ok(text) => Ok(format!("{text} ({class})")),
        Err(error) if is_ordinary(ruby, &error) => {
            Ok(format!("an object of class {class}, whose inspect raised {}", describe_error(ruby, &error)?))
        }
        Err(error) => Err(error),
    }
}

/// Returns the name of an object's class, or `None` if the class is anonymous. Runs no Ruby code and makes no object.
pub fn class_name(value: Value) -> Option<String> {
    // SAFETY: `rb_obj_class` takes any value. It returns a class, which `rb_mod_name` needs.
    let name = unsafe { Value::from_raw(rb_sys::rb_mod_name(rb_sys::rb_obj_class(value.as_raw()))) };
    RString::from_value(name).map(quote)
}

/// Calls `inspect`, and quotes its result.
fn inspect(value: Value) -> Result<String, Error> {
    // SAFETY: `rb_inspect` takes any value. `protect` catches the exceptions of `rb_inspect`.
    let text = protect(|| unsafe { rb_sys::rb_inspect(value.as_raw()) })?;
    // SAFETY: Ruby has just returned the value, so it is alive.
    Ok(RString::from_value(unsafe { Value::from_raw(text) }).map_or_else(String::new, quote))
}

/// Returns a string's first characters as UTF-8.
fn quote(string: RString) -> String {
    string::lend(string, |bytes| {
        // A character has at most four bytes, so this slice contains every quoted character whole.
        let start = bytes.get(..(LONGEST_QUOTE + 1) * 4).unwrap_or(bytes);
        let text = String::from_utf8_lossy(start);
        match text.char_indices().nth(LONGEST_QUOTE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.into_owned(),
        }
    })
}

/// Returns whether a description may quote the error. The caller must raise all other errors.
fn is_ordinary(ruby: &Ruby, error: &Error) -> bool {
    let standard = error.is_kind_of(ruby.exception_standard_error()) && !is_deadline(ruby, error);
    standard
        || error.is_kind_of(ruby.exception_script_error())
        || error.is_kind_of(ruby.exception_sys_stack_error())
        || error.is_kind_of(ruby.exception_no_mem_error())
}

/// Returns whether the error is a `Lamby::Runtime::DeadlineExceeded`, which the runtime can raise anywhere in the
/// application.
fn is_deadline(ruby: &Ruby, error: &Error) -> bool {
    let lamby = ruby.class_object().const_get::<_, RModule>("Lamby");
    let runtime = lamby.and_then(|lamby| lamby.const_get::<_, RModule>("Runtime"));
    let class = runtime.and_then(|runtime| runtime.const_get::<_, ExceptionClass>("DeadlineExceeded"));
    class.is_ok_and(|class| error.is_kind_of(class))
}

/// Returns an exception's class and message, such as `NameError: undefined local variable`. If `message` itself raises
/// an exception that [`is_ordinary`] accepts, returns only the class.
fn describe_error(ruby: &Ruby, error: &Error) -> Result<String, Error> {
    let ErrorType::Exception(exception) = error.error_type() else { return Ok(error.to_string()) };
    let class = class_name(exception.as_value()).unwrap_or_else(|| "an anonymous exception".to_owned());
    match exception.funcall::<_, _, RString>("message", ()) {
        Ok(message) => Ok(format!("{class}: {}", quote(message))),
        Err(raised) if is_ordinary(ruby, &raised) => Ok(class),
        Err(raised) => Err(raised),
    }
}

//! What the native methods share: they read and make Ruby objects, describe them, and wait.

pub mod describe;
pub mod gvl;
pub mod protected;
pub mod string;

//! Functions that the native methods share. They read, make and describe Ruby objects, and wait.

pub mod describe;
pub mod gvl;
pub mod protected;
pub mod string;

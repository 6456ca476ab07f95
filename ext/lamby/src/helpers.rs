//! Functions that the native methods share. They read, make and describe Ruby objects, and wait without Ruby's lock.

pub mod describe;
pub mod gvl;
pub mod pair_buffer;
pub mod protected;
pub mod string;

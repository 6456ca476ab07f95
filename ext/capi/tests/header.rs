//! Compares include/lamby.h with the source. `UPDATE=1 cargo test -p lamby-capi --test header` writes it.

use std::{env, fs, path::Path};

#[test]
fn the_header_in_the_tree_is_the_one_of_the_source() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(crate_folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(crate_folder).with_config(config).generate().unwrap();
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = String::from_utf8(generated).unwrap();
    let file = crate_folder.join("include/lamby.h");
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, &generated).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == generated,
        "include/lamby.h is not up to date: run UPDATE=1 cargo test -p lamby-capi --test header"
    );
}

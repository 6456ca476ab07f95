#!/usr/bin/env bash
# Fuzzes the core and the Runtime API client: see fuzz/README.md.
#
#   bin/lib/fuzz.sh                    each target for 60 seconds
#   bin/lib/fuzz.sh 600                each target for 600 seconds (or set LAMBY_FUZZ_SECONDS)
#   bin/lib/fuzz.sh 600 event_bytes    one target
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh

case ${1:-} in
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0" && exit ;;
esac
seconds=${1:-${LAMBY_FUZZ_SECONDS:-60}}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || give_up "'$seconds' is not a number of seconds."
mapfile -t all < <(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
targets=("${@:2}")
[ "${#targets[@]}" -gt 0 ] || targets=("${all[@]}")

# The first run compiles cargo-fuzz, because crates.io has no binaries.
cargo_fuzz=${cache:?}/cargo-fuzz
export PATH=$cargo_fuzz/bin:$PATH
# The sanitizers and the coverage counters are unstable options. With this variable, a stable toolchain accepts them.
export RUSTC_BOOTSTRAP=1

install_cargo_fuzz() {
  cargo install --quiet --locked --root "$cargo_fuzz" cargo-fuzz
}

# Runs cargo fuzz in the folder of the fuzzers' workspace, which is not the workspace of the gem.
in_fuzz() {
  (cd fuzz && cargo fuzz "$@")
}

seeds() {
  rm -rf fuzz/target/seeds
  ruby fuzz/seeds.rb fuzz/target/seeds
}

# The fuzzer adds inputs to the first folder, and only reads the others.
fuzz() {
  local target=$1 folders=() folder
  mkdir -p "fuzz/corpus/$target"
  for folder in "seeds/$target" "target/seeds/$target" "regressions/$target"; do
    if [ -d "fuzz/$folder" ]; then folders+=("$folder"); fi
  done
  in_fuzz run --fuzz-dir . "$target" "corpus/$target" ${folders[@]+"${folders[@]}"} -- \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -dict=target/seeds/dictionary || explain "$target"
}

explain() {
  cat <<TEXT

The fuzzer stopped in $1. The input is in fuzz/artifacts/$1. To run it alone:
  (cd fuzz && RUSTC_BOOTSTRAP=1 PATH=$cargo_fuzz/bin:\$PATH cargo fuzz run --fuzz-dir . $1 artifacts/$1/FILE)
Fix the fault, add a test of it to the crate, and keep the input in fuzz/regressions/$1.
TEXT
  return 1
}

if ! command -v c++ >/dev/null; then
  has_apt || give_up "A C++ compiler is missing: libFuzzer is compiled with it."
  step "Installing g++" install_packages g++
fi
[ -x "$cargo_fuzz/bin/cargo-fuzz" ] || step "Installing cargo-fuzz" install_cargo_fuzz
step "Making seeds from the fixtures" seeds
step "Compiling the fuzzers" in_fuzz build --fuzz-dir .
for target in "${targets[@]}"; do
  step "Fuzzing $target" fuzz "$target"
done

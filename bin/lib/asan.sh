#!/usr/bin/env bash
# Runs the native extension's specs with AddressSanitizer.
#
#   bin/lib/asan.sh                           the specs that use the extension most, slow examples included
#   bin/lib/asan.sh spec/lamby/event_spec.rb  only these specs
#   LAMBY_ASAN_SCRIPT=FILE bin/lib/asan.sh    a Ruby script instead, to investigate one fault
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh

[ "$(uname -s)" = Linux ] || give_up "AddressSanitizer is set up for Linux only."
folder=$PWD/target/asan
tree=$folder/tree
target=$(rustc -vV | sed -n 's/^host: //p')
# GCC's sanitizer runtime is used, because Ruby can preload it. Rust's runtime can only be linked into a program. Code
# that rustc compiles works with GCC's runtime, because this code needs version 8 of the sanitizer's interface, and
# GCC's runtime has this version.
runtime=$(gcc -print-file-name=libasan.so)
[ -e "$runtime" ] || give_up "GCC's libasan.so is missing. On Debian it comes with the package gcc."

specs=("$@")
if [ "${#specs[@]}" = 0 ]; then
  # Specs of worker processes are left out. GCC's runtime does not release its locks in a fork, so a child may
  # wait for a lock that a thread of its parent held.
  specs=(spec/lamby_spec.rb spec/ext/bad_input_spec.rb spec/ext/response/*_spec.rb spec/conformance/fixtures_spec.rb spec/lamby/{event,handler,body,event_sources,runtime}_spec.rb
    spec/lamby/runtime/{context,failure,client,signals}_spec.rb spec/lamby/runtime/streaming/*_spec.rb spec/stress/{gc,threads,hostile_application}_spec.rb)
fi

# These checks are off:
# - asan-stack: Ruby switches between the stacks of threads and fibers, and leaves functions by longjmp.
#   AddressSanitizer does not notice these switches and jumps, and reports correct accesses as faults.
#   AddressSanitizer's copies of stack frames would also hide objects from Ruby's garbage collector. The heap, where
#   Ruby keeps the bytes of strings, is checked.
# - leaks: Ruby does not free its memory when it exits, so everything would be reported as leaked.
# - signal handlers: Ruby has its own handlers.
# With allocator_may_return_null, an allocation that is too large returns NULL, and Ruby raises NoMemoryError, as it
# does without AddressSanitizer.
flags="-Zsanitizer=address -Cllvm-args=-asan-stack=0"
options=detect_leaks=0:detect_stack_use_after_return=0:use_sigaltstack=0:handle_segv=0:handle_sigbus=0:handle_abort=0
options=$options:allocator_may_return_null=1:log_path=$folder/report

# With RUSTC_BOOTSTRAP, a stable toolchain accepts the unstable option -Z.
build() {
  RUBY=$(command -v ruby) RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags CARGO_TARGET_DIR=$folder/build \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none \
    CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true \
    cargo build --release --quiet --package lamby --target "$target"
}

# Copies this folder, because the specs and their child processes load the library from lib.
copy() {
  rm -rf "$tree"
  mkdir -p "$tree"
  git ls-files -z --cached --others --exclude-standard -- lib ext exe spec examples docs sig bin Cargo.* '*.gemspec' Gemfile .rspec |
    while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
    tar --create --null --files-from=- | tar --extract --directory "$tree"
  cp "$folder/build/$target/release/liblamby.so" "$tree/lib/lamby/lamby.so"
}

with_asan() {
  (cd "$tree" && ASAN_OPTIONS=$options LD_PRELOAD=$runtime "$@")
}

# Runs the specs in a subshell, so that its folder and its exports do not affect the rest of the script.
specs() {
  (
    cd "$tree"
    export ASAN_OPTIONS=$options LD_PRELOAD=$runtime
    run_ruby rspec -I lib --format progress "${specs[@]}"
    run_ruby rspec -I lib --format progress --tag slow "${specs[@]}"
  )
}

# Checks that AddressSanitizer is loaded. A run without it would find nothing.
check() {
  # shellcheck disable=SC2016 # it is Ruby
  with_asan ruby -I lib -e '
    require "lamby"
    File.read("/proc/self/maps").include?("libasan") or abort "the runtime is not loaded"
    library = $LOADED_FEATURES.grep(%r{/lamby\.so\z}).fetch(0)
    File.binread(library).include?("__asan_report_load1") or abort "#{library} is not instrumented"
  '
}

# Prints AddressSanitizer's reports, and ends the script if there are any. A child process that a spec started may have
# written a report that the spec did not notice.
reports() {
  local report found=
  for report in "$folder"/report.*; do
    # A warning about an allocation that failed is not a fault, because one spec allocates too much on purpose.
    if [ -e "$report" ] && grep -q "ERROR: AddressSanitizer" "$report"; then
      found=yes
      cat "$report"
    fi
  done
  [ -z "$found" ] || give_up "AddressSanitizer found faults: see above, and $folder/report.*"
}

setup_ruby
setup_specs
setup_rust
rm -f "$folder"/report.*
step "Compiling with AddressSanitizer" build
step "Copying the tree" copy
step "Checking AddressSanitizer" check
status=0
if [ -n "${LAMBY_ASAN_SCRIPT:-}" ]; then
  LAMBY=$tree with_asan ruby -I lib "$(realpath "$LAMBY_ASAN_SCRIPT")" || status=$?
else
  # Do not write `specs || status=$?`: bash then ignores `set -e` inside of the function.
  set +e
  (
    set -e
    specs
  )
  status=$?
  set -e
fi
reports
[ "$status" = 0 ] || give_up "The specs failed, but AddressSanitizer found no fault."

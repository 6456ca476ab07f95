#!/usr/bin/env bash
# Counts the instructions for each event and each invocation, and prints which counts changed: see bench/README.md. Takes
# a minute. A count that changed does not fail the run, because another version of Ruby or of the compiler changes the
# counts, too.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh

if ! command -v valgrind >/dev/null; then
  has_apt || give_up "valgrind is missing: install it, or set LAMBY_SPEC_WITHOUT=instructions."
  step "Installing valgrind" install_packages valgrind
fi
run_ruby rake bench:instructions

#!/usr/bin/env bash
# Runs the README's two commands as a newcomer does: in a clone of the last commit, on a new Debian 12 with git,
# ca-certificates and Rust, and with an empty HOME. The commands must install everything else.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh
# shellcheck source=bin/lib/root.sh
. bin/lib/root.sh

needs_debian_and_root bare
with_own_mounts bin/lib/bare.sh

setup_rust
rust=$(rustc --print sysroot)
pristine=${LAMBY_ROOTS:-$cache/roots}/bookworm-bare
root=$pristine.run
home=/home/newcomer

# Copies the Debian system, because a run changes its copy, and each run needs a new system.
copy_root() {
  rm -rf --one-file-system "$root"
  cp --archive "$pristine" "$root"
  connect_root "$root"
  mkdir "$root$home"
}

clone() {
  git clone --quiet --depth 1 "file://$PWD" "$root$home/lamby"
}

# Runs a command as the newcomer: without rustup, and without CARGO_HOME, so that cargo creates its folder in HOME.
newcomer() {
  in_root "$root" HOME="$home" PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

setup_debootstrap
mkdir -p "$(dirname "$pristine")"
exec 9>"$pristine.lock"
flock 9 # Only one run at a time may use the system.
[ -x "$pristine/usr/bin/apt-get" ] || step "Making a Debian 12" make_root "$pristine" bookworm --include=ca-certificates,git
trap 'umount --recursive --lazy "$root" && rm -rf --one-file-system "$root"' EXIT
step "Copying the Debian 12" copy_root
mount --bind "$root" "$root"
bind /proc "$root" /proc
bind /dev "$root" /dev
bind "$rust" "$root" /opt/rust ro
step "Cloning $(git rev-parse --short HEAD)" clone
[ -z "$(git status --porcelain)" ] || echo "Uncommitted changes are not tested."

printf '\n$ bin/quickstart\n'
newcomer "$home/lamby/bin/quickstart"
printf '\n$ bin/test\n'
newcomer "$home/lamby/bin/test"
printf '\nbin/test bare passed in %d min %d s.\n' $((SECONDS / 60)) $((SECONDS % 60))

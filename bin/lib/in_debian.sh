#!/usr/bin/env bash
# Runs bin/test --all in another release of Debian, with that release's Ruby, Rack and Rails. The first run creates the
# system, and later runs use it again. Each run copies this folder into it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh
# shellcheck source=bin/lib/root.sh
. bin/lib/root.sh

suite=$1
[[ $suite =~ ^[a-z]+$ ]] || give_up "'$suite' is not a release of Debian: name one, such as trixie or forky."
needs_debian_and_root "$suite"
with_own_mounts bin/lib/in_debian.sh "$suite"

setup_rust
root=${LAMBY_ROOTS:-$cache/roots}/$suite
cargo_home=${CARGO_HOME:-$HOME/.cargo}
rust=$(rustc --print sysroot)

copy_tree() {
  rm -rf --one-file-system "$root/lamby.new"
  mkdir -p "$root/lamby.new"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
    tar --create --null --files-from=- | tar --extract --directory "$root/lamby.new"
  # Keeps the earlier build, so that cargo compiles only the code that has changed.
  if [ -d "$root/lamby/target" ]; then mv "$root/lamby/target" "$root/lamby.new/"; fi
  rm -rf --one-file-system "$root/lamby"
  mv "$root/lamby.new" "$root/lamby"
}

# Updates the network settings, and finishes an installation that was interrupted.
prepare_root() {
  connect_root "$root"
  chroot "$root" dpkg --configure -a
}

setup_debootstrap
setup_emulator
mkdir -p "$(dirname "$root")" "$cargo_home"
exec 9>"$root.lock"
flock 9 # Only one run at a time may use the system.
[ -x "$root/usr/bin/apt-get" ] || step "Making a Debian $suite" make_root "$root" "$suite"
step "Copying the tree into Debian $suite" copy_tree

mount --bind "$root" "$root" # Makes the folder itself a mount point. The mounts that follow are inside of it.
bind /proc "$root" /proc
bind /dev "$root" /dev
bind "$cargo_home" "$root" /opt/cargo # Contains the crates that are already downloaded.
bind "$rust" "$root" /opt/rust ro
bind "$(dirname "$AWS_LAMBDA_RIE")" "$root" /opt/aws-lambda-rie
step "Preparing Debian $suite" prepare_root

# Deployments, images, fuzzers and AddressSanitizer do not depend on the release of Debian, so their tests are left out.
# The benchmark that counts processor instructions is left out as well, because the run on this machine shows already
# whether a change made Lamby slower.
in_root "$root" HOME=/root LANG=C.UTF-8 CARGO_HOME=/opt/cargo \
  AWS_LAMBDA_RIE="/opt/aws-lambda-rie/$(basename "$AWS_LAMBDA_RIE")" \
  LAMBY_SPEC_WITHOUT=linters,images,browser,instructions,capi,fuzz,asan LAMBY_SPEC_TIMEOUT="${LAMBY_SPEC_TIMEOUT:-60}" \
  PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lamby/bin/test --all
printf '\nbin/test %s passed in %d min %d s.\n' "$suite" $((SECONDS / 60)) $((SECONDS % 60))

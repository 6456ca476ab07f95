#!/usr/bin/env bash
# Runs bin/test in another Debian: its Ruby, its Rack, its Rails. The system is made
# once and kept; the tree is copied into it at each run.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh

suite=$1
on_debian || give_up "Another Debian can be made on Debian or Ubuntu only."
[ "$(id -u)" = 0 ] || give_up "Making a Debian in a folder needs root: run 'sudo bin/test $suite'."
setup_rust

root=${LAMBY_ROOTS:-$cache/roots}/$suite
cargo_home=${CARGO_HOME:-$HOME/.cargo}
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}

make_root() {
  # New suites have no script of their own in an older debootstrap: all are like sid.
  local script=/usr/share/debootstrap/scripts/$suite
  [ -e "$script" ] || ln -s sid "$script"
  rm -rf --one-file-system "$root" "$root.part"
  mkdir -p "$root.part"
  debootstrap --variant=minbase "$suite" "$root.part"
  mv "$root.part" "$root"
}

copy_tree() {
  rm -rf --one-file-system "$root/lamby.new"
  mkdir -p "$root/lamby.new"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory "$root/lamby.new"
  # What was built before is kept: cargo knows what has changed.
  if [ -d "$root/lamby/target" ]; then mv "$root/lamby/target" "$root/lamby.new/"; fi
  rm -rf --one-file-system "$root/lamby"
  mv "$root/lamby.new" "$root/lamby"
}

mounts=()
bind() {
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  mounts=("$root$2" "${mounts[@]}")
}

unbind() {
  local mounted
  for mounted in "${mounts[@]}"; do umount "$mounted" || umount --lazy "$mounted"; done
}

missing=$(missing_packages debootstrap)
[ -z "$missing" ] || step "Installing debootstrap" install_packages debootstrap
[ -x "$root/usr/bin/apt-get" ] || step "Making a Debian $suite" make_root
setup_emulator
exec 9>"$root.lock"
flock 9 # One run at a time in it.
step "Copying the tree into Debian $suite" copy_tree

cp /etc/resolv.conf /etc/hosts "$root/etc/"
trap unbind EXIT
bind /proc /proc
bind /dev /dev
bind "$cargo_home" /opt/cargo
bind "$rustup_home" /opt/rustup
bind "$(dirname "$AWS_LAMBDA_RIE")" /opt/aws-lambda-rie

chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" \
  CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup RUSTUP_AUTO_INSTALL=0 \
  AWS_LAMBDA_RIE="/opt/aws-lambda-rie/$(basename "$AWS_LAMBDA_RIE")" \
  PATH=/opt/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lamby/bin/test

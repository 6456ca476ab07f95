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
[[ $suite =~ ^[a-z]+$ ]] || give_up "'$suite' is no Debian: name one, such as trixie or forky."
has_apt || give_up "Another Debian can be made on Debian or Ubuntu only."
[ "$(id -u)" = 0 ] ||
  give_up "Making a Debian in a folder needs root: run 'sudo env \"PATH=\$PATH\" \"HOME=\$HOME\" bin/test $suite'."

# Mounts that only this process and its children see: they are gone when these are,
# whatever ended them, and nothing can be deleted through one that was left behind.
if [ -z "${LAMBY_OWN_MOUNTS:-}" ]; then
  export LAMBY_OWN_MOUNTS=yes
  exec unshare --mount bash bin/lib/in_debian.sh "$suite"
fi

setup_rust
root=${LAMBY_ROOTS:-$cache/roots}/$suite
cargo_home=${CARGO_HOME:-$HOME/.cargo}
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}
[ -d "$rustup_home/toolchains" ] || give_up "Another Debian needs Rust from https://rustup.rs: it borrows this machine's."

make_root() {
  rm -rf --one-file-system "$root" "$root.part"
  # All suites are made like sid: an older debootstrap does not know the newer ones.
  debootstrap --variant=minbase "$suite" "$root.part" "${DEBIAN_MIRROR:-}" sid
  mv "$root.part" "$root"
}

copy_tree() {
  rm -rf --one-file-system "$root/lamby.new"
  mkdir -p "$root/lamby.new"
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
    tar --create --null --files-from=- | tar --extract --directory "$root/lamby.new"
  # What was built before is kept: cargo knows what has changed.
  if [ -d "$root/lamby/target" ]; then mv "$root/lamby/target" "$root/lamby.new/"; fi
  rm -rf --one-file-system "$root/lamby"
  mv "$root/lamby.new" "$root/lamby"
}

# This machine's way to the network, and an end to an installation that was cut off.
prepare_root() {
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  apt-config dump | grep '^Acquire::.*[Pp]roxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
  chroot "$root" dpkg --configure -a
}

bind() {
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2" # With what is mounted in it: terminals in /dev/pts.
}

mapfile -t absent < <(missing_packages debootstrap debian-archive-keyring)
[ "${#absent[@]}" = 0 ] || step "Installing debootstrap" install_packages "${absent[@]}"
setup_emulator
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9 # One run at a time in it.
[ -x "$root/usr/bin/apt-get" ] || step "Making a Debian $suite" make_root
step "Copying the tree into Debian $suite" copy_tree
step "Fetching crates" cargo fetch --locked

bind /proc /proc
bind /dev /dev
bind "$cargo_home" /opt/cargo
bind "$rustup_home" /opt/rustup
bind "$(dirname "$AWS_LAMBDA_RIE")" /opt/aws-lambda-rie
step "Preparing it" prepare_root

proxies=()
for name in http_proxy https_proxy no_proxy; do
  if [ -n "${!name:-}" ]; then proxies+=("$name=${!name}"); fi
done
exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" "${proxies[@]}" \
  CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup RUSTUP_AUTO_INSTALL=0 \
  AWS_LAMBDA_RIE="/opt/aws-lambda-rie/$(basename "$AWS_LAMBDA_RIE")" \
  LAMBY_WITHOUT_DEPLOYMENT=1 \
  PATH=/opt/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lamby/bin/test

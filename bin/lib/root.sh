# shellcheck shell=bash
# Makes a Debian system in a folder, and runs commands in it with chroot. Needs bin/lib/steps.sh and bin/lib/setup.sh.

# Ends the script if it cannot make a Debian system on this machine.
needs_debian_and_root() {
  has_apt || give_up "Another Debian can be made on Debian or Ubuntu only."
  [ "$(id -u)" = 0 ] ||
    give_up "Making a Debian in a folder needs root: run 'sudo env \"PATH=\$PATH\" \"HOME=\$HOME\" bin/test $1'."
}

# Restarts the script with mounts that only it and its children see. The mounts disappear when these processes end,
# even after a crash. If a mount stayed, a later `rm` of the Debian system could delete this machine's files through it.
with_own_mounts() {
  if [ -z "${LAMBY_OWN_MOUNTS:-}" ]; then
    export LAMBY_OWN_MOUNTS=yes
    exec unshare --mount bash "$@"
  fi
}

setup_debootstrap() {
  local missing
  mapfile -t missing < <(missing_packages debootstrap debian-archive-keyring)
  [ "${#missing[@]}" = 0 ] || step "Installing debootstrap" install_packages "${missing[@]}"
}

# make_root FOLDER SUITE [OPTIONS]
make_root() {
  local folder=$1 suite=$2
  rm -rf --one-file-system "$folder" "$folder.part"
  # Makes each suite with debootstrap's script for sid, because an older debootstrap has no scripts for newer suites.
  debootstrap --variant=minbase "${@:3}" "$suite" "$folder.part" "${DEBIAN_MIRROR:-}" sid
  mv "$folder.part" "$folder"
}

# Copies this machine's network settings into a Debian system: resolver, proxies, certificate authorities and mirrors.
# Also stops that system's packages from starting services.
connect_root() {
  local root=$1 file
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  apt-config dump | grep -E '^Acquire::.*([Pp]roxy|Check-)' >"$root/etc/apt/apt.conf.d/90host" || true
  mkdir -p "$root/usr/local/share/ca-certificates" "$root/.cargo"
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
  if [ -x "$root/usr/sbin/update-ca-certificates" ]; then chroot "$root" update-ca-certificates; fi
  for file in /etc/pip.conf "$HOME/.pip/pip.conf" "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf"; do
    if [ -e "$file" ]; then cp "$file" "$root/etc/pip.conf"; fi
  done
  # Cargo also reads the configuration in the folders above a crate, so the one in /.cargo applies to all crates.
  for file in "${CARGO_HOME:-$HOME/.cargo}"/config{,.toml}; do
    if [ -e "$file" ]; then cp "$file" "$root/.cargo/"; fi
  done
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
}

# Prints the environment variables that programs need to reach the network, such as proxies, one per line.
network_variables() {
  env | grep -E '^((http|https|no|all|HTTP|HTTPS|NO|ALL)_(proxy|PROXY)|PIP_(INDEX|EXTRA_INDEX|TRUSTED|CERT|PROXY|DEFAULT_TIMEOUT)[A-Z_]*|CARGO_(HTTP|NET|REGISTRY|REGISTRIES|SOURCE)_[A-Za-z0-9_]+)=' || true
}

# bind FROM ROOT TO [OPTIONS]: mounts a folder in the root, together with the mounts below it, such as /dev/pts.
bind() {
  mkdir -p "$2$3"
  mount --rbind "$1" "$2$3"
  if [ -n "${4:-}" ]; then mount -o "remount,bind,$4" "$2$3"; fi
}

# in_root ROOT NAME=VALUE... COMMAND: runs a command in the root. The command's environment has only the given
# variables, the variables for the network, TERM and CI.
in_root() {
  local root=$1 network
  shift
  mapfile -t network < <(network_variables)
  chroot "$root" /usr/bin/env -i TERM="${TERM:-dumb}" CI="${CI:-}" "${network[@]}" "$@"
}

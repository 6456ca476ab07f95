#!/usr/bin/env bash
# Runs the specs of events and responses on JRuby, in a Debian forky, which is the first Debian with a current JRuby. The
# first run creates the system, and later runs use it again.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh
# shellcheck source=bin/lib/root.sh
. bin/lib/root.sh

needs_debian_and_root jruby
with_own_mounts bin/lib/jruby.sh

root=${LAMBY_ROOTS:-$cache/roots}/forky-jruby
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

install_jruby() {
  connect_root "$root"
  chroot "$root" dpkg --configure -a
  in_root "$root" PATH="$path" apt-get -o Acquire::Check-Valid-Until=false -qq update
  in_root "$root" PATH="$path" DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends jruby ruby-rack ruby-rspec
}

setup_ruby
setup_rust
step "Building liblamby" run_ruby rake capi
setup_debootstrap
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9 # Only one run at a time may use the system.
[ -x "$root/usr/bin/apt-get" ] || step "Making a Debian forky" make_root "$root" forky --include=ca-certificates

mount --bind "$root" "$root" # Makes the folder itself a mount point. The mounts that follow are inside of it.
bind /proc "$root" /proc # The Java virtual machine reads it.
bind /dev "$root" /dev
bind "$PWD" "$root" /lamby ro
[ -x "$root/usr/bin/jruby" ] || step "Installing JRuby" install_jruby

# Debian's gems are for all Rubies, but its JRuby does not look for them.
in_root "$root" HOME=/root LANG=C.UTF-8 PATH="$path" GEM_PATH=/usr/share/rubygems-integration/all \
  LIBLAMBY=/lamby/pkg/liblamby/lib/liblamby.so \
  sh -c 'cd /lamby && jruby --version && jruby -S rspec -I lib --format progress --tag slow spec/capi/jruby_spec.rb'
printf '\nbin/test jruby passed in %d min %d s.\n' $((SECONDS / 60)) $((SECONDS % 60))

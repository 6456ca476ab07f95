#!/usr/bin/env bash
# Installs the gem as a user does: builds it, installs it from source with `gem install`, and handles an event in a
# Rails application outside of this folder. The application's Gemfile has `gem "lamby"`. Then does the same with the
# precompiled gem.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh

ruby -e 'gem "rb_sys"' 2>/dev/null || {
  echo "Skipped: installing the gem from source needs the gem rb_sys, which is not installed."
  exit 0
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(ruby -r./lib/lamby/version -e 'print Lamby::VERSION')
platform=$(ruby -e 'print Gem::Platform.local')
system_gems=$(ruby -e 'print Gem.path.join(File::PATH_SEPARATOR)')

build() {
  rm -f pkg/lamby-"$version"*.gem
  ruby -S rake build native
  cp pkg/lamby-"$version".gem "pkg/lamby-$version-$platform.gem" "$work/"
}

install() {
  GEM_HOME=$work/$1 GEM_PATH=$work/$1:$system_gems \
    ruby -S gem install --local --no-document "$work/$2"
}

handle_event() {
  local gems=$work/$1 app=$work/app-$1
  mkdir -p "$app/config"
  cat >"$app/Gemfile" <<'RUBY'
source "https://rubygems.org"
gem "rails"
gem "lamby"
RUBY
  cat >"$app/config/environment.rb" <<'RUBY'
ENV["BUNDLE_GEMFILE"] = File.expand_path("../Gemfile", __dir__)
require "bundler/setup"
require "rails"
require "action_controller/railtie"
Bundler.require
class App < Rails::Application
  config.eager_load = false
  config.secret_key_base = "x" * 64
  config.hosts.clear
  config.logger = Logger.new($stderr, level: :warn)
  routes.append { root to: ->(_env) { [200, { "content-type" => "text/plain" }, ["Rails #{Rails.version}"]] } }
end
App.initialize!
RUBY
  (
    cd "$app"
    export GEM_HOME=$gems GEM_PATH=$gems:$system_gems
    bundle install --local
    # shellcheck disable=SC2016 # it is Ruby
    ruby -r./config/environment -rjson -e '
      libraries = $LOADED_FEATURES.grep(%r{/lamby\.(so|bundle)\z})
      home = File.realpath(ENV.fetch("GEM_HOME"))
      libraries.one? && File.realpath(libraries[0]).start_with?(home) or abort "loaded a library that is not in the installed gem: #{libraries}"
      compiled_here = Gem.loaded_specs.fetch("lamby").extensions.any?
      compiled_here == (ARGV[0] == "source") or abort "not the #{ARGV[0]} gem"
      event = { version: "2.0", rawPath: "/", requestContext: { http: { method: "GET" } } }
      response = JSON.parse(Lamby.cmd(event: JSON.generate(event), context: nil))
      response["body"] == "Rails #{Rails.version}" or abort "responded with #{response}"
      puts response
    ' "$1"
    "$gems/bin/lamby" --version
  )
}

step "Building the source and the native gem" build
step "Installing the gem from source" install source "lamby-$version.gem"
step "Handling an event in a Rails app with it" handle_event source
step "Installing the precompiled gem" install native "lamby-$version-$platform.gem"
step "Handling an event in a Rails app with it" handle_event native

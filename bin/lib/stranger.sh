#!/usr/bin/env bash
# The road of a stranger: build the gem, install it from source as `gem install` does,
# and answer an event from a Rails application with `gem "lamby"` in its Gemfile,
# far from this folder. Then the same with the precompiled gem.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=bin/lib/steps.sh
. bin/lib/steps.sh

ruby -e 'gem "rb_sys"' 2>/dev/null || {
  echo "The gem was not installed from source: the gem rb_sys, which builds it, is not here."
  exit 0
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
system_gems=$(ruby -e 'print Gem.path.join(File::PATH_SEPARATOR)')

build() {
  ruby -S rake build native
  cp pkg/*.gem "$work/"
}

install() {
  GEM_HOME=$work/$1 GEM_PATH=$work/$1:$system_gems \
    ruby -S gem install --local --no-document "$2"
}

answer() {
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
    ruby -r./config/environment -rjson -e '
      library = $LOADED_FEATURES.grep(%r{/lamby/.*lamby\.(so|bundle)\z})
      library.all? { |file| file.start_with?(ENV.fetch("GEM_HOME")) } or abort "not the installed gem: #{library}"
      event = { version: "2.0", rawPath: "/", requestContext: { http: { method: "GET" } } }
      answer = JSON.parse(Lamby.cmd(event: JSON.generate(event), context: nil))
      answer["body"] == "Rails #{Rails.version}" or abort "answered #{answer}"
      puts answer
    '
    "$gems/bin/lamby" --version
  )
}

step "Building the source and the native gem" build
step "Installing the gem from source" install source "$(ls "$work"/lamby-*.gem | grep -v -- -linux | grep -v -- -darwin)"
step "A Rails app with it answers an event" answer source
step "Installing the precompiled gem" install native "$(ls "$work"/lamby-*-*.gem)"
step "A Rails app with it answers an event" answer native

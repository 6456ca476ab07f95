# frozen_string_literal: true

# Bundler where its lock file is; else the gems that Ruby finds by itself, such as
# those of Debian's packages.
if File.exist?(File.expand_path("../Gemfile.lock", __dir__))
  ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__)
  require "bundler/setup"
end

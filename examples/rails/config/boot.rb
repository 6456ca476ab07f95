# frozen_string_literal: true

# Uses Bundler if there is a lock file. Otherwise Ruby finds the gems itself, such as those of Debian's packages.
if File.exist?(File.expand_path("../Gemfile.lock", __dir__))
  ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__)
  require "bundler/setup"
end

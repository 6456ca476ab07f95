# frozen_string_literal: true

require_relative "lib/lamby/version"

Gem::Specification.new do |spec|
  spec.name = "lamby"
  spec.version = Lamby::VERSION
  spec.authors = ["Ken Collins", "The Lamby contributors"]
  spec.summary = "Rails and Rack on AWS Lambda, without a web server"
  spec.description = "Turns the events of Function URLs, API Gateway, Application Load Balancers and VPC Lattice " \
                     "into Rack requests, and Rack responses into the payloads that they expect, with a native extension."
  spec.homepage = "https://github.com/rails-lambda/lamby"
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = {
    "homepage_uri" => spec.homepage,
    "changelog_uri" => "#{spec.homepage}/blob/main/CHANGELOG.md",
    "bug_tracker_uri" => "#{spec.homepage}/issues",
    "rubygems_mfa_required" => "true"
  }

  # The gem contains all crates of the workspace, because Cargo needs every member that Cargo.toml names.
  spec.files = Dir[
    "lib/**/*.{rb,rake,tt,json,html,css,js,svg}", "exe/*", "sig/**/*.rbs", "ext/**/*.{rs,rb,toml}", "Cargo.{toml,lock}",
    "docs/**/*.{md,json,svg,png}", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE",
    base: __dir__
  ].grep_v(%r{\Aext/[^/]+/(tests|target)/})
  spec.bindir = "exe"
  spec.executables = ["lamby"]
  spec.require_paths = ["lib"]
  spec.extensions = ["ext/lamby/extconf.rb"]

  spec.add_dependency "rack", ">= 2.2", "< 4"
  # Only "lamby install" and Rails' generator load thor.
  spec.add_dependency "thor", ">= 1.2", "< 2"
  # Builds the native extension. A precompiled gem does not need it.
  spec.add_dependency "rb_sys", "~> 0.9", ">= 0.9.87"
end

# frozen_string_literal: true

require "open3"
require_relative "lib_lamby"

# Runs specs in a Ruby whose Lamby calls liblamby in place of the native extension.
module SpecsWithLiblamby
  ROOT = File.expand_path("../..", __dir__)
  ENVIRONMENT = { "LIBLAMBY" => LibLamby::FILE, "LAMBY_NATIVE" => "ffi", "RUBYOPT" => nil, "SPEC_OPTS" => nil }.freeze
  # The specs of everything that the native extension does for events and responses. The tag :extension marks the few
  # examples that only the native extension passes.
  FILES = %w[
    spec/conformance/fixtures_spec.rb spec/ext/bad_input_spec.rb spec/ext/response spec/lamby/event_spec.rb
    spec/lamby/handler_spec.rb spec/lamby/body_spec.rb spec/lamby/event_sources_spec.rb
  ].freeze

  module_function

  # @param ruby [String] the Ruby that runs the specs
  # @return [String] RSpec's output
  # @raise [RuntimeError] if a spec fails
  def run(ruby)
    output, status = Open3.capture2e(
      ENVIRONMENT, ruby, "-S", "rspec", "-I", "lib", "--format", "progress", "--no-color", *FILES, chdir: ROOT
    )
    raise "the specs failed:\n#{output}" unless status.success?

    output
  end
end

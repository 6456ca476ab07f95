# frozen_string_literal: true

require "open3"
require "lamby/version"

# Runs specs in a Ruby whose Lamby calls liblamby in place of the native extension.
module Liblamby
  ROOT = File.expand_path("../..", __dir__)
  MAJOR = Lamby::VERSION[/\A\d+/]
  # The specs of what the native extension and liblamby do for events and responses. The tag :extension marks the few
  # examples that need the native extension.
  SPECS = %w[
    spec/conformance/fixtures_spec.rb spec/ext/bad_input_spec.rb spec/ext/response spec/lamby/event_spec.rb
    spec/lamby/handler_spec.rb spec/lamby/body_spec.rb spec/lamby/event_sources_spec.rb
  ].freeze
  private_constant :MAJOR

  class << self
    # @return [String] the path of the library: LIBLAMBY, or the one that `rake capi` has built
    def path
      ENV.fetch("LIBLAMBY") { Dir["#{ROOT}/pkg/liblamby/lib/liblamby.{so.#{MAJOR},#{MAJOR}.dylib}"].first.to_s }
    end

    # @return [Boolean] false if the library is missing and LAMBY_SPEC_WITHOUT contains "capi"
    # @raise [LoadError] if the library is missing
    def built?
      Requirements.met?("liblamby", "capi", "rake capi") { File.exist?(path) }
    end

    # Runs {SPECS}.
    #
    # @param ruby [String] the Ruby that runs them
    # @return [String] RSpec's output
    # @raise [RuntimeError] if a spec fails
    def run_specs(ruby)
      # The new process gets only these variables of RSpec and Lamby.
      environment = { "LIBLAMBY" => path, "LAMBY_NATIVE" => "ffi", "RUBYOPT" => nil, "SPEC_OPTS" => nil }
      output, status = Open3.capture2e(
        environment, ruby, "-S", "rspec", "-I", "lib", "--format", "progress", "--no-color", *SPECS, chdir: ROOT
      )
      raise "the specs failed:\n#{output}" unless status.success?

      output
    end
  end
end

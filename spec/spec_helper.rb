# frozen_string_literal: true

require "rack"
require "rack/lint"
require "uri" # Rack::Lint 2.2 uses this library without requiring it.
require "json"
require "lamby"

# Rails sets this encoding, too. Without this line, the encoding in an example would depend on whether an earlier
# example has loaded Rails.
Encoding.default_external = Encoding::UTF_8

Dir[File.join(__dir__, "support", "*.rb")].each { |file| require file unless file.end_with?("runtime_client.rb") }

RSpec.configure do |config|
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.mock_with(:rspec) { |mocks| mocks.verify_partial_doubles = true }
  config.disable_monkey_patching!
  config.raise_errors_for_deprecations!
  config.include LambdaHelpers
  config.include OwnProcess
  config.include Waiting
  # `rspec --tag slow` runs only the slow examples.
  config.filter_run_excluding slow: true
  # Excludes the examples with the tags in LAMBY_SPEC_WITHOUT, such as :linters and :images.
  Requirements.without.each { |name| config.filter_run_excluding name.to_sym => true }
  # Excludes the examples that need the native extension if Lamby calls liblamby instead.
  config.filter_run_excluding extension: true if Lamby.module_eval("Native").const_defined?(:Library)
  config.after { Lamby.reconfigure }
end

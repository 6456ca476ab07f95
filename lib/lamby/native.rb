# frozen_string_literal: true

module Lamby
  # The native extension. Private: its methods change as this gem needs.
  module Native; end
  private_constant :Native
end

# A precompiled gem carries a library for each minor version of Ruby, one that was compiled here has one.
minor = RUBY_VERSION[/\d+\.\d+/]
begin
  require Dir.exist?(File.join(__dir__, minor)) ? "lamby/#{minor}/lamby" : "lamby/lamby"
rescue LoadError => e
  raise LoadError, "Lamby's native extension cannot be loaded by Ruby #{RUBY_VERSION} on #{RUBY_PLATFORM}: #{e.message}. " \
                   "Install the gem where it is to run, such as in the image: 'bundle pristine lamby' does it again"
end

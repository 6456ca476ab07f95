# frozen_string_literal: true

module Lamby
  # The native extension. It is private, because its methods may change in any version of this gem.
  module Native; end
  private_constant :Native
end

# JRuby cannot load extensions for CRuby, so it calls the C library liblamby. LAMBY_NATIVE=ffi does the same in CRuby, for
# tests.
if RUBY_PLATFORM == "java" || ENV["LAMBY_NATIVE"] == "ffi"
  require "lamby/native/ffi"
else
  # A precompiled gem contains a library for each minor version of Ruby. A gem that was compiled on this machine contains
  # only one library.
  minor = RUBY_VERSION[/\d+\.\d+/]
  begin
    require Dir.exist?(File.join(__dir__, minor)) ? "lamby/#{minor}/lamby" : "lamby/lamby"
  rescue LoadError => e
    raise LoadError, "Lamby's native extension cannot be loaded by Ruby #{RUBY_VERSION} on #{RUBY_PLATFORM}: #{e.message}. " \
                     "Install the gem on the system where it runs, for example in the image: 'bundle pristine lamby' reinstalls it"
  end
end

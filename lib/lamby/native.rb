# frozen_string_literal: true

module Lamby
  # The native extension. Private: its methods change as this gem needs.
  module Native; end
  private_constant :Native
end

begin
  # A precompiled gem carries a library for each minor version of Ruby.
  require "lamby/#{RUBY_VERSION[/\d+\.\d+/]}/lamby"
rescue LoadError
  require "lamby/lamby"
end

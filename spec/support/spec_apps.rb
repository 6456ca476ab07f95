# frozen_string_literal: true

# The Rack applications that specs run in a separate process. Their string literals are not frozen, as in most
# applications.
module SpecApps
  # @param name [Symbol] a file in spec/support/apps, without its extension
  # @return [String] Ruby code
  def self.source(name)
    File.read(File.expand_path("apps/#{name}.rb", __dir__), encoding: "UTF-8")
  end
end

# frozen_string_literal: true

# Gems, programs and tools that some specs need. bin/test installs them. If one is missing, the
# spec fails when it is loaded, and says what to install. It is skipped only if
# LAMBY_SPEC_WITHOUT names what is missing, for example with LAMBY_SPEC_WITHOUT=redis,sinatra
module Requirements
  # The Debian packages whose names cannot be derived from the name of the gem or the program.
  PACKAGES = { "puma" => "puma", "redis-cli" => "redis-tools" }.freeze
  private_constant :PACKAGES

  class << self
    # @param names [Array<String>] names of gems
    # @return [Boolean] false if one is missing and LAMBY_SPEC_WITHOUT names it
    # @raise [LoadError]
    def gem?(*names)
      names.all? do |name|
        met?("the gem #{name}", name, "bin/test, or apt-get install #{PACKAGES.fetch(name, "ruby-#{name.tr("_", "-")}")}, or bundle install") do
          Gem::Specification.any? { |it| it.name == name }
        end
      end
    end

    # @param name [String]
    # @return [Boolean] false if it is missing and LAMBY_SPEC_WITHOUT names it
    # @raise [LoadError]
    def program?(name)
      met?("the program #{name}", name, "bin/test, or apt-get install #{PACKAGES.fetch(name, name)}") do
        ENV["PATH"].split(":").any? { |folder| File.executable?("#{folder}/#{name}") }
      end
    end

    # @param what [String] the requirement, as the error message names it
    # @param name [String] the requirement's name in LAMBY_SPEC_WITHOUT
    # @param how [String] a command that installs it
    # @yieldreturn [Boolean] whether it is installed
    # @return [Boolean] false if it is missing and LAMBY_SPEC_WITHOUT names it
    # @raise [LoadError]
    def met?(what, name, how)
      return true if yield
      return false if without.include?(name)

      raise LoadError, "#{what} is missing: run #{how}. To leave out the specs that need it, set LAMBY_SPEC_WITHOUT=#{[*without, name].join(",")}"
    end

    # @return [Array<String>] the names in LAMBY_SPEC_WITHOUT
    def without
      ENV.fetch("LAMBY_SPEC_WITHOUT", "").split(",")
    end
  end
end

# frozen_string_literal: true

require "json"

module Lamby
  module Doctor
    # Loads the application in a child process of the doctor, and writes what it has found out into a file.
    module Probe
      class << self
        # @param handler [String]
        # @param file [String] path of the file, which gets JSON
        # @param host [String] a host that the application must accept; empty for none
        # @return [void]
        def run(handler, file, host)
          started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
          Function.new(handler).load
          seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
          File.write(file, JSON.generate("seconds" => seconds, **lamby, **(rails? ? rails(host) : {})))
        rescue StandardError, ScriptError, SystemExit => e
          summary = CLI::ErrorSummary.new(e)
          File.write(file, JSON.generate("error" => summary.message, "place" => summary.place || summary.backtrace.first))
        end

        private

        def lamby
          config = Lamby.config
          config.rack_app # Raises an error if there is no application.
          { "invoke_mode" => config.invoke_mode, "stage_as_script_name" => config.stage_as_script_name }
        end

        def rails?
          defined?(::Rails.application) && !::Rails.application.nil?
        end

        def rails(host)
          hosts = Array(::Rails.application.config.hosts)
          {
            "rails" => ::Rails.version, "hosts" => hosts.map(&:inspect), "host" => host,
            "accepts_host" => host.empty? || hosts.empty? || ::ActionDispatch::HostAuthorization::Permissions.new(hosts).allows?(host),
            "database" => database, "credentials" => credentials
          }
        end

        # Returns the settings of the primary database, without connecting to it.
        def database
          return unless defined?(::ActiveRecord::Base)

          config = ::ActiveRecord::Base.configurations.configs_for(env_name: ::Rails.env).first or return
          hash = config.respond_to?(:configuration_hash) ? config.configuration_hash : config.config.transform_keys(&:to_sym)
          { "adapter" => hash[:adapter].to_s, "host" => hash[:host]&.to_s, "database" => hash[:database]&.to_s, "url" => !hash[:url].nil? }
        end

        # Returns "none" if there are no credentials, "no_key" if their key is missing, "wrong_key" if the key does not fit,
        # "secret_key_base" if they have one, and else "read".
        def credentials
          settings = ::Rails.application.config.credentials
          return "none" unless settings.content_path && File.file?(settings.content_path)
          return "no_key" if ::Rails.application.credentials.key.nil?

          ::Rails.application.credentials.config.key?(:secret_key_base) ? "secret_key_base" : "read"
        rescue StandardError => e
          # OpenSSL raises an ArgumentError for a key of another length.
          raise unless e.is_a?(ArgumentError) || e.class.name.match?(/Invalid(?:Message|Signature|Content)|KeyLength|MissingKey/)

          e.class.name.end_with?("MissingKeyError") ? "no_key" : "wrong_key"
        end
      end
    end
  end
end

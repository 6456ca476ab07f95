# frozen_string_literal: true

begin
  require "aws-sdk-ssm"
rescue LoadError => e
  raise e, "Lamby::SsmParameterStore needs the gem aws-sdk-ssm: add it to the Gemfile (#{e.message})"
end

module Lamby
  # The parameters below a path of AWS Systems Manager's Parameter Store, as environment
  # variables: `/config/shop/SECRET_KEY_BASE` is SECRET_KEY_BASE. The function's role has to be
  # allowed `ssm:GetParametersByPath`, with labels `ssm:GetParameters`, for {.get!} `ssm:GetParameter`,
  # and to decrypt.
  #
  # With a label (`LAMBY_SSM_PARAMS_LABEL`, or the option) parameters have the value of the
  # version with that label; those without such a version have their latest.
  #
  # @example When the application starts
  #   Lamby::SsmParameterStore.new("/config/shop/production").get!.to_env
  # @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
  class SsmParameterStore
    # A parameter: its whole name, the name of its variable, and its value.
    Param = Struct.new(:name, :env, :value)
    # Parameters, of which Systems Manager gives no more.
    AT_ONCE = 10
    private_constant :AT_ONCE

    class << self
      # Appends the parameters below a path to a file for dotenv.
      #
      # @param path [String]
      # @return [void]
      # @see #to_dotenv
      def dotenv(path)
        new(path).get!.to_dotenv
      end

      # @param path [String] a parameter's whole name, such as "/config/shop/API_KEY"
      # @return [String, nil] its value; nil where there is none
      def get!(path)
        store = new(path)
        (store.label && store.send(:one, "#{path}:#{store.label}")) || store.send(:one, path)
      end
    end

    # @return [String]
    attr_reader :path
    # @return [Array<Param>] what {#get!} has found
    attr_reader :params

    # @param path [String] such as "/config/shop/production"; all that is below it is taken
    # @param options [Hash] `:label`, `:dotenv_file`, and `:client_options` for Aws::SSM::Client
    def initialize(path, options = {})
      @path = path
      @options = options
      @params = []
    end

    # Asks for the parameters, once.
    #
    # @return [self]
    # @raise [Aws::Errors::ServiceError]
    def get!
      return self if params.any?

      found = by_path
      found.merge!(labelled(found.keys)) if label
      @params = found.map { |name, value| Param.new(name, name.split("/").last, value) }
      self
    end

    # Sets the variables in this process's environment.
    #
    # @param overwrite [Boolean] whether also those that are set already
    # @return [void]
    def to_env(overwrite: true)
      params.each { |param| ENV[param.env] = param.value if overwrite || !ENV.key?(param.env) }
    end

    # Appends the variables to a file for the gem dotenv, which only its owner can read: the option
    # `:dotenv_file`, `LAMBY_SSM_PARAMS_FILE`, or `.env.` and the environment in the application of Rails.
    #
    # @return [void]
    def to_dotenv
      File.open(dotenv_file, "a", 0o600) { |file| params.each { |param| file.puts("#{param.env}=#{quoted(param.value)}") } }
    end

    # @return [String, nil] of the parameters' versions
    def label
      label = (ENV["LAMBY_SSM_PARAMS_LABEL"] || @options[:label]).to_s
      label unless label.empty?
    end

    # @return [Aws::SSM::Client]
    def client
      @client ||= Aws::SSM::Client.new(**@options.fetch(:client_options, {}))
    end

    private

    def one(name)
      client.get_parameter(name: name, with_decryption: true).parameter.value
    rescue Aws::SSM::Errors::ParameterNotFound, Aws::SSM::Errors::ParameterVersionNotFound
      nil
    end

    # Page after page.
    def by_path
      found = {}
      token = nil
      loop do
        answer = client.get_parameters_by_path(path: path, recursive: true, with_decryption: true, max_results: AT_ONCE, next_token: token)
        answer.parameters.each { |parameter| found[parameter.name] = parameter.value }
        return found unless (token = answer.next_token)
      end
    end

    def labelled(names)
      names.each_slice(AT_ONCE).with_object({}) do |some, found|
        answer = client.get_parameters(names: some.map { |name| "#{name}:#{label}" }, with_decryption: true)
        answer.parameters.each { |parameter| found[parameter.name] = parameter.value }
      end
    end

    def dotenv_file
      @options[:dotenv_file] || ENV["LAMBY_SSM_PARAMS_FILE"] || ::Rails.root.join(".env.#{::Rails.env}")
    end

    # As dotenv reads it back, of several lines from 2.7 on: nothing within single quotes stands
    # for something else.
    def quoted(value)
      return value if value.match?(%r{\A[\w./:@%+,=-]*\z})
      return "'#{value}'" unless value.include?("'")

      "\"#{value.gsub(/["\\$]/) { |it| "\\#{it}" }}\""
    end
  end
end

# frozen_string_literal: true

# config/boot.rb requires this file before Rails is loaded. See lib/lamby.rb.
require "lamby/without_rails"

begin
  require "aws-sdk-ssm"
rescue LoadError => e
  raise e, "Lamby::SsmParameterStore needs the gem aws-sdk-ssm: add it to the Gemfile (#{e.message})"
end

module Lamby
  # Reads the parameters below a path of AWS Systems Manager's Parameter Store into environment variables: the parameter
  # `/config/shop/SECRET_KEY_BASE` becomes SECRET_KEY_BASE. The function's role needs `ssm:GetParametersByPath` (and
  # `ssm:GetParameters` for labels, `ssm:GetParameter` for {.get!}), and permission to decrypt.
  #
  # If a label is set (`LAMBY_SSM_PARAMS_LABEL`, or the option `:label`), the value of each parameter comes from its
  # version with that label. If a parameter has no such version, its value comes from its latest version.
  #
  # Somebody who may write parameters must not be able to make the function run other code. So {#to_env} and
  # {#to_dotenv} skip variables that load code or name programs (`PATH`, `LD_*`, `RUBYOPT`, `RUBYLIB`, `GEM_*`,
  # `BUNDLE_*`, and those of shells, other languages and Git), and variables that Lambda itself sets (`_HANDLER`,
  # `AWS_LAMBDA_*`, `LAMBDA_RUNTIME_*`, `LAMBDA_TASK_ROOT`). They log a warning for each skipped variable.
  #
  # @example When the application starts
  #   Lamby::SsmParameterStore.new("/config/shop/production").get!.to_env
  # @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
  class SsmParameterStore
    # A parameter: its full name, the name of its variable, and its value.
    Param = Struct.new(:name, :env, :value)
    # The maximum number of parameters that Systems Manager returns at once.
    AT_ONCE = 10
    # Variables that decide which code runs. They belong to the dynamic linker, Ruby, its gems, shells, other languages
    # that the application may start, Git, OpenSSL, and Lambda.
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    REFUSED = /
      \A(?:
        (?:LD|DYLD|GEM|RUBYGEMS|BUNDLE|BUNDLER|AWS_LAMBDA|LAMBDA_RUNTIME|_LAMBDA|_X_AMZN)_.*|_HANDLER|LAMBDA_TASK_ROOT|
        PATH|RUBYOPT|RUBYLIB|RUBYPATH|RUBYSHELL|RUBY_DEBUG.*|BOOTSNAP_CACHE_DIR|
        SHELL|BASH_ENV|BASH_FUNC_.*|IFS|PS4|SHELLOPTS|BASHOPTS|GCONV_PATH|LOCPATH|GLIBC_TUNABLES|
        OPENSSL_(?:CONF|MODULES|ENGINES)|NODE_(?:OPTIONS|PATH)|PYTHON(?:PATH|HOME|STARTUP)|PERL5(?:OPT|LIB|DB)|PERLLIB|JAVA_TOOL_OPTIONS|
        GIT_(?:SSH.*|EXEC_PATH|CONFIG.*|ASKPASS|PROXY_COMMAND|EXTERNAL_DIFF|EDITOR|PAGER|TEMPLATE_DIR)
      )\z
    /x
    # A name that dotenv accepts for a variable.
    DOTENV_NAME = /\A[\w.]+\z/
    # A value that needs no quotes: dotenv reads it unchanged.
    PLAIN = %r{\A[\w./:@%+,=-]+\z}
    # A command that dotenv would run: https://github.com/bkeepers/dotenv#command-substitution
    COMMAND = /\$(?<group>\((?:[^()]|\g<group>)+\))/
    # Escapes of characters within double quotes. A NUL marks the beginning of each {COMMAND}.
    ESCAPES = {
      "\0$" => "\\$", "$" => "\\$", "\"" => "\\\"", "\n" => "\\n", "\r" => "\\r", "\\" => "${LAMBY_BACKSLASH}"
    }.freeze
    ESCAPED = /\0\$|\$(?!\()|["\\\n\r]/
    private_constant :AT_ONCE, :REFUSED, :DOTENV_NAME, :PLAIN, :COMMAND, :ESCAPES, :ESCAPED

    class << self
      # Appends the parameters below a path to a file for dotenv.
      #
      # @param path [String]
      # @return [void]
      # @see #to_dotenv
      def dotenv(path)
        new(path).get!.to_dotenv
      end

      # Reads one parameter.
      #
      # @param path [String] the parameter's full name, such as "/config/shop/API_KEY"
      # @return [String, nil] its value; nil if there is no such parameter
      def get!(path)
        store = new(path)
        (store.label && store.send(:one, "#{path}:#{store.label}")) || store.send(:one, path)
      end
    end

    # @return [String]
    attr_reader :path
    # @return [Array<Param>] the parameters that {#get!} has read
    attr_reader :params

    # @param path [String] a path, such as "/config/shop/production". {#get!} reads all parameters below it
    # @param options [Hash] `:label`, `:dotenv_file`, and `:client_options` for Aws::SSM::Client
    def initialize(path, options = {})
      @path = path
      @options = options
      @params = []
    end

    # Reads the parameters. Does nothing if an earlier call has found parameters.
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
    # @param overwrite [Boolean] whether to replace variables that are already set
    # @return [void]
    def to_env(overwrite: true)
      allowed.each { |param| ENV[param.env] = param.value if overwrite || !ENV.key?(param.env) }
    end

    # Appends the variables to a file for the gem dotenv. The option `:dotenv_file` or `LAMBY_SSM_PARAMS_FILE` names the
    # file. By default it is `.env.` followed by the Rails environment, in the application's folder. Afterwards only the
    # file's owner can read it.
    #
    # Each version of dotenv since 2.4 reads the values unchanged. For some values, the file sets an additional
    # variable: `DOTENV_LINEBREAK_MODE` for a line break, and `LAMBY_BACKSLASH` for a backslash within double quotes.
    #
    # @return [void]
    def to_dotenv
      File.open(dotenv_file, File::RDWR | File::CREAT | File::APPEND, 0o600) do |file|
        file.chmod(0o600) # Otherwise an existing file would keep its mode.
        file.write("\n") unless ended?(file)
        file.write(dotenv(allowed.select { |param| readable_by_dotenv?(param) }))
      end
    end

    # @return [String, nil] the label that selects a version of each parameter
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

    # Reads all parameters below the path. Systems Manager returns them in pages.
    def by_path
      found = {}
      token = nil
      loop do
        reply = client.get_parameters_by_path(path: path, recursive: true, with_decryption: true, max_results: AT_ONCE, next_token: token)
        reply.parameters.each { |parameter| found[parameter.name] = parameter.value }
        return found unless (token = reply.next_token)
      end
    end

    def labelled(names)
      names.each_slice(AT_ONCE).with_object({}) do |some, found|
        reply = client.get_parameters(names: some.map { |name| "#{name}:#{label}" }, with_decryption: true)
        reply.parameters.each { |parameter| found[parameter.name] = parameter.value }
      end
    end

    def dotenv_file
      @options[:dotenv_file] || ENV["LAMBY_SSM_PARAMS_FILE"] || ::Rails.root.join(".env.#{::Rails.env}")
    end

    def allowed
      refused, allowed = params.partition { |param| REFUSED.match?(param.env) }
      refused.each { |param| warn_of(param, "decides which code runs, or Lambda sets it") }
      allowed
    end

    def readable_by_dotenv?(param)
      return true if DOTENV_NAME.match?(param.env)

      warn_of(param, "is not a name that dotenv reads")
      false
    end

    def warn_of(param, reason)
      Runtime::Logging.warn("the parameter #{param.name} sets no variable: #{param.env} #{reason}")
    end

    # Returns whether the file is empty or ends with a line feed.
    def ended?(file)
      file.size.zero? || (file.seek(-1, IO::SEEK_END) && file.read(1) == "\n")
    end

    def dotenv(params)
      lines = params.map { |param| "#{param.env}=#{quoted(param.value)}\n" }.join
      # Since 3.0, dotenv replaces \n and \r only in this mode.
      lines = "DOTENV_LINEBREAK_MODE=legacy\n#{lines}DOTENV_LINEBREAK_MODE=\n" if params.any? { |param| param.value.match?(/[\r\n]/) }
      lines.include?("${LAMBY_BACKSLASH}") ? "LAMBY_BACKSLASH=\\\n#{lines}" : lines
    end

    # Returns a value in the form that dotenv reads unchanged. Within single quotes, dotenv replaces nothing. But three
    # kinds of values need double quotes. A single quote would end the value. A line break needs an escape, because
    # dotenv 2.4 reads the file line by line. A backslash at the end would escape the closing quote in later versions.
    def quoted(value)
      return value if PLAIN.match?(value)
      return "'#{value}'" unless value.match?(/['\r\n]|\\\z/)

      # Within double quotes, dotenv first replaces escapes. Then it replaces variables and commands, in an order that
      # differs between versions. Dotenv removes one backslash in front of a command, so this method adds one there. For
      # a command inside of another command, or for text that only begins like a command, dotenv removes no
      # backslash, so this method adds none.
      marked = value.gsub(COMMAND) { |command| "\0#{command}" }
      %("#{marked.gsub(ESCAPED, ESCAPES)}")
    end
  end
end

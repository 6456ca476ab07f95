# frozen_string_literal: true

require "lamby/serve"
require "optparse"

module Lamby
  module CLI
    # `lamby serve`: runs the application in the current folder on a local Lambda, behind an HTTP server.
    class ServeCommand
      # @return [Array<OptionParser::Switch>] the options, for {Completion}
      def self.switches
        new([], out: nil).switches
      end

      def initialize(arguments, out:)
        @out = out
        @values = { handler: ENV.fetch("_HANDLER", Serve::Settings::DEFAULTS[:handler]) }
        handlers = parser.parse(arguments)
        raise UsageError, "#{handlers.size} handlers are given (#{handlers.join(" ")}): serve takes one" if handlers.size > 1

        @values[:handler] = handlers.first if handlers.any?
        @settings = Serve::Settings.new(**@values)
      rescue OptionParser::ParseError => e
        raise UsageError, OptionError.of_optparse(e, parser)
      rescue Serve::Settings::Wrong => e
        raise UsageError, e.message
      end

      # Runs until Ctrl-C.
      #
      # @return [Integer] exit status
      def call
        return @out.puts(parser.help) || 0 if @help

        check_handler
        Serve::Server.new(@settings, @out).run { |url| Browser.open(url) if @open }
      rescue Serve::Server::Failed => e
        raise UsageError, e.message
      end

      # @return [Array<OptionParser::Switch>] see {.switches}
      def switches
        parser.top.list.grep(OptionParser::Switch)
      end

      private

      def parser
        @parser ||= OptionParser.new do |options|
          options.banner = <<~TEXT
            Usage: lamby serve [HANDLER] [options]

            Runs the application in this folder as Lambda would, and serves it over HTTP. Each request becomes
            an event of the integration. "lamby runtime" handles the event in a child process. The payload
            becomes the response. Changed files start the child process again.

            HANDLER is FILE.METHOD or FILE.CLASS.METHOD (#{Serve::Settings::DEFAULTS[:handler]}).

          TEXT
          integration_options(options)
          function_options(options)
          server_options(options)
          options.separator <<~TEXT

            Exit status: 0 after Ctrl-C or SIGTERM, 2 if the command line is wrong, the port is in use, or the
            gem puma is missing.

            Examples:
                lamby serve
                lamby serve --integration rest_api --stage prod --streaming
                lamby serve --integration alb --concurrency 2 --port 8080
          TEXT
        end
      end

      def integration_options(options)
        options.separator "Options of the integration:"
        options.on("-i", "--integration NAME", Simulator.integrations.map(&:to_s), "Integration (#{default(:integration)}):",
                   Simulator.integrations.first(4).join(", ").concat(","), Simulator.integrations.drop(4).join(", ")) { |name| @values[:integration] = name.to_sym }
        options.on("--stage NAME", "Stage of an API Gateway URL, with which each path begins") { |name| @values[:stage] = name }
        options.on("--base-path PATH", "Base path of a custom domain, such as /shop") { |path| @values[:base_path] = path }
        options.on("--streaming", "Stream responses (function_url and rest_api)") { @values[:streaming] = true }
        options.separator ""
      end

      def function_options(options)
        options.separator "Options of the function:"
        options.on("--concurrency N", Integer, "Refuse requests while N others are in flight, as Lambda does when a",
                   "limit is reached. By default, one request is handled at a time, and", "others wait") { |number| @values[:concurrency] = number }
        options.on("--timeout SECONDS", Integer, "Timeout of the function (#{default(:timeout)})") { |seconds| @values[:timeout] = seconds }
        options.on("--memory MB", Integer, "Memory that the function is told (#{default(:memory)})") { |megabytes| @values[:memory] = megabytes }
        options.on("--freeze", "Stop the process between invocations, as Lambda does") { @values[:freeze] = true }
        options.on("--queue URL", "Poll this queue of ElasticMQ, LocalStack or moto") { |url| @values[:queue] = url }
        options.separator ""
      end

      def server_options(options)
        options.separator "Options of the server:"
        options.on("-p", "--port PORT", Integer, "Port (#{default(:port)}); 0 for any free port") { |port| @values[:port] = port }
        options.on("--bind ADDRESS", "Address to listen on (#{default(:bind)})") { |address| @values[:bind] = address }
        options.on("--host NAME", "Accept requests for this host too; can be repeated") { |name| (@values[:hosts] ||= []) << name }
        options.on("--no-reload", "Do not start the process again when files change") { @values[:reload] = false }
        options.on("--open", "Open the application in a browser") { @open = true }
        options.on("-h", "--help", "Print this help") { @help = true }
      end

      def default(name) = Serve::Settings::DEFAULTS[name]

      # Without the handler's file, each request would fail with the same message.
      def check_handler
        file = "#{@settings.handler[/\A[^.]+/]}.rb"
        return if File.file?(file)

        raise UsageError, "there is no file #{file} for the handler #{@settings.handler}; go to the application's folder, or name another handler"
      end
    end
  end
end

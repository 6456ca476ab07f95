# frozen_string_literal: true

require "lamby/simulator"
require "optparse"

module Lamby
  module CLI
    # `lamby invoke`: runs the application in the current folder for one event, without AWS.
    class InvokeCommand
      # The handler if neither --handler nor _HANDLER is given. It is the usual handler of a Rails application.
      DEFAULT_HANDLER = "config/environment.Lamby.cmd"
      # The URL of a request for which --path names no host.
      LOCAL = "https://localhost/"
      private_constant :LOCAL

      # @return [Array<OptionParser::Switch>] the options, for {Completion}
      def self.switches
        new([], out: nil).switches
      end

      def initialize(arguments, out:)
        @out = out
        @handler = ENV.fetch("_HANDLER", DEFAULT_HANDLER)
        @request = { method: "GET", url: LOCAL, headers: {}, body: "" }
        @events = parser.parse(arguments)
        data_defaults if @data
        check_remote_options
        raise UsageError, "--all sends an event of each integration: leave #{@events.first.inspect} out" if @all && @events.any?
        raise UsageError, "#{@events.size} events are given (#{@events.join(" ")}): invoke takes one" if @events.size > 1
      rescue OptionParser::ParseError => e
        raise UsageError, OptionError.of_optparse(e, parser)
      end

      # Invokes the handler and prints the request, the response and the time.
      #
      # @return [Integer] exit status
      def call
        return help if @help

        events = events_to_send
        return print_events(events) if @print_event
        return invoke_remotely(events) if @remote

        separate_output if @json && @out.equal?($stdout)
        @log = LogExcerpt.new
        handler = load_handler or return 1
        statuses = events.map { |event| invoke(handler, event) }
        statuses.max
      end

      # @return [Array<OptionParser::Switch>] see {.switches}
      def switches
        parser.top.list.grep(OptionParser::Switch)
      end

      private

      def parser
        @parser ||= OptionParser.new do |options|
          options.banner = <<~TEXT
            Usage: lamby invoke [EVENT] [options]

            Runs the application in this folder for one event, without AWS, and prints the response. With
            --remote, invokes the function that bin/deploy has deployed.

            EVENT is one of these:
            - the name of an integration. Lamby makes the event from the options. The default is #{Simulator.integrations.first}.
            #{list(Simulator.integrations)}
            - the kind of an event that is not HTTP. Lamby sends a sample.
            #{list(Config::EVENT_KINDS)}
            - a file with the event's JSON, or - for standard input

          TEXT
          options.separator "Options for the event of an integration:"
          options.on("--all", "Send one event of each integration") { @all = true }
          http_option(options, "-X", "--method METHOD", "Method of the request (GET)") { |value| method(value) }
          http_option(options, "-p", "--path PATH", "Path and query of the request (/), or a whole URL") { |value| @request[:url] = url(value) }
          http_option(options, "-H", "--header HEADER", "Header of the request, as \"Name: value\"; can be repeated") { |value| add_header(value) }
          http_option(options, "-d", "--data BODY", "Body of the request, or @FILE; changes the default method to POST") { |value| body(value) }
          options.separator ""
          options.separator "Options for the deployed function:"
          options.on("--remote", "Invoke the deployed function") { @remote = true }
          options.on("-e", "--environment NAME", "Environment of bin/deploy (production)") { |name| @environment = name }
          options.on("--stack NAME", "Name of the stack, if it is not the application's name and environment") { |name| @stack_name = name }
          options.separator ""
          options.separator "Options for every event:"
          options.on("--handler HANDLER", "Handler of the function (#{DEFAULT_HANDLER})") { |value| @handler = @given_handler = value }
          options.on("--fail", "Exit with status 1 if the response is an error, or if records of a batch failed") { @fail = true }
          options.on("--full", "Print headers and body of an error, and whole backtraces and logs") { @full = true }
          options.on("--json", "Print only the payload, as Lambda sends it to the integration") { @json = true }
          options.on("--print-event", "Print the event's JSON, and do not run the application") { @print_event = true }
          options.on("-h", "--help", "Print this help") { @help = true }
          options.separator ""
          options.separator <<~TEXT
            Exit status: 0 if the handler returned a payload, 1 if it raised or did not start, 2 if the command
            line is wrong. With --fail, also 1 if the status of the response is 400 or more, or if the payload
            names records in batchItemFailures. With --remote, also those of "lamby status".

            Examples:
                lamby invoke --path "/orders?page=2"
                lamby invoke alb --path /orders --data "name=Ada"
                lamby invoke sqs --print-event > event.json && lamby invoke event.json
                lamby invoke --remote --path /up --environment staging
          TEXT
        end
      end

      def http_option(options, short, long, description)
        options.on(short, long, description) do |value|
          @http_option = long[/--\w+/]
          yield value
        end
      end

      def list(names)
        names.each_slice(5).map { |some| "    #{some.join(", ")}" }.join(",\n")
      end

      def check_remote_options
        raise UsageError, "--handler is for the application in this folder: leave it out with --remote" if @remote && @given_handler
        option = ("--environment" if @environment) || ("--stack" if @stack_name)
        raise UsageError, "#{option} names a deployed function: add --remote" if option && !@remote
      end

      def invoke_remotely(events)
        invocations = RemoteInvocations.new(stack, out: @out, json: @json, fail_on_error: @fail, brief: @all && !@full, full: @full)
        events.map { |event| invocations.invoke(event) }.max
      end

      def stack
        environment = @environment || Deployment::Project::ENVIRONMENT
        @stack ||= Deployment::Stack.new(@stack_name || Deployment::Project.new.stack_name(environment))
      end

      def help
        @out.puts parser.help
        0
      end

      def method(name)
        check("--method", name, method: name)
        @method = @request[:method] = name
      end

      def url(path)
        url = path.start_with?("http://", "https://") ? path : "#{LOCAL}#{path.delete_prefix("/")}"
        check("--path", path, url: url)
        url
      end

      def add_header(header)
        name, value = header.split(/:\s*/, 2)
        raise UsageError, "the header #{header.inspect} is not of the form \"Name: value\"" unless value

        name = name.downcase
        check("--header", header, headers: { name => value })
        (@request[:headers][name] ||= []) << value
      end

      def body(data)
        @request[:body] = @data = data.start_with?("@") ? File.binread(file = data.delete_prefix("@")) : data
      rescue SystemCallError => e
        # Without Ruby's place in the message, "@ rb_sysopen - FILE".
        raise UsageError, "the file #{file.inspect} of --data cannot be read: #{e.class.new.message}"
      end

      # Makes an event from one part of the request. If this fails, the part's option is wrong, and the message names it.
      def check(option, value, **part)
        Simulator.event(Simulator.integrations.first, **part)
      rescue InvalidEvent => e
        hint = "; write special characters as in \"/a%20b\"" if option == "--path"
        raise UsageError, "the value #{value.inspect} of #{option} is wrong: #{e.message.split(": ", 2).last}#{hint}"
      end

      # Sets the defaults of a request with a body. Must be called after all options are parsed, because the options may
      # be in any order, as with curl.
      def data_defaults
        @request[:method] = "POST" unless @method
        @request[:headers]["content-type"] ||= ["application/x-www-form-urlencoded"]
      end

      def events_to_send
        # The application accepts the host of its own URL, but it may block localhost.
        @request[:url] = @request[:url].sub(LOCAL, own_url) if @remote && @request[:url].start_with?(LOCAL)
        return Simulator.integrations.map { |integration| Simulator.event(integration, **@request) } if @all

        name = @events.first || Simulator.integrations.first.to_s
        return [Simulator.event(name.to_sym, **@request)] if Simulator.integrations.include?(name.to_sym)

        if @http_option
          raise UsageError, "#{@http_option} makes the event of an integration, but the event is #{name.inspect}: leave #{@http_option} out"
        end
        [read(name)]
      end

      # The URL of the deployed application, without its path. The path of a REST API is the stage, which is not a part
      # of the application's paths.
      def own_url
        stack.url.to_s[%r{\Ahttps?://[^/]+}]&.concat("/") || LOCAL
      end

      def read(name)
        return $stdin.binmode.read if name == "-"
        return Simulator.sample(name.to_sym) if Config::EVENT_KINDS.include?(name.to_sym)
        return File.binread(name) if File.file?(name)

        similar = DidYouMean::SpellChecker.new(dictionary: [*Simulator.integrations, *Config::EVENT_KINDS].map(&:to_s)).correct(name).first
        raise UsageError, "#{name.inspect} is neither a file nor an integration nor a kind of event#{"; did you mean #{similar}?" if similar}"
      rescue SystemCallError => e
        raise UsageError, "the file #{name.inspect} cannot be read: #{e.class.new.message}"
      end

      def print_events(events)
        events.each { |event| @out.puts event }
        0
      end

      # Sends what the application prints to standard error, so that standard output has only the payload.
      def separate_output
        @out = $stdout.dup
        $stdout.reopen($stderr)
      end

      # Loads the handler, which loads the application.
      #
      # @return [Function, nil] nil if the application did not start
      def load_handler
        handler = Function.new(@handler).load
        @recorder = handler.bytes? ? ErrorRecorder.install : ErrorRecorder.new(nil)
        handler
      rescue Function::NotFound => e
        raise UsageError, "#{e.message}; go to the application's folder, or set --handler"
      rescue StandardError, ScriptError, SystemExit => e
        report.failed(e, "The application did not start")
        nil
      end

      def invoke(handler, event)
        started = now
        payload = handler.call(event, Simulator.context)
        payload = payload.read unless payload.is_a?(String)
        invocation = Invocation.new(event, payload, (now - started) * 1000)
        @json ? @out.puts(payload) : report.returned(invocation, @recorder)
        @fail && invocation.error? ? 1 : 0
      rescue StandardError, ScriptError => e
        report.failed(e)
        1
      end

      # Returns the report on the next invocation. With --json, it goes to standard error.
      def report
        InvocationReport.new(@json ? $stderr : @out, log: @log, brief: @all && !@full, full: @full)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end

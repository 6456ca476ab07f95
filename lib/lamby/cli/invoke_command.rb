# frozen_string_literal: true

require "lamby/simulator"
require "optparse"

module Lamby
  module CLI
    # `lamby invoke`: runs the application in the current folder for one event, without AWS.
    class InvokeCommand
      # The handler if neither --handler nor _HANDLER is given. It is the usual handler of a Rails application.
      DEFAULT_HANDLER = "config/environment.Lamby.cmd"

      def initialize(arguments, out:)
        @out = out
        @handler = ENV.fetch("_HANDLER", DEFAULT_HANDLER)
        @request = { method: "GET", url: "https://localhost/", headers: {}, body: "" }
        @events = parser.parse(arguments)
        data_defaults if @data
        raise UsageError, "--all sends an event of each integration: leave #{@events.first.inspect} out" if @all && @events.any?
        raise UsageError, "#{@events.size} events are given (#{@events.join(" ")}): invoke takes one" if @events.size > 1
      rescue OptionParser::ParseError => e
        raise UsageError, e.message
      end

      # Invokes the handler and prints the request, the response and the time.
      #
      # @return [Integer] exit status
      def call
        return help if @help

        events = events_to_send
        handler = load_handler
        statuses = events.map { |event| invoke(handler, event) }
        statuses.max
      end

      private

      def parser
        @parser ||= OptionParser.new do |options|
          options.banner = <<~TEXT
            Usage: lamby invoke [EVENT] [options]

            Runs the application in this folder for one event, without AWS, and prints the response.

            EVENT is a file with the event's JSON, - for standard input, or the name of an integration.
            If EVENT is a name, Lamby makes the event from the options. The default is #{Simulator.integrations.first}.
            The integrations:
            #{Simulator.integrations.each_slice(4).map { |names| names.join(", ") }.join(",\n")}

          TEXT
          options.on("--all", "Send one event of each integration") { @all = true }
          options.on("-X", "--method METHOD", "Method of the request (GET)") { |value| method(value) }
          options.on("-p", "--path PATH", "Path and query of the request (/)") { |value| @request[:url] = url(value) }
          options.on("-H", "--header HEADER", "Header of the request, as \"Name: value\"; can be repeated") { |value| add_header(value) }
          options.on("-d", "--data BODY", "Body of the request, or @FILE; changes the default method to POST") { |value| body(value) }
          options.on("--handler HANDLER", "Handler of the function (#{DEFAULT_HANDLER})") { |value| @handler = value }
          options.on("--json", "Print only the payload, as Lambda sends it to the integration") { @json = true }
          options.on("-h", "--help", "Print this help") { @help = true }
        end
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
        url = path.start_with?("http://", "https://") ? path : "https://localhost/#{path.delete_prefix("/")}"
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
        return Simulator.integrations.map { |integration| Simulator.event(integration, **@request) } if @all

        name = @events.first || Simulator.integrations.first.to_s
        if name == "-"
          [$stdin.binmode.read]
        elsif Simulator.integrations.include?(name.to_sym)
          [Simulator.event(name.to_sym, **@request)]
        elsif File.file?(name)
          [File.binread(name)]
        else
          raise UsageError, "#{name.inspect} is neither a file nor one of #{Simulator.integrations.join(", ")}"
        end
      end

      def load_handler
        Function.new(@handler).load
      rescue Function::NotFound => e
        raise UsageError, "#{e.message}; go to the application's folder, or set --handler"
      end

      def invoke(handler, event)
        started = now
        payload = handler.call(event, Simulator.context)
        payload = payload.read unless payload.is_a?(String)
        milliseconds = (now - started) * 1000
        @json ? @out.puts(payload) : InvocationReport.new(@out, brief: @all).succeeded(event, payload, milliseconds)
        0
      rescue StandardError, ScriptError => e
        InvocationReport.new(@json ? $stderr : @out).failed(e)
        1
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end

# frozen_string_literal: true

module Lamby
  module Serve
    # Runs the HTTP server, the execution environments and the watcher.
    class Server
      # A port is in use, or the web server is missing.
      class Failed < StandardError; end

      # How many requests can wait or be in flight at the same time.
      THREADS = 64
      # How long the end of the server waits for clients, in seconds. Puma waits 30 seconds for the rest of a request.
      PATIENCE = 1
      # Addresses that mean all addresses of this machine.
      ALL_ADDRESSES = ["0.0.0.0", "::"].freeze
      private_constant :THREADS, :PATIENCE, :ALL_ADDRESSES

      # @param settings [Settings]
      # @param out [IO] gets what happens
      def initialize(settings, out)
        @settings = settings
        @console = Console.new(out, environments: settings.environments)
        @records = Records.new
        @environments = Environments.new(settings, Journal.new(@console, @records))
        @invoker = Invoker.new(@environments, @records, @console)
      end

      # Handles a request.
      #
      # @param env [Hash{String => Object}] a Rack env
      # @return [Array(Integer, Hash, #each)] a Rack response
      def call(env) = @router.call(env)

      # Runs until SIGINT or SIGTERM. The processes have 2 seconds to end. A second signal ends them at once.
      #
      # @yieldparam url [String] the server's address, when it accepts connections
      # @return [Integer] the exit status
      # @raise [Failed]
      def run
        signals = Signals.new
        puma = start_puma
        @environments.prepare
        watcher = start_watcher
        poller = start_poller
        @console.say(greeting(puma))
        yield url(puma) if block_given?
        signals.wait
        @console.say("Stopping ...")
        0
      ensure
        end_at_once_with(signals)
        watcher&.stop
        poller&.stop
        # Requests in flight end with the environments.
        @environments.stop
        puma&.stop
        puma&.thread&.join(PATIENCE)
        signals.close
      end

      private

      def start_puma
        require_puma
        puma = new_puma(self)
        listen(puma)
        @router = router(url(puma))
        puma.run
        puma
      end

      def router(url)
        front = Front.new(@settings, @invoker, @console)
        controls = Controls.new(@settings, @invoker, front, @console)
        inspector = Inspector.new(records: @records, controls: controls, description: description(url))
        Router.new(LocalOnly.new([host, *@settings.hosts]), inspector, InvokeEndpoint.new(@invoker, Asynchronous.new(@invoker, @console)), front)
      end

      # Returns what the inspector shows in its head.
      def description(url)
        {
          integration: @settings.integration, timeout: @settings.timeout, memory: @settings.memory, streaming: @settings.streaming?,
          url: url, handler: @settings.handler
        }
      end

      def require_puma
        require "puma"
        require "puma/server"
      rescue LoadError
        raise Failed, "lamby serve needs the gem puma: run \"bundle add puma --group development\""
      end

      # Puma 6 has moved its log from the second argument to the options.
      def new_puma(front)
        options = { min_threads: 0, max_threads: THREADS, environment: "production", lowlevel_error_handler: method(:internal_error) }
        log = PumaLog.new(@console)
        return ::Puma::Server.new(front, ::Puma::Events.new(log, log), options) unless defined?(::Puma::LogWriter)

        ::Puma::Server.new(front, nil, options.merge(log_writer: ::Puma::LogWriter.new(log, log)))
      end

      def listen(puma)
        puma.add_tcp_listener(@settings.bind, @settings.port)
        listen_on_ipv6(puma) if @settings.bind == Settings::DEFAULTS[:bind]
      rescue Errno::EADDRINUSE
        raise Failed, "port #{@settings.port} is in use: end the program that uses it, or set --port"
      rescue Errno::EACCES, Errno::EADDRNOTAVAIL, SocketError => e
        raise Failed, "the address #{@settings.bind} with port #{@settings.port} cannot be used: #{e.message}"
      end

      # Some programs resolve "localhost" to ::1 first. With another program there, they would not reach this server.
      def listen_on_ipv6(puma)
        puma.add_tcp_listener("::1", puma.connected_ports.first)
      rescue Errno::EADDRINUSE
        raise unless @settings.port.zero?
      rescue Errno::EADDRNOTAVAIL, Errno::EAFNOSUPPORT, SocketError
        nil # This machine has no IPv6.
      end

      def url(puma)
        "http://#{host}:#{puma.connected_ports.first}#{@settings.prefix}/"
      end

      # Returns the name for URLs. No client can connect to an address that means all addresses of this machine.
      def host
        return "localhost" if [Settings::DEFAULTS[:bind], *ALL_ADDRESSES].include?(@settings.bind)

        @settings.bind.include?(":") ? "[#{@settings.bind}]" : @settings.bind
      end

      def greeting(puma)
        "lamby serve: #{@settings.description}\n#{url(puma)}\n#{url(puma).delete_suffix("#{@settings.prefix}/")}/__lamby/ shows each invocation\nPress Ctrl-C to stop."
      end

      # Puma itself logs what is wrong with a malformed request.
      def internal_error(error, _env = nil, status = 500)
        @console.warn("#{error.class}: #{error.message} (#{error.backtrace&.first})") unless error.is_a?(::Puma::HttpParserError)
        [status, { "content-type" => "text/plain" }, ["lamby serve: #{error.message}\n"]]
      end

      def start_watcher
        return unless @settings.reload?

        watcher = Watcher.new(@settings.folder, @console) { |paths| reload(paths) }
        watcher.start
        watcher
      end

      def reload(paths)
        @console.say("#{paths.first}#{" and #{paths.size - 1} more" if paths.size > 1} changed: the application starts again")
        @environments.reload
      rescue SystemCallError => e
        @console.warn("the application cannot start: #{e.message}")
      end

      def start_poller
        return unless @settings.queue

        poller = QueuePoller.new(QueueClient.new(@settings.queue), @invoker, @console, Template.of(@settings.folder).queue)
        poller.start
        poller
      rescue Template::Malformed => e
        raise Failed, e.message
      end

      # Does not wait for slow clients and processes after a second signal.
      def end_at_once_with(signals)
        Thread.new do
          signals.wait
          @environments.kill
          exit!(0)
        end
      end
    end
  end
end

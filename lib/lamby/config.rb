# frozen_string_literal: true

module Lamby
  # The settings, at {Lamby.config}.
  class Config
    NOTHING = proc {}
    private_constant :NOTHING

    def initialize
      reset
    end

    # As {Lamby.configure}, {Lamby.reconfigure} and {Lamby.config}, by their names in lamby 6.
    class << self
      # @see Lamby.configure
      def configure(&) = Lamby.configure(&)

      # @see Lamby.reconfigure
      def reconfigure(&) = Lamby.reconfigure(&)

      # @see Lamby.config
      def config = Lamby.config
    end

    # Sets everything back to its default, then yields the settings.
    #
    # @yieldparam config [Lamby::Config]
    # @return [self]
    def reconfigure
      reset
      yield self if block_given?
      self
    end

    # Sets everything back to its default.
    #
    # @return [self]
    def reset
      @rack_app = nil
      @handled_proc = NOTHING
      @event_handlers = {}
      @event_bridge_handler = nil
      @cold_start_metrics = false
      @boot_metrics = false
      @metrics_app_name = nil
      @rescue_errors = false
      @health_check_path = nil
      @warm_up_pings = false
      @debug = nil
      @substitutes = nil
      @workers = nil
      @deadline_margin = 0.5
      self.invoke_mode = ENV.fetch("LAMBY_INVOKE_MODE", "buffered")
      @hooks = Hash.new { |hooks, name| hooks[name] = [] }
      self
    end

    # @return [#call] the application; by default the Rails application
    # @raise [Lamby::Error] where none is set and Rails is not there
    def rack_app
      @rack_app ||= rails_app
    end

    # What answers requests: {#rack_app}, or what raises its error when there is a request. A
    # function may have no application and handlers of {#on} alone.
    #
    # @api private
    def application
      rack_app
    rescue Error => e
      ->(_env) { raise e }
    end

    # @param app [#call] a Rack application
    attr_writer :rack_app

    # @return [#call] called with each event and context when it has been handled,
    #   also when the application raised; the event reads like a Hash
    # @example
    #   Lamby.config.handled_proc = ->(event, context) { Metrics.flush }
    attr_reader :handled_proc

    # @param handled_proc [#call, nil] nil for nothing, which is the default
    def handled_proc=(handled_proc)
      @handled_proc = handled_proc || NOTHING
    end

    # Has something done before the process ends: with the native runtime, where Lambda asks
    # it to (SIGTERM). Lambda then gives all hooks together 500 ms, or 300 ms beside an external
    # extension. Where there is a hook, the runtime registers an internal extension, which
    # takes one of ten places: without one Lambda does not ask.
    #
    # @yield before the process ends
    # @return [void]
    # @example
    #   Lamby.config.on_shutdown { Statistics.flush }
    # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
    def on_shutdown(&) = hook(:on_shutdown, &)

    # @return [#call, nil] called with events of EventBridge, schedules too, that {#on} has no handler
    #   for. The gem in pure Ruby printed them by default, and so lost them: without one, they are
    #   not handled
    # @example
    #   Lamby.config.event_bridge_handler = ->(event, context) { Reports.build(event["detail"]) }
    attr_accessor :event_bridge_handler

    # @return [Boolean] whether cold starts are counted in CloudWatch; by default they are not
    # @see Metrics::ColdStart
    attr_accessor :cold_start_metrics
    alias cold_start_metrics? cold_start_metrics

    # @return [Boolean] whether CloudWatch is told how long initialization took, in phases; by default
    #   it is not
    # @see Metrics::ColdStart
    attr_accessor :boot_metrics

    # @return [String, nil] the application's name in metrics; by default that of the Rails
    #   application, or of the function
    attr_accessor :metrics_app_name

    # @return [Boolean] what comes of an application that raises: by default the invocation fails,
    #   and Lambda counts it as an error; if true, the client gets a page that says so, with
    #   status 500, and the trace goes to the log
    attr_accessor :rescue_errors

    # @return [String, nil] a path, such as "/up", that is answered with 200 without the application, as
    #   for a load balancer's health checks; by default there is none
    attr_reader :health_check_path

    # @param path [String, nil]
    def health_check_path=(path)
      @substitutes = nil
      @health_check_path = path
    end

    # @return [Boolean] whether pings that keep the function warm are answered, with null, without a handler:
    #   schedules of EventBridge that nothing else handles, and what serverless-plugin-warmup
    #   (`{"source": "serverless-plugin-warmup"}`) and lambda-warmer (`{"warmer": true}`) send; by default
    #   they are not
    attr_accessor :warm_up_pings

    # @return [Boolean] whether `?debug=1` shows the debug page; by default where RAILS_ENV or RACK_ENV is
    #   development (off Lambda also where none is, and Rails takes it for that), and with LAMBY_DEBUG=1
    # @see Middleware::DebugPage
    def debug
      @debug = debug_by_default if @debug.nil?
      @debug
    end

    # @param debug [Boolean]
    def debug=(debug)
      @substitutes = nil
      @debug = debug
    end

    # @param app [#call]
    # @param env [Hash] a Rack environment
    # @return [#call] what is to answer the request: the application, nearly always
    # @api private
    def answering(app, env)
      # Asked for with each request, so that the answer is kept.
      @substitutes = !health_check_path.nil? || debug if @substitutes.nil?
      return app unless @substitutes
      return HEALTHY if env["PATH_INFO"] == health_check_path

      debug && Middleware::DebugPage.asked?(env) ? Middleware::DebugPage.new(app) : app
    end

    HEALTHY = ->(_env) { [200, { "content-type" => "text/plain" }, ["OK"]] }
    private_constant :HEALTHY

    # @return [Array<Regexp, String>] which commands the gem lambda-console-ruby may run
    # @raise [Lamby::Error] where it is not there
    def runner_patterns
      return ::LambdaConsole::Run::PATTERNS if defined?(::LambdaConsole::Run)

      raise Error, "runner_patterns are those of the gem lambda-console-ruby, which is not loaded"
    end

    # What {#on} can be asked for.
    EVENT_KINDS = [*Native::EVENT_KINDS, :unknown].freeze

    # Has events that are not HTTP requests handled. They are told by their structure; one that
    # nothing handles raises {UnhandledEvent}, so that Lambda retries or dead-letters it.
    #
    # @param kinds [Array<Symbol>] of {EVENT_KINDS}; `:direct` is an invocation with JSON of one's own,
    #   `:unknown` all that has no handler of its own
    # @yieldparam event [Hash, Lamby::Event]
    # @yieldparam context [Object] the invocation's context
    # @yieldreturn [Object] what the invocation returns, as JSON
    # @return [void]
    # @raise [ArgumentError] where there is no such kind, or no block
    # @example A queue whose failed messages alone come again
    #   Lamby.config.on(:sqs) do |event, _context|
    #     Lamby.each_record(event) { |record| Order.import(JSON.parse(record["body"])) }
    #   end
    def on(*kinds, &handler)
      raise ArgumentError, "on takes a block" unless handler

      unknown = kinds - EVENT_KINDS
      raise ArgumentError, "there is no #{unknown.first.inspect}; there are #{EVENT_KINDS.join(", ")}" if unknown.any? || kinds.empty?

      kinds.each { |kind| @event_handlers[kind] = handler }
      nil
    end

    # @param kind [Symbol, nil]
    # @return [Proc, nil] what handles events of that kind
    # @api private
    def event_handler(kind)
      @event_handlers[kind]
    end

    MODES = %i[buffered response_stream].freeze
    private_constant :MODES

    # @return [Symbol] with the native runtime, whether responses go out in one piece (`:buffered`,
    #   the default) or piece by piece (`:response_stream`); without a setting, what the
    #   environment's LAMBY_INVOKE_MODE says. Lambda does not tell a runtime which one the
    #   integration wants: both have to be set.
    # @see file:docs/streaming.md
    attr_reader :invoke_mode

    # @param mode [Symbol, String]
    # @raise [ArgumentError] where it is neither
    def invoke_mode=(mode)
      @invoke_mode = MODES.find { |it| it.to_s == mode.to_s.downcase } or
        raise ArgumentError, "invoke_mode (LAMBY_INVOKE_MODE) is #{mode.inspect}, and has to be one of #{MODES.join(", ")}"
    end

    # @return [Numeric] seconds before an invocation's deadline at which a response that is still
    #   being streamed is ended, with an error that says so; by default 0.5
    attr_accessor :deadline_margin

    # @return [Integer, nil] with the native runtime, how many processes share the invocations
    #   that run at once, where more than one does (AWS_LAMBDA_MAX_CONCURRENCY, on Lambda Managed
    #   Instances); by default one for each processor
    attr_accessor :workers

    # Has something done before worker processes are forked, when the application is loaded:
    # close what they cannot share.
    #
    # @yield once, before the first of them
    # @return [void]
    # @example
    #   Lamby.config.before_fork { REDIS.close }
    def before_fork(&) = hook(:before_fork, &)

    # Has something done in each worker process when it begins, also in one that replaces another.
    #
    # @yieldparam index [Integer] of the worker, from 0
    # @return [void]
    # @example
    #   Lamby.config.after_fork { |index| Metrics.start(worker: index) }
    def after_fork(&) = hook(:after_fork, &)

    # Has something done before Lambda takes a snapshot of the process (SnapStart), last in,
    # first out. The connections of ActiveRecord and of Rails' cache in Redis are closed afterwards,
    # whatever is here.
    #
    # Without hooks of a runtime Lambda asks the image for a promise that it needs none, a
    # line of the Dockerfile: `LABEL com.amazonaws.lambda.feature.snapstart="Allow"`.
    #
    # @yield when the application is loaded
    # @return [void]
    # @example
    #   Lamby.config.before_snapshot { REDIS.close }
    # @see https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
    def before_snapshot(&) = hook(:before_snapshot, &)

    # Has something done in each process that is restored from a snapshot, before its first
    # invocation, in order. Lambda gives all of it 10 seconds. Ruby's and OpenSSL's random
    # numbers are seeded anew before.
    #
    # @yield when the process is restored
    # @return [void]
    # @example
    #   Lamby.config.after_restore { Credentials.refresh }
    def after_restore(&) = hook(:after_restore, &)

    # @param name [Symbol]
    # @return [Array<Proc>] what the method of that name was given, in order
    # @api private
    def hooks(name)
      @hooks[name]
    end

    # Calls {#handled_proc}, whose own exception does not take the place of another.
    #
    # @api private
    def handled(event, context, error)
      return if @handled_proc.equal?(NOTHING)
      # A process that the application has forked returns through here too, but has handled no invocation.
      return if context.respond_to?(:forked?) && context.forked?

      @handled_proc.call(Event.wrap(event), context)
    rescue StandardError => e
      raise unless error

      Runtime::Log.exception(e, "handled_proc", context)
    end

    private

    def hook(name, &block)
      raise ArgumentError, "#{name} takes a block" unless block

      @hooks[name] << block
      nil
    end

    # Rails is in development where nothing says another environment: on Lambda that is not enough.
    def debug_by_default
      asked = ENV.fetch("LAMBY_DEBUG", "")
      return !%w[0 false].include?(asked) unless asked.empty?

      named = ENV["RAILS_ENV"] || ENV.fetch("RACK_ENV", nil)
      return named == "development" if named || ENV.key?("AWS_LAMBDA_FUNCTION_NAME")

      (defined?(::Rails.env) && ::Rails.env.development?) || false
    end

    def rails_app
      return ::Rails.application if defined?(::Rails.application) && ::Rails.application

      raise Error, "there is no application: set Lamby.config.rack_app, " \
                   "or load the Rails application first (CMD \"config/environment.Lamby.cmd\")"
    end
  end

  # Its name in lamby 6.
  Configuration = Config
end

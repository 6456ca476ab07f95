# frozen_string_literal: true

require "lamby/hooks"

module Lamby
  # Lamby's settings. {Lamby.config} returns them.
  class Config
    include EventSources::Handlers
    include Hooks

    # The default of {#handled_proc}.
    # @api private
    NOTHING = proc {}
    # The kinds of events that {#on} takes.
    EVENT_KINDS = EventSources::KINDS
    INVOKE_MODES = %i[buffered response_stream].freeze
    private_constant :INVOKE_MODES

    def initialize
      reset
    end

    # These methods are kept for applications that were written for lamby 6. In lamby 6, {Lamby.configure},
    # {Lamby.reconfigure} and {Lamby.config} were methods of this class.
    class << self
      # @see Lamby.configure
      def configure(&) = Lamby.configure(&)

      # @see Lamby.reconfigure
      def reconfigure(&) = Lamby.reconfigure(&)

      # @see Lamby.config
      def config = Lamby.config
    end

    # Resets all settings to their defaults, then yields this object.
    #
    # @yieldparam config [Lamby::Config]
    # @return [self]
    def reconfigure
      reset.tap { |config| yield config if block_given? }
    end

    # Resets all settings to their defaults.
    #
    # @return [self]
    def reset
      @rack_app = @event_bridge_handler = @metrics_app_name = @workers = @concurrency = @warm_up_path = nil
      @cold_start_metrics = @boot_metrics = @rescue_errors = @warm_up_pings = @console = false
      @deadline_margin = 0.5
      self.stage_as_script_name = false
      self.handled_proc = self.health_check_path = self.debug = nil
      self.invoke_mode = ENV.fetch("LAMBY_INVOKE_MODE", "buffered")
      reset_event_handlers
      reset_hooks
      self
    end

    # @return [#call] the Rack application; by default the Rails application
    # @raise [Lamby::Error] if no application is set, and there is no Rails application
    def rack_app
      @rack_app ||= rails_app
    end
    attr_writer :rack_app

    # @return [#call] an object that Lamby calls after each event, with the event and its context, even if the
    #   application raised an exception. The event can be read like a Hash
    # @example
    #   Lamby.config.handled_proc = ->(event, context) { Metrics.flush }
    attr_reader :handled_proc

    # @param handled_proc [#call, nil] with nil, the default, Lamby calls nothing
    def handled_proc=(handled_proc)
      @handled_proc = handled_proc || NOTHING
    end

    # @return [#call, nil] the handler of EventBridge's events and schedules for which {#on} has registered no handler.
    #   By default, Lamby raises {UnhandledEvent} for them. lamby 6 only printed them by default, so they were lost
    # @example
    #   Lamby.config.event_bridge_handler = ->(event, context) { Reports.build(event["detail"]) }
    attr_accessor :event_bridge_handler

    # @return [Boolean] whether the stage of a REST API is the `SCRIPT_NAME` of requests to the API's own domain; false
    #   by default. There, each URL begins with the stage, as in `https://a1b2.execute-api.us-east-1.amazonaws.com/prod`.
    #   With true, the application's links, redirects and assets contain the stage. A custom domain has no stage
    attr_reader :stage_as_script_name

    # @param on [Boolean]
    def stage_as_script_name=(on)
      @stage_as_script_name = on ? true : false
      Native.stage_as_script_name = @stage_as_script_name
    end

    # @return [Boolean] whether Lamby counts cold starts in CloudWatch; false by default
    # @see Metrics::ColdStart
    attr_accessor :cold_start_metrics
    alias cold_start_metrics? cold_start_metrics

    # @return [Boolean] whether Lamby reports to CloudWatch how long each phase of the initialization took; false by
    #   default
    # @see Metrics::ColdStart
    attr_accessor :boot_metrics

    # @return [String, nil] the application's name in metrics; by default the name of the Rails application, or, without
    #   Rails, the name of the function
    attr_accessor :metrics_app_name

    # @return [Boolean] whether an exception of the application results in an error page. If false, the default, the
    #   invocation fails, and Lambda counts an error. If true, the client gets a page with status 500, and the log gets
    #   the backtrace
    attr_accessor :rescue_errors

    # @return [String, nil] a path, such as "/up", for which Lamby responds with 200 without calling the application.
    #   Use it for a load balancer's health checks. With nil, the default, there is no such path
    attr_reader :health_check_path

    # @param path [String, nil]
    def health_check_path=(path)
      @without_middleware = nil
      @health_check_path = path
    end

    # @return [String, nil] a path, such as "/up". After `lamby runtime` has loaded the application, it sends the
    #   application one request for this path. Lambda takes a SnapStart snapshot and sends the first invocation only
    #   after this request, so the first client does not wait for the code that the application loads during its first
    #   request. With nil, the default, there is no such request
    # @see file:docs/runtime.md
    attr_reader :warm_up_path

    # @param path [String, nil]
    # @raise [ArgumentError] if the path does not begin with a slash
    # @example
    #   Lamby.config.warm_up_path = "/up"
    def warm_up_path=(path)
      unless path.nil? || path.to_s.start_with?("/")
        raise ArgumentError, "warm_up_path is #{path.inspect}, and has to be a path that begins with a slash, such as \"/up\""
      end

      @warm_up_path = path
    end

    # @return [Boolean] whether Lamby itself handles the events that keep the function warm, and returns null for them;
    #   false by default. These are the events of serverless-plugin-warmup (`"source": "serverless-plugin-warmup"`) and
    #   of lambda-warmer (`"warmer": true`), and the schedules of EventBridge that have no handler
    attr_accessor :warm_up_pings

    # @return [Boolean] whether `lamby run` and `lamby console` may run any command and any Ruby code in this function;
    #   false by default. With true, everybody who has the IAM permission lambda:InvokeFunction for the function can do
    #   everything that the function can do, and read its secrets. Clients of the application's URL cannot
    # @see Console
    # @see file:docs/console.md
    # @example
    #   Lamby.config.console = true
    attr_accessor :console

    # @return [Boolean] whether `?debug=1` shows the debug page. By default, LAMBY_DEBUG decides: 0 and false turn the
    #   page off, other values turn it on. If LAMBY_DEBUG is not set, the page is on if RAILS_ENV is development, or if
    #   RAILS_ENV is not set and RACK_ENV is development. If none of these variables is set, Rails assumes development,
    #   so the page is on in a Rails application. But if none of them is set on Lambda, the page is off, because clients
    #   could see it
    # @see Middleware::DebugPage
    def debug
      @debug = Middleware::DebugPage.default? if @debug.nil?
      @debug
    end

    # @param debug [Boolean, nil] with nil, the default applies
    def debug=(debug)
      @without_middleware = nil
      @debug = debug
    end

    # @return [Boolean] whether Lamby can skip {Middleware}. It can if {#health_check_path} is nil and {#debug} is
    #   false. The value is cached, because Lamby needs it for each request
    # @api private
    def without_middleware?
      @without_middleware = health_check_path.nil? && !debug if @without_middleware.nil?
      @without_middleware
    end

    # @return [Symbol] how the native runtime sends responses: as a whole (`:buffered`, the default), or while the
    #   application generates them (`:response_stream`). Without a setting, LAMBY_INVOKE_MODE decides. Set the
    #   integration's mode to the same value, because the runtime cannot find out the integration's mode
    # @see file:docs/streaming.md
    attr_reader :invoke_mode

    # @param mode [Symbol, String]
    # @raise [ArgumentError] if the mode is unknown
    def invoke_mode=(mode)
      @invoke_mode = INVOKE_MODES.find { |it| it.to_s == mode.to_s.downcase } or
        raise ArgumentError, "invoke_mode (LAMBY_INVOKE_MODE) is #{mode.inspect}, and has to be one of #{INVOKE_MODES.join(", ")}"
    end

    # @return [Numeric] how many seconds before an invocation's deadline Lamby ends a response that is still being
    #   streamed; 0.5 by default. To end the response, Lamby raises {Runtime::DeadlineExceeded} in the thread that
    #   handles the request
    attr_accessor :deadline_margin

    # @return [Integer, nil] the number of worker processes among which the native runtime divides the invocations that
    #   run at the same time; by default one for each processor. There are never more worker processes than invocations
    #   that can run at the same time (see {#concurrency})
    attr_accessor :workers

    # @return [Integer, nil] the number of invocations that the native runtime takes at the same time, from 1 to 1600;
    #   by default LAMBY_CONCURRENCY, or 1. On Lambda Managed Instances, AWS_LAMBDA_MAX_CONCURRENCY replaces the setting
    attr_accessor :concurrency

    private

    def rails_app
      return ::Rails.application if defined?(::Rails.application) && ::Rails.application

      raise Error, "there is no application: set Lamby.config.rack_app, " \
                   "or load the Rails application first (CMD \"config/environment.Lamby.cmd\")"
    end
  end

  # The name of {Config} in lamby 6.
  Configuration = Config
end

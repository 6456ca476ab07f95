# frozen_string_literal: true

require "securerandom"
require "socket"

module Lamby
  module Local
    # Lambda's Runtime API on this machine: a server that a runtime asks for invocations.
    # Any number of polls wait at once, each gets another invocation; all that was asked is
    # on record, and any exchange can be made to go wrong.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    # @example
    #   api = Lamby::Local::RuntimeAPI.new
    #   invocation = api.invoke('{"key": "value"}') # a runtime is running with api.address
    #   invocation.wait.body # => '{"statusCode": 200}'
    class RuntimeAPI
      autoload :Exchange, "lamby/local/runtime_api/exchange"

      # What was said about an invocation.
      # @!attribute kind
      #   @return [Symbol] :response or :error
      # @!attribute headers
      #   @return [Hash{String => String}] with names in lower case
      # @!attribute body
      #   @return [String] bytes
      # @!attribute trailers
      #   @return [Hash{String => String}] with names in lower case
      Answer = Struct.new(:kind, :headers, :body, :trailers)

      # An event on its way.
      class Invocation
        # @return [String]
        attr_reader :request_id
        # @return [String] JSON
        attr_reader :event
        # @return [Hash{String => String}] what goes with the event
        attr_reader :headers
        # @return [Queue<String>] the pieces of an answer that comes piece by piece, as they come
        attr_reader :chunks
        # @return [Array<Answer>] all there were: one, of a runtime that is right
        attr_reader :answers

        # @api private
        def initialize(event, headers)
          @event = event
          @request_id = headers.fetch("Lambda-Runtime-Aws-Request-Id")
          @headers = headers
          @answers = []
          @chunks = Queue.new
          @begun = false
          @first = Queue.new
        end

        # @api private
        attr_writer :begun

        # @return [Boolean] whether a part of a streamed response has arrived. If it breaks off, that is the
        #   invocation's outcome, and Lambda refuses a later report
        # @api private
        def begun? = @begun

        # @api private
        def answer(answer)
          @answers << answer
          @first << answer if @answers.size == 1
        end

        # @return [Answer] the first one, when it is there
        # @raise [RuntimeError] where there is none in time
        def wait(seconds = 20)
          Timeout.timeout(seconds) { @first.pop.tap { |answer| @first << answer } }
        rescue Timeout::Error
          raise "invocation #{request_id} was not answered in #{seconds} s"
        end
      end

      # @return [String] what AWS_LAMBDA_RUNTIME_API is to be
      attr_reader :address
      # @return [Array<Exchange>] all that was asked, in order
      attr_reader :exchanges
      # @return [#call, nil] called with each {Exchange} and chunk of an answer that comes piece by
      #   piece, and says by what it returns whether to keep it
      attr_accessor :on_chunk
      # @return [Queue] what was posted to /init/error and /restore/error, as {Answer}s
      attr_reader :failures

      # @param port [Integer] 0 for any that is free
      # @param prefix [String] what all paths begin with
      def initialize(port: 0, prefix: "")
        require "timeout"
        @server = TCPServer.new("127.0.0.1", port)
        @prefix = prefix
        @address = "127.0.0.1:#{@server.addr[1]}#{prefix}"
        @pending = Queue.new
        @restored = Queue.new
        @invocations = {}
        @exchanges = []
        @failures = Queue.new
        @faults = []
        @lock = Mutex.new
        @connections = []
        @acceptor = Thread.new { accept }
      end

      # Hands an event to the runtime, when it asks.
      #
      # @param event [String] JSON
      # @param headers [Hash{String => String}] beside those that Lambda always sends
      # @return [Invocation]
      def invoke(event, headers = {})
        invocation = Invocation.new(event, default_headers.merge(headers).compact)
        @lock.synchronize { @invocations[invocation.request_id] = invocation }
        @pending << invocation
        invocation
      end

      # Has the next exchange of a path, or the next few, go another way.
      #
      # @param path [String, Regexp] which paths it is about, such as "/invocation/next"
      # @param times [Integer]
      # @yieldparam exchange [Exchange] to reply to, or not
      # @return [void]
      def fault(path, times: 1, &block)
        @lock.synchronize { times.times { @faults << [path, block] } }
      end

      # Lets a runtime that waits for its snapshot go on.
      #
      # @return [void]
      def restore
        @restored << true
      end

      # @return [Integer] how many connections were made
      def connections
        @connections.size
      end

      # Ends all connections.
      #
      # @return [void]
      def close
        @acceptor.kill
        @server.close
        @connections.each { |thread, socket| thread.kill && socket.close }
      end

      private

      def default_headers
        {
          "Lambda-Runtime-Aws-Request-Id" => SecureRandom.uuid,
          "Lambda-Runtime-Deadline-Ms" => (Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 30_000).to_s,
          "Lambda-Runtime-Invoked-Function-Arn" => "arn:aws:lambda:us-east-1:123456789012:function:function",
          "Content-Type" => "application/json"
        }
      end

      def accept
        loop do
          socket = @server.accept
          socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
          @connections << [Thread.new { serve(socket) }, socket]
        end
      end

      def serve(socket)
        while (exchange = Exchange.read(socket, @prefix) { |unfinished, chunk| take_chunk(unfinished, chunk) })
          @lock.synchronize { @exchanges << exchange }
          fault = fault_for(exchange.path)
          fault ? fault.call(exchange) : answer(exchange)
          break unless exchange.keep_alive?
        end
      rescue SystemCallError, IOError
        nil # The runtime has gone.
      ensure
        socket.close
      end

      def fault_for(path)
        @lock.synchronize do
          index = @faults.index { |pattern, _| pattern === path } # rubocop:disable Style/CaseEquality -- a String or a Regexp
          @faults.delete_at(index).last if index
        end
      end

      def answer(exchange)
        case "#{exchange.method} #{exchange.path}"
        when "GET /invocation/next" then hand_over(exchange)
        when %r{\APOST /invocation/([^/]+)/(response|error)\z} then take(exchange, $1, $2.to_sym) # rubocop:disable Style/PerlBackrefs
        when "POST /init/error", "POST /restore/error" then fail_with(exchange)
        when "GET /restore/next" then @restored.pop && exchange.reply(200)
        when "POST /extension/register" then exchange.reply(200, { "Lambda-Extension-Identifier" => SecureRandom.uuid }, "{}")
        when "GET /extension/event/next" then sleep
        else exchange.reply(404, {}, "{\"errorMessage\":\"there is no #{exchange.path}\"}")
        end
      end

      def take_chunk(exchange, chunk)
        invocation = @lock.synchronize { @invocations[exchange.path[%r{\A/invocation/([^/]+)/}, 1]] }
        invocation&.begun = true
        return false if on_chunk && !on_chunk.call(exchange, chunk)

        invocation.chunks << chunk if invocation
        true
      end

      def hand_over(exchange)
        invocation = @pending.pop
        # The runtime may have ended while it waited: another one will ask.
        return @pending << invocation if exchange.abandoned?

        exchange.reply(200, invocation.headers, invocation.event)
      end

      def take(exchange, request_id, kind)
        invocation = @lock.synchronize { @invocations[request_id] }
        if invocation.nil? || (kind == :error && invocation.begun? && invocation.answers.empty?)
          exchange.reply(400, {}, '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
        else
          already = invocation.answers.any?
          invocation.answer(Answer.new(kind, exchange.headers, exchange.body, exchange.trailers))
          return exchange.reply(202, {}, "{\"status\":\"OK\"}\n") unless already

          exchange.reply(400, {}, '{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}')
        end
      end

      def fail_with(exchange)
        @failures << Answer.new(:error, exchange.headers, exchange.body, {})
        exchange.reply(202, {}, "{\"status\":\"OK\"}\n")
      end
    end
  end
end

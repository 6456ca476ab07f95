# frozen_string_literal: true

require "securerandom"
require "socket"

module Lamby
  module Testing
    # A server with Lambda's Runtime API, for tests. Several runtimes, or several threads of one, can poll it at the same
    # time: each invocation goes to one poll. It records all exchanges, and can make any of them fail.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    # @example
    #   api = Lamby::Testing::RuntimeAPI.new
    #   invocation = api.invoke('{"key": "value"}') # A runtime has api.address as AWS_LAMBDA_RUNTIME_API.
    #   invocation.wait.body # => '{"statusCode": 200}'
    class RuntimeAPI
      autoload :Exchange, "lamby/testing/runtime_api/exchange"

      # The runtime's response to an invocation, or its error report.
      # @!attribute kind
      #   @return [Symbol] :response or :error
      # @!attribute headers
      #   @return [Hash{String => String}] with names in lower case
      # @!attribute body
      #   @return [String] bytes
      # @!attribute trailers
      #   @return [Hash{String => String}] with names in lower case
      Answer = Struct.new(:kind, :headers, :body, :trailers)

      # An event for the runtime, and what the runtime sends back.
      class Invocation
        # @return [String]
        attr_reader :request_id
        # @return [String] JSON
        attr_reader :event
        # @return [Hash{String => String}] the headers that the runtime gets with the event
        attr_reader :headers
        # @return [Queue<String>] the chunks of a streamed response, as they arrive
        attr_reader :chunks
        # @return [Array<Answer>] all responses and error reports; a correct runtime sends one
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

        # @return [Boolean] whether a chunk of a streamed response has arrived. Lambda then refuses an error report, also
        #   if the response breaks off
        # @api private
        def begun? = @begun

        # @api private
        def answer(answer)
          @answers << answer
          @first << answer if @answers.size == 1
        end

        # Waits for the first response or error report.
        #
        # @param seconds [Numeric] the longest wait
        # @return [Answer]
        # @raise [RuntimeError] if there is none by then
        def wait(seconds = 20)
          Timeout.timeout(seconds) { @first.pop.tap { |answer| @first << answer } }
        rescue Timeout::Error
          raise "invocation #{request_id} has no response after #{seconds} s"
        end
      end

      # @return [String] the value of AWS_LAMBDA_RUNTIME_API for a runtime
      attr_reader :address
      # @return [Array<Exchange>] all exchanges, in order
      attr_reader :exchanges
      # @return [#call, nil] called with each {Exchange} and chunk of a streamed response; the chunk is dropped if it
      #   returns false
      attr_accessor :on_chunk
      # @return [Queue] the error reports to /init/error and /restore/error, as {Answer}s
      attr_reader :failures

      # Starts the server.
      #
      # @param port [Integer] 0 for any free port
      # @param prefix [String] a prefix of all paths
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

      # Queues an event for the next poll.
      #
      # @param event [String] JSON
      # @param headers [Hash{String => String, nil}] headers in addition to those that Lambda always sends; nil removes one
      # @return [Invocation]
      def invoke(event, headers = {})
        invocation = Invocation.new(event, default_headers.merge(headers).compact)
        @lock.synchronize { @invocations[invocation.request_id] = invocation }
        @pending << invocation
        invocation
      end

      # Makes the next exchanges of a path call a block, which replies in place of the server.
      #
      # @param path [String, Regexp] matches the path, such as "/invocation/next"
      # @param times [Integer] number of exchanges
      # @yieldparam exchange [Exchange] the exchange; the block need not reply
      # @return [void]
      def fault(path, times: 1, &block)
        @lock.synchronize { times.times { @faults << [path, block] } }
      end

      # Replies to a runtime that waits to be restored from its snapshot.
      #
      # @return [void]
      def restore
        @restored << true
      end

      # @return [Integer] number of connections so far, also of closed ones
      def connections
        @connections.size
      end

      # Stops the server and closes all connections.
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
        nil # The runtime closed the connection.
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
        # If the runtime ended while it waited, the next poll gets the invocation.
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

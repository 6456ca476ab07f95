# frozen_string_literal: true

require "securerandom"
require "socket"

module Lamby
  module Testing
    # A server that implements Lambda's Runtime API, for tests. Several runtimes, or several threads of one
    # runtime, can poll it at the same time: each invocation goes to one poll. It records all exchanges, and can make
    # any of them fail.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    # @example
    #   api = Lamby::Testing::RuntimeAPI.new
    #   invocation = api.invoke('{"key": "value"}') # Start a runtime with AWS_LAMBDA_RUNTIME_API set to api.address.
    #   invocation.wait.body # => '{"statusCode": 200}'
    class RuntimeAPI
      autoload :Exchange, "lamby/testing/runtime_api/exchange"
      autoload :Invocation, "lamby/testing/runtime_api/invocation"
      autoload :InvocationQueue, "lamby/testing/runtime_api/invocation_queue"
      autoload :Report, "lamby/testing/runtime_api/report"

      # Matches the path of a response or an error report. Captures the request id and the kind, `response` or `error`.
      OUTCOME = %r{\A/invocation/([^/]+)/(response|error)\z}
      private_constant :OUTCOME

      # The runtime's response to an invocation, or its error report.
      # @!attribute kind
      #   @return [Symbol] :response or :error
      # @!attribute headers
      #   @return [Hash{String => String}] names in lower case, and values
      # @!attribute body
      #   @return [String] bytes
      # @!attribute trailers
      #   @return [Hash{String => String}] names in lower case, and values
      Answer = Struct.new(:kind, :headers, :body, :trailers)

      # @return [String] the value of AWS_LAMBDA_RUNTIME_API for a runtime
      attr_reader :address
      # @return [Array<Exchange>] all exchanges, in order
      attr_reader :exchanges
      # @return [#call, nil] an object that the server calls with the {Exchange} and each chunk of a streamed response.
      #   If the call returns false, the server drops the chunk
      attr_accessor :on_chunk
      # @return [#call, nil] an object that the server calls with the {Exchange} of each poll, before it waits for an
      #   invocation
      attr_accessor :on_poll
      # @return [#call, nil] an object that the server calls with the {Invocation} and the first {Answer} to it
      attr_accessor :on_answer
      # @return [Queue<Answer>] the error reports to /init/error and /restore/error
      attr_reader :failures

      # Starts the server.
      #
      # @param port [Integer] 0 for any free port
      # @param prefix [String] a prefix of all paths
      # @param history [Boolean] whether to keep all exchanges and invocations. Without them, a server that runs for days
      #   does not need more and more memory
      def initialize(port: 0, prefix: "", history: true)
        @server = TCPServer.new("127.0.0.1", port)
        @prefix = prefix
        @history = history
        @host = "127.0.0.1:#{@server.addr[1]}"
        @address = "#{@host}#{prefix}"
        @pending = InvocationQueue.new
        @restored = Queue.new
        @invocations = {}
        @exchanges = []
        @failures = Queue.new
        @faults = []
        @polls = []
        @lock = Mutex.new
        @connections = []
        @acceptor = Thread.new { listen }
      end

      # Queues an event for the next poll.
      #
      # @param event [String] JSON
      # @param headers [Hash{String => String, nil}] headers in addition to those that Lambda always sends; the value
      #   nil removes a header
      # @return [Invocation]
      def invoke(event, headers = {})
        invocation = Invocation.new(event, default_headers.merge(headers).compact)
        @lock.synchronize { @invocations[invocation.request_id] = invocation }
        @pending << invocation
        invocation
      end

      # Waits for the next invocation and removes it from the queue. Call this method in a block of {#fault} that replies
      # to the poll in place of the server.
      #
      # @return [Invocation]
      def take_next
        @pending.pop
      end

      # @return [Integer] number of invocations that no poll has received yet
      def pending
        @pending.size
      end

      # Waits for the next invocation, and replies to a poll with it. If the runtime closed the connection, the next
      # poll gets the invocation.
      #
      # @param exchange [Exchange] a request `GET /invocation/next`
      # @return [void]
      # @raise [SystemCallError, IOError] if the connection failed
      def hand_over(exchange)
        @lock.synchronize { @polls << exchange }
        on_poll&.call(exchange)
        invocation = take_next
        begin
          return @pending.put_back(invocation) if exchange.abandoned?

          invocation.handed_to << exchange.connection
          exchange.reply(200, invocation.headers, invocation.event)
        rescue SystemCallError, IOError
          invocation.handed_to.delete(exchange.connection)
          @pending.put_back(invocation)
          raise
        end
      ensure
        @lock.synchronize { @polls.delete(exchange) }
      end

      # Records the response or the error report to an invocation, and replies as Lambda does.
      #
      # @param exchange [Exchange] a request `POST /invocation/ID/response` or `POST /invocation/ID/error`
      # @param reply [Boolean] whether to reply. Without a reply, the runtime does not know whether the response has
      #   arrived
      # @return [void]
      def accept(exchange, reply: true)
        _, request_id, kind = *OUTCOME.match(exchange.path)
        status, body = record(exchange, request_id, kind.to_sym)
        exchange.reply(status, {}, body) if reply
      end

      # Describes the state of the server, for the message of a failed test: each exchange with its connection, the
      # polls that wait, and the invocations without a response.
      #
      # @return [String] several lines
      def report
        exchanges, polls, invocations = @lock.synchronize { [@exchanges.dup, @polls.dup, @invocations.values] }
        Report.new(address, exchanges, polls, invocations, @pending).to_s
      end

      # Makes the server call the block for the next requests to a path. The block replies in place of the server.
      #
      # @param path [String, Regexp] the path, such as "/invocation/next", or a pattern that matches it
      # @param times [Integer] number of requests for which the server calls the block
      # @yieldparam exchange [Exchange] the request; the block may reply to it with {Exchange#reply}
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

      # @return [Integer] number of connections so far, including closed ones
      def connections
        @connections.size
      end

      # Returns whether the server has read everything that the runtime has sent on the connections that got an invocation,
      # and the runtime has closed these connections.
      #
      # @param invocation [Invocation]
      # @return [Boolean]
      # @api private
      def drained?(invocation)
        invocation.handed_to.none? { |number| @connections[number - 1].first.alive? }
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

      def listen
        loop do
          socket = @server.accept
          socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
          number = @connections.size + 1
          @connections << [Thread.new { serve(socket, number) }, socket]
        end
      end

      def serve(socket, connection)
        while (exchange = Exchange.read(socket, @prefix, connection) { |unfinished, chunk| take_chunk(unfinished, chunk) })
          @lock.synchronize { @exchanges << exchange } if @history
          of_browser?(exchange) ? exchange.reply(403) : process(exchange)
          break unless exchange.keep_alive?
        end
      rescue SystemCallError, IOError
        nil # The runtime closed the connection.
      ensure
        socket.close
      end

      def process(exchange)
        fault = fault_for(exchange.path)
        fault ? fault.call(exchange) : reply_to(exchange)
      end

      # Returns whether a page in a browser has sent the request. Such a page could take invocations. With DNS rebinding, the
      # header Host has the page's own name. Otherwise, a browser says where the request comes from:
      # https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
      def of_browser?(exchange)
        headers = exchange.headers
        headers.fetch("host", @host) != @host || headers.key?("sec-fetch-site") || headers.key?("origin")
      end

      def fault_for(path)
        @lock.synchronize do
          index = @faults.index { |pattern, _| pattern === path } # rubocop:disable Style/CaseEquality -- a String or a Regexp
          @faults.delete_at(index).last if index
        end
      end

      def reply_to(exchange)
        case "#{exchange.method} #{exchange.path}"
        when "GET /invocation/next" then hand_over(exchange)
        when %r{\APOST /invocation/[^/]+/(?:response|error)\z} then accept(exchange)
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

      # Records a response or an error report, and returns the status and the body of the reply.
      def record(exchange, request_id, kind)
        invocation = @lock.synchronize { @invocations[request_id] }
        if invocation.nil? || (kind == :error && invocation.begun? && invocation.answers.empty?)
          return [400, '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}']
        end

        already = invocation.answers.any?
        answer = Answer.new(kind, exchange.headers, exchange.body, exchange.trailers)
        invocation.answer(answer)
        unless already
          on_answer&.call(invocation, answer)
          @lock.synchronize { @invocations.delete(request_id) } unless @history
          return [202, "{\"status\":\"OK\"}\n"]
        end

        [400, '{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}']
      end

      def fail_with(exchange)
        @failures << Answer.new(:error, exchange.headers, exchange.body, {})
        exchange.reply(202, {}, "{\"status\":\"OK\"}\n")
      end
    end
  end
end

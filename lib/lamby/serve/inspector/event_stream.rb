# frozen_string_literal: true

require "io/wait"
require "json"
require "lamby/serve/inspector/response"

module Lamby
  module Serve
    class Inspector
      # Sends the changes of the records to one page, as server-sent events. If the server allows it, a thread of this
      # object writes to the connection, because a page would otherwise block a thread of the server as long as it is
      # open.
      #
      # @see https://html.spec.whatwg.org/multipage/server-sent-events.html
      # @api private
      class EventStream
        TYPE = "text/event-stream"
        # In seconds: after this time without a change, a comment finds out whether the browser is still there.
        HEARTBEAT = 15
        # In seconds: how long a write may wait for the browser.
        PATIENCE = 10
        # In seconds: changes that come within this time are sent together.
        PAUSE = 0.05
        private_constant :TYPE, :HEARTBEAT, :PATIENCE, :PAUSE

        # @param env [Hash] the Rack env of the request
        # @param records [Records]
        # @return [Array] a Rack response
        def self.call(env, records)
          stream = new(records)
          hijack = env["rack.hijack"]
          return [200, { **Response::HEADERS, "content-type" => TYPE }, stream] unless hijack

          io = hijack.call
          Thread.new { stream.write_to(io) }
          [200, {}, []] # The server ignores it, because the connection is hijacked.
        end

        # @param records [Records]
        def initialize(records)
          @records = records
          @subscription = records.subscribe
        end

        # Yields the events, until the subscription is closed.
        #
        # @yieldparam bytes [String]
        # @return [void]
        def each
          yield message(:environments, @records.environments)
          until @subscription.closed?
            changes = @subscription.take(HEARTBEAT)
            yield changes ? messages(changes) : ":\n\n"
            sleep PAUSE
          end
        ensure
          close
        end

        # Ends the subscription.
        #
        # @return [void]
        def close = @records.unsubscribe(@subscription)

        # Writes a response with the events to a connection, until the browser closes it or does not read for
        # {PATIENCE} seconds.
        #
        # @param io [IO]
        # @return [void]
        def write_to(io)
          headers = { **Response::HEADERS, "content-type" => TYPE, "connection" => "close" }
          write(io, "HTTP/1.1 200 OK\r\n#{headers.map { |name, value| "#{name}: #{value}\r\n" }.join}\r\n")
          each { |bytes| write(io, bytes) }
        rescue IOError, SystemCallError
          nil # The browser closed the connection, or does not read.
        ensure
          close
          io.close
        end

        private

        def messages(changes)
          [
            (message(:reload, {}) if changes.reload),
            (message(:environments, changes.environments) if changes.environments.any?),
            (message(:records, @records.synchronize { changes.records.map(&:summary) }) if changes.records.any?)
          ].join
        end

        # JSON has no line breaks, which would end the message.
        def message(name, data) = "event: #{name}\ndata: #{JSON.generate(Response.clean(data))}\n\n"

        def write(io, bytes)
          bytes = bytes.b
          until bytes.empty?
            written = io.write_nonblock(bytes, exception: false)
            next bytes = bytes.byteslice(written, bytes.bytesize) if written.is_a?(Integer)

            io.wait_writable(PATIENCE) or raise IOError, "the browser does not read"
          end
        end
      end
    end
  end
end

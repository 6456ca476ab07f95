# frozen_string_literal: true

module Lamby
  module Testing
    class RuntimeAPI
      # One request of a runtime, and its reply.
      class Exchange
        REASONS = { 200 => "OK", 202 => "Accepted", 400 => "Bad Request", 403 => "Forbidden", 410 => "Gone" }.freeze
        # The maximum size of trailers, in bytes. Lambda and Go's HTTP server refuse longer trailers.
        TRAILERS = 4096
        private_constant :REASONS, :TRAILERS

        # Reads a request.
        #
        # @param socket [TCPSocket]
        # @param prefix [String] a prefix of all paths
        # @param connection [Integer, nil] the connection's number
        # @yieldparam exchange [Exchange] a request whose body arrives in chunks
        # @yieldparam chunk [String] a chunk, as soon as it has arrived
        # @yieldreturn [Boolean] whether to append it to the body
        # @return [Exchange, nil] nil if the runtime closed the connection, even in the middle of a request
        # @api private
        def self.read(socket, prefix = "", connection = nil, &)
          line = socket.gets("\r\n", chomp: true) or return
          method, target = line.split
          headers = read_fields(socket) or return
          path = target.delete_prefix(prefix).sub(%r{\A/\d{4}-\d\d-\d\d(?:/runtime)?}, "")
          exchange = new(socket, method, path, headers, connection)
          exchange if exchange.send(:read_body, &)
        end

        # Reads headers or trailers, up to the empty line after them.
        #
        # @return [Hash{String => String}, nil] names in lower case, and values; nil if the runtime closed the
        #   connection
        # @api private
        def self.read_fields(socket)
          fields = {}
          until (line = socket.gets("\r\n", chomp: true)).to_s.empty?
            name, value = line.split(/:\s*/, 2)
            fields[name.downcase] = value
          end
          fields if line
        end

        # Returns whether the other side has closed the connection. It peeks at the socket, because `wait_readable(0)`
        # returned nil for a closed connection in one of 57,000 calls: if a signal interrupts the call, Ruby does not
        # repeat it.
        #
        # @param socket [TCPSocket]
        # @return [Boolean]
        # @api private
        def self.closed?(socket)
          peeked = socket.recv_nonblock(1, Socket::MSG_PEEK, exception: false)
          peeked.nil? || peeked == "" # At the end of a stream, Ruby 3.3 and later return nil.
        rescue SystemCallError # The other side has reset the connection.
          true
        end

        # @return [String] the method, such as "GET"
        attr_reader :method
        # @return [String] the path without prefix and version, such as "/invocation/next"
        attr_reader :path
        # @return [Hash{String => String}] the headers, with names in lower case
        attr_reader :headers
        # @return [String] bytes
        attr_reader :body
        # @return [Hash{String => String}] the trailers of a body in chunks, with names in lower case
        attr_reader :trailers
        # @return [Integer, nil] the connection's number: 1 for the first one that the server accepted
        attr_reader :connection
        # @return [Integer, nil] status of the reply; nil before the reply
        attr_reader :status
        # @return [TCPSocket] the connection, to send bytes that {#reply} cannot send
        attr_reader :socket

        # @api private
        def initialize(socket, method, path, headers, connection = nil)
          @socket = socket
          @method = method
          @path = path
          @headers = headers
          @connection = connection
          @body = String.new
          @trailers = {}
          @keep_alive = true
        end

        # Replies to the request.
        #
        # @param status [Integer]
        # @param headers [Hash{String => String}] the headers except Content-Length, which this method adds
        # @param body [String]
        # @return [void]
        def reply(status, headers = {}, body = "")
          @keep_alive = false if headers["Connection"] == "close"
          fields = headers.map { |name, value| "#{name}: #{value}\r\n" }
          line = "HTTP/1.1 #{status} #{REASONS.fetch(status, "Status")}\r\n"
          @socket.write(line, *fields, "Content-Length: #{body.bytesize}\r\n\r\n", body)
          @status = status
        end

        # Closes the connection after this exchange.
        #
        # @return [void]
        def close
          @keep_alive = false
        end

        # Resets the connection after this exchange (TCP RST), as if the server's process had died.
        #
        # @return [void]
        def reset
          @keep_alive = false
          @socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
        end

        # @return [Boolean] whether the runtime has closed the connection
        def abandoned?
          self.class.closed?(@socket)
        end

        # @return [Boolean] whether another request may follow on the connection
        def keep_alive?
          @keep_alive
        end

        private

        # Reads the body. Returns a truthy value if the whole body arrived.
        def read_body(&)
          return read_chunks(&) if headers["transfer-encoding"] == "chunked"

          length = headers["content-length"].to_i
          @body = socket.read(length) unless length.zero?
          @body && @body.bytesize == length
        end

        def read_chunks
          until (size = socket.gets("\r\n")&.to_i(16)).nil? || size.zero?
            chunk = socket.read(size)
            return unless chunk&.bytesize == size && socket.read(2)

            @body << chunk if !block_given? || yield(self, chunk)
          end
          return unless size # The connection closed between two chunks.

          @trailers = self.class.read_fields(socket)
          @trailers if @trailers && @trailers.sum { |name, value| name.bytesize + value.bytesize + 4 } <= TRAILERS
        end
      end
    end
  end
end

# frozen_string_literal: true

class Chaos
  # Receives the responses that the workers send.
  module Responses
    private

    def take(socket, id, kind, fields)
      plan = @by_id.fetch(id)
      fault = kind == "response" || plan.app.start_with?("raise") || plan.event == :truncated ? plan.reply.shift : nil
      case fault
      when :unread then return reset(socket)
      when :half_read, :kill_unread
        socket.readpartial(30)
        return fault == :kill_unread ? kill(socket) : reset(socket)
      when :refused then return refuse(plan, socket)
      end
      body, trailers = read_body(socket, fields)
      return false unless body

      accepted = accept_outcome(plan, kind, body, trailers)
      case fault
      when :unconfirmed then return reset(socket)
      when :half_reply
        socket.write("HTTP/1.1 202 Acc")
        return reset(socket)
      when :kill_unconfirmed then return kill(socket)
      when :delay then sleep 0.02
      end
      reply(socket, accepted ? 202 : 400, fault)
      @lock.synchronize { @states[plan].confirmed = true if accepted }
      kill_later(socket) if plan.kill == :idle && accepted
      fault != :silent_close && fault != :close
    end

    def reply(socket, status, fault = nil)
      socket.write("HTTP/1.1 #{status} X\r\n#{"Connection: close\r\n" if fault == :close}Content-Length: 2\r\n\r\n{}")
    end

    # Refuses a response as if it were too large. Does not read the rest of the response, so closing the connection
    # sends a reset. Because of the reset, the worker may not get the reply.
    def refuse(plan, socket)
      @lock.synchronize { @states[plan].outcome ||= "refused" }
      reply(socket, 413, :close)
      false
    end

    # Reads the body and its trailers. Returns nil if the connection was closed before their end.
    def read_body(socket, fields)
      if fields["transfer-encoding"] != "chunked"
        length = fields["content-length"].to_i
        body = socket.read(length).to_s
        return body.bytesize == length ? [body, {}] : nil
      end

      body = String.new
      until (size = socket.gets("\r\n")&.to_i(16)).nil? || size.zero?
        body << socket.read(size).to_s
        socket.read(2)
      end
      trailers = size && Lamby::Testing::RuntimeAPI::Exchange.read_fields(socket)
      [body, trailers] if trailers
    end

    # Records the response, and returns whether it is the invocation's first response.
    def accept_outcome(plan, kind, body, trailers)
      @lock.synchronize do
        state = @states[plan]
        if state.outcome
          # If a worker was killed before it read the confirmation, its parent reports Runtime.WorkerEnded. Such a
          # report is not a second outcome.
          state.doubled = true if state.confirmed && !body.include?("Runtime.WorkerEnded")
          return false
        end
        state.outcome = kind
        state.wrong = true unless right?(plan, kind, body, trailers)
        @changed = now
        true
      end
    end

    # Returns whether the response is the expected one. An error is always accepted, because a connection that was
    # closed can cause an error.
    def right?(plan, kind, body, trailers)
      error = kind == "error" || !trailers.empty?
      return error if plan.app.start_with?("raise") || plan.event == :truncated || plan.kill == :event
      return true if error

      text = "begin #{plan.number} #{Array.new(plan.chunks) { |i| "x" * (i.even? ? 10 : 20_000) }.join}end"
      body.end_with?(@streams ? "\0#{text}" : "\"body\":\"#{text}\"}")
    end
  end
end

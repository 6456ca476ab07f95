# frozen_string_literal: true

# Streams responses if LAMBY_INVOKE_MODE is response_stream, and if the requests come from a Function URL or a REST API
# that streams responses.
class StreamsController < ActionController::Base
  include ActionController::Live

  before_action do
    # Without this header, Rack::ETag would collect the whole response.
    response.headers["Last-Modified"] = Time.now.httpdate
  end

  # Sends the time as server-sent events.
  def clock
    response.headers["Content-Type"] = "text/event-stream"
    events = SSE.new(response.stream, event: "tick")
    params.fetch(:ticks, 5).to_i.times do |number|
      events.write({ number: number, time: Time.now.utc.iso8601(3) })
      sleep params.fetch(:pause, 1).to_f
    end
  rescue ActionController::Live::ClientDisconnected, IOError
    logger.warn "the client has gone"
  ensure
    events&.close
  end

  # Sends a table with any number of rows while it generates them.
  def table
    download("table.csv", "text/csv") do |stream|
      stream.write("number,square\n")
      params.fetch(:rows, 10_000).to_i.times { |number| stream.write("#{number},#{number**2}\n") }
    end
  end

  # Fails after a part of the response was sent.
  def broken
    response.stream.write("some of it")
    raise "the rest is missing"
  ensure
    response.stream.close
  end

  private

  # Sends a file while the block generates it. Rails 7.0 and later have send_stream for this.
  def download(filename, type, &block)
    return send_stream(filename: filename, type: type, &block) if respond_to?(:send_stream, true)

    response.headers["Content-Type"] = type
    response.headers["Content-Disposition"] = ActionDispatch::Http::ContentDisposition.format(disposition: "attachment", filename: filename)
    yield response.stream
  ensure
    response.stream.close
  end
end

# frozen_string_literal: true

require "lamby"
require "lamby/serve/records"
require "lamby/serve/inspector/assets"
require "lamby/serve/inspector/commands"
require "lamby/serve/inspector/detail"
require "lamby/serve/inspector/event_stream"
require "lamby/serve/inspector/response"

module Lamby
  module Serve
    # Shows the invocations of `lamby serve` in a browser. It is a Rack application. The server lets only requests from
    # this machine reach it.
    #
    # - `GET /` is the page, and `GET /assets/NAME` are its files
    # - `GET /api/records?before=NUMBER` returns summaries, the newest first
    # - `GET /api/records/ID` returns everything about one invocation
    # - `GET /api/records/ID/event`, `payload`, `request_body` and `log` are files to save
    # - `GET /api/stream` sends changes as server-sent events
    # - `GET /api/controls` returns the description of the function, its schedules, and the names of the samples
    # - `GET /api/samples/NAME` returns a sample event
    # - `POST /api/replay`, `invoke`, `http` and `clear` are {Commands}
    #
    # @api private
    class Inspector
      # How many summaries a response has.
      PAGE = 1000
      FILES = { "event" => "event.json", "payload" => "payload.json", "request_body" => "body.bin" }.freeze
      RECORD = %r{\A/api/records/([\w-]+)(?:/(event|payload|request_body|log))?\z}
      private_constant :PAGE, :FILES, :RECORD

      # @param records [Records]
      # @param controls [#replay, #send_http, #schedules, #samples] sends invocations. `replay(event, kind)` and
      #   `send_http(method, url, headers, body)` return the request id of the new invocation. `schedules` returns a list
      #   of Hashes with `name`, `expression` and `event`. `samples` returns the names of sample events
      # @param description [Hash{Symbol => Object}] what the head of the page shows: `integration`, `timeout` in
      #   seconds, `memory` in MB, `streaming`, `url`, `handler`
      def initialize(records:, controls:, description:)
        @records = records
        @controls = controls
        @description = description
        @commands = Commands.new(records, controls)
      end

      # Handles a request. PATH_INFO is relative to the inspector.
      #
      # @param env [Hash]
      # @return [Array] a Rack response
      def call(env)
        path = env["PATH_INFO"]
        case env["REQUEST_METHOD"]
        when "GET" then get(path, env) || Response.error(404, "the inspector has nothing at #{path}")
        when "POST" then @commands.call(path.delete_prefix("/api/"), env)
        else Response.error(405, "the inspector takes GET and POST, not #{env["REQUEST_METHOD"]}", "allow" => "GET, POST")
        end
      end

      private

      def get(path, env)
        case path
        when "" then Response.text(302, "text/plain", "", "location" => "#{env["SCRIPT_NAME"]}/")
        when "/" then Assets.call("index.html")
        when "/api/records" then list(env["QUERY_STRING"].to_s[/(?:\A|&)before=(\d+)/, 1])
        when "/api/stream" then EventStream.call(env, @records)
        when "/api/controls" then Response.json(controls)
        when %r{\A/api/samples/(\w+)\z} then sample(Regexp.last_match(1))
        when %r{\A/assets/([\w.-]+)\z} then Assets.call(Regexp.last_match(1))
        when RECORD then record(*Regexp.last_match.captures)
        end
      end

      def list(before)
        Response.json(@records.synchronize do
          summaries = @records.page(before: before&.to_i, limit: PAGE).map(&:summary)
          { records: summaries, more: summaries.size == PAGE, last: @records.last_number, run_id: @records.run_id }
        end)
      end

      def record(id, part)
        record = @records[id] or return Response.error(404, "there is no invocation #{id}; it may be too old")
        return Response.json(Detail.new(record.snapshot, @description[:memory]).to_h) unless part

        bytes = @records.synchronize { part == "log" ? record.log_lines.lines : record.public_send(part)&.bytes }
        return Response.error(410, "the inspector no longer has the #{part} of #{id}") unless bytes

        Response.download("#{id}-#{FILES.fetch(part, "log.txt")}", bytes)
      end

      def controls
        schedules = @controls.schedules.map do |schedule|
          event = schedule[:event]
          { name: schedule[:name], expression: schedule[:expression], event: event.is_a?(String) ? event : JSON.generate(event) }
        end
        { description: @description, samples: @controls.samples, schedules: schedules }
      end

      def sample(name)
        return Response.json({ kind: "http", event: Simulator.event(name.to_sym, url: @description[:url] || "https://localhost/") }) if
          Simulator.integrations.map(&:to_s).include?(name)

        kind = Config::EVENT_KINDS.find { |it| it.to_s == name }
        Response.json({ kind: kind, event: Simulator.sample(kind) }) if kind
      end
    end
  end
end

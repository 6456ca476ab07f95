# frozen_string_literal: true

require "json"
require "lamby"
require "lamby/serve/inspector/response"

module Lamby
  module Serve
    class Inspector
      # Runs the commands of the page: replay an invocation, send an event or a request, clear the list.
      #
      # Another page, in the same browser, must not be able to send them. Such a page can send a form or plain text to any
      # address, but it cannot add a header or use JSON's content type without the permission of the inspector, which the
      # inspector never gives. https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#simple_requests
      #
      # @api private
      class Commands
        # The header that the page sends with each command, in Rack's spelling.
        HEADER = "HTTP_X_LAMBY_INSPECTOR"
        # The largest command, in bytes. Lambda accepts events of 6 MB.
        LIMIT = 8 * 1024 * 1024
        private_constant :HEADER, :LIMIT

        # A command that cannot be run.
        class Refused < StandardError
          # @return [Integer] the response's status
          attr_reader :status

          # @param status [Integer]
          # @param message [String]
          def initialize(status, message)
            @status = status
            super(message)
          end
        end

        # @param records [Records]
        # @param controls [#replay, #send_http] see {Inspector#initialize}
        def initialize(records, controls)
          @records = records
          @controls = controls
        end

        # @param name [String] `replay`, `invoke`, `http` or `clear`
        # @param env [Hash] the Rack env of the request
        # @return [Array] a Rack response. Its JSON has the request id of the new invocation
        def call(name, env)
          command = read(env)
          case name
          when "replay" then started(replay(command))
          when "invoke" then started(@controls.replay(string(command, "event"), kind(command)))
          when "http" then started(send_http(command))
          when "clear" then cleared
          else raise Refused.new(404, "there is no command #{name.inspect}; the commands are replay, invoke, http and clear")
          end
        rescue Refused => e
          Response.error(e.status, e.message)
        rescue Lamby::Error, ArgumentError => e
          Response.error(422, e.message)
        end

        private

        def read(env)
          if env[HEADER].to_s.empty? || env["CONTENT_TYPE"].to_s[%r{\A[\w/+-]+}] != "application/json"
            raise Refused.new(403, "a command needs the header X-Lamby-Inspector and the content type application/json")
          end

          body = env["rack.input"]&.read(LIMIT + 1).to_s
          raise Refused.new(413, "the command is larger than #{LIMIT} bytes") if body.bytesize > LIMIT

          command = JSON.parse(body.force_encoding(Encoding::UTF_8))
          command.is_a?(Hash) ? command : raise(Refused.new(422, "the command is not a JSON object"))
        rescue JSON::ParserError => e
          raise Refused.new(422, "the command is not JSON: #{e.message[0, 200]}")
        end

        def started(id) = Response.json({ id: id }, 201)

        def cleared
          @records.clear
          Response.json({})
        end

        # Sends the event of a record once more.
        def replay(command)
          id = string(command, "id")
          record = @records[id] or raise Refused.new(404, "there is no invocation #{id.inspect}; it may be too old")
          event = record.event
          return @controls.replay(event.bytes.dup.force_encoding(Encoding::UTF_8), record.kind) if event&.whole?

          raise Refused.new(410, "the inspector no longer has the event of #{id.inspect}: send the request again")
        end

        def kind(command)
          name = string(command, "kind")
          return :http if name == "http" || Simulator.integrations.map(&:to_s).include?(name)

          Config::EVENT_KINDS.find { |kind| kind.to_s == name } or
            raise Refused.new(422, "there is no kind #{name.inspect}; the kinds are http, #{Config::EVENT_KINDS.join(", ")}")
        end

        def send_http(command)
          pairs = command["headers"]
          unless pairs.is_a?(Array) && pairs.all? { |pair| pair.is_a?(Array) && pair.size == 2 && pair.all?(String) }
            raise Refused.new(422, "headers is #{pairs.inspect[0, 100]}, and must be a list of names and values")
          end

          headers = pairs.group_by(&:first).transform_values { |some| some.map(&:last) }
          method, url, body = %w[method url body].map { |name| string(command, name) }
          begin
            @controls.send_http(method, url, headers, body)
          rescue InvalidEvent => e
            raise Refused.new(422, "the request \"#{method} #{url}\" cannot be sent: #{e.message}")
          end
        end

        def string(command, name)
          value = command[name]
          value.is_a?(String) ? value : raise(Refused.new(422, "#{name} is #{value.inspect[0, 100]}, and must be a string"))
        end
      end
    end
  end
end

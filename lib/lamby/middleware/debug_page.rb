# frozen_string_literal: true

require "cgi/escape"
require "json"

module Lamby
  module Middleware
    # Shows the event, the Rack env and the application's response, at any path with the parameter `debug=1`. The page
    # masks secrets, which it recognises by their names and by their form. It shows only the lengths of bodies.
    #
    # The page is on in Rails' development environment and with LAMBY_DEBUG=1. Do not turn it on in an application that
    # strangers can reach.
    # @see Config#debug
    class DebugPage
      SECRET_NAME = /auth|cookie|token|jwt|secret|pass|pwd|credential|signature|session|api[-_]?key|access[-_]?key|csrf/i
      SECRET_PARAMETER = /([?&;#]|\A)([^=&;?#]*+)=([^&;#]*)/
      # Parameters with these names are secret too, such as OAuth's `code` and an API's `key`. Other fields with these
      # names are not.
      SECRET_IN_QUERY = /#{SECRET_NAME.source}|\A(?:code|key|otp|pin|sig|ticket|assertion|samlresponse)\z/i
      # The path of a query parameter in an event, such as "queryStringParameters.code" or
      # "multiValueQueryStringParameters.user[key][0]". VPC Lattice's event structure 1 writes these fields with
      # underscores.
      PARAMETER = /\A(?:multi_?value_?)?query_?string_?parameters\.(.+)\z/i
      # Separates the parts of a nested parameter, such as "user[key]" and "user.key".
      NESTING = /[\[\].]+/
      # The user and the password in a URL, such as https://user:password@host.
      USER = %r{//[^/\s:@]+:[^/\s@]+@}
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
      AWS_KEY = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/
      # An AWS secret access key: 40 characters with upper and lower case letters and digits. Hexadecimal digests do not
      # match, because their letters have only one case.
      AWS_SECRET = %r{
        (?<![A-Za-z0-9/+])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])
      }x
      QUERY = /(?:\A|&)debug=1(?:&|\z)/
      MASK = "[masked]"
      private_constant :SECRET_NAME, :SECRET_PARAMETER, :SECRET_IN_QUERY, :PARAMETER, :NESTING, :USER, :AWS_KEY, :AWS_SECRET, :QUERY, :MASK

      STYLE = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}" \
              "table{border-collapse:collapse;width:100%}" \
              "th,td{border-top:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}" \
              "th{font-weight:600;width:20rem}input{font:inherit;padding:.3rem;width:100%}pre{margin:0;white-space:pre-wrap}"
      SCRIPT = "document.querySelector('input').addEventListener('input',e=>{const t=e.target.value.toLowerCase();" \
               "document.querySelectorAll('tr').forEach(r=>{r.hidden=!r.textContent.toLowerCase().includes(t)})})"
      private_constant :STYLE, :SCRIPT

      class << self
        # @param env [Hash] a Rack environment
        # @return [Boolean] whether the request asks for the page
        def asked?(env)
          QUERY.match?(env["QUERY_STRING"])
        end

        # Returns whether the page is on if {Config#debug} is not set. If RAILS_ENV and RACK_ENV are not set, Rails
        # assumes development. But if they are not set on Lambda, the page is off, because clients could see it.
        #
        # @return [Boolean]
        # @see Config#debug
        # @api private
        def default?
          asked = ENV.fetch("LAMBY_DEBUG", "")
          return !%w[0 false].include?(asked) unless asked.empty?

          named = ENV["RAILS_ENV"] || ENV.fetch("RACK_ENV", nil)
          return named == "development" if named || ENV.key?("AWS_LAMBDA_FUNCTION_NAME")

          (defined?(::Rails.env) && ::Rails.env.development?) || false
        end
      end

      # @param app [#call] the application
      def initialize(app)
        @app = app
      end

      # @param env [Hash] a Rack environment
      # @return [Array] a Rack response
      def call(env)
        given = env.dup
        response = ask(env)
        sections = {
          "Response" => response,
          "Event" => flatten(given["lambda.event"]&.to_h || {}),
          "Context" => context(given["lambda.context"]),
          "Rack environment" => given.except("lambda.event", "lambda.context")
        }
        [200, { "content-type" => "text/html; charset=utf-8", "cache-control" => "no-store" }, [page(sections)]]
      end

      private

      def ask(env)
        status, headers, body = @app.call(env)
        body.close if body.respond_to?(:close)
        { "status" => status }.merge(headers.to_h)
      rescue StandardError => e
        { "exception" => "#{e.class}: #{e.message}" }
      end

      # Writes nested objects as pairs of a path and a value, such as "requestContext.http.method" => "GET".
      def flatten(object, name = nil, all = {})
        case object
        when Hash then object.each { |key, value| flatten(value, [name, key].compact.join("."), all) }
        when Array then object.each_with_index { |value, index| flatten(value, "#{name}[#{index}]", all) }
        else all[name.to_s] = name == "body" && object ? "(#{object.to_s.bytesize} bytes)" : object
        end
        all
      end

      def context(context)
        names = %i[aws_request_id invoked_function_arn function_name function_version memory_limit_in_mb log_group_name log_stream_name
                   deadline_ms trace_id tenant_id]
        names.select { |name| context.respond_to?(name) }.to_h { |name| [name.to_s, context.public_send(name)] }
      end

      def page(sections)
        tables = sections.map do |title, pairs|
          rows = pairs.sort_by { |name, _| name.to_s }.map { |name, value| row(name.to_s, value) }
          "<h2>#{escape(title)}</h2>\n<table>#{rows.join}</table>\n"
        end
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Lamby</title><style>#{STYLE}</style></head>\n" \
          "<body><h1>What Lambda sent</h1><input type=\"search\" placeholder=\"Search\" aria-label=\"Search\">\n#{tables.join}" \
          "<script>#{SCRIPT}</script></body></html>\n"
      end

      def row(name, value)
        "<tr><th>#{escape(name)}</th><td><pre>#{escape(masked(name, value))}</pre></td></tr>\n"
      end

      def masked(name, value)
        parameter = name[PARAMETER, 1]
        return MASK if !value.nil? && (SECRET_NAME.match?(name) || (parameter && secret_parameter?(parameter)))

        text = value.is_a?(String) ? value : value.inspect
        text = text.dup.force_encoding(Encoding::UTF_8).scrub
        text = text.gsub(SECRET_PARAMETER) do |pair|
          secret_parameter?(Regexp.last_match(2)) ? "#{Regexp.last_match(1)}#{Regexp.last_match(2)}=#{MASK}" : pair
        end
        text.gsub(USER, "//#{MASK}@").gsub(AWS_KEY, MASK).gsub(AWS_SECRET, MASK)
      end

      # Returns whether a parameter's name shows that its value is secret. Decodes the name first, because a client may
      # have encoded it.
      def secret_parameter?(name)
        name = name.b.gsub(/%(\h\h)/) { [Regexp.last_match(1)].pack("H2") }.tr("+", " ").force_encoding(Encoding::UTF_8).scrub
        name.split(NESTING).any? { |part| SECRET_IN_QUERY.match?(part.strip) }
      end

      def escape(text)
        CGI.escapeHTML(text)
      end
    end
  end

  # Former name of {Middleware::DebugPage}.
  DebugPage = Middleware::DebugPage
end

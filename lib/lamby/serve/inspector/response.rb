# frozen_string_literal: true

require "json"

module Lamby
  module Serve
    class Inspector
      # Makes the inspector's responses. Names of headers are in lower case, as Rack 3 requires.
      #
      # @api private
      module Response
        # The page may load only the inspector's own files, and no other page may embed it. So even if the page had an
        # error that let an invocation's data become HTML, the browser would run no script of it.
        # https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
        POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " \
                 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        HEADERS = {
          "content-security-policy" => POLICY,
          "x-content-type-options" => "nosniff",
          "referrer-policy" => "no-referrer",
          "cross-origin-resource-policy" => "same-origin",
          "cache-control" => "no-store"
        }.freeze
        private_constant :POLICY

        class << self
          # @param status [Integer]
          # @param type [String] the content type
          # @param body [String]
          # @param headers [Hash{String => String}] further headers
          # @return [Array] a Rack response
          def text(status, type, body, headers = {})
            [status, { **HEADERS, "content-type" => type, "content-length" => body.bytesize.to_s, **headers }, [body]]
          end

          # @param object [Object]
          # @param status [Integer]
          # @return [Array] a Rack response with JSON
          def json(object, status = 200)
            text(status, "application/json; charset=utf-8", JSON.generate(clean(object)))
          end

          # @param status [Integer]
          # @param message [String] what is wrong, and what to do
          # @param headers [Hash{String => String}] further headers
          # @return [Array] a Rack response with an error
          def error(status, message, headers = {})
            response = json({ error: message }, status)
            response[1].update(headers)
            response
          end

          # Returns a file to save. The browser never shows it, because its type is not one that browsers show.
          #
          # @param name [String] the file's name
          # @param bytes [String]
          # @return [Array] a Rack response
          def download(name, bytes)
            text(200, "application/octet-stream", bytes, "content-disposition" => "attachment; filename=\"#{name.gsub(/[^\w.-]/, "_")}\"")
          end

          # Returns a copy whose strings are UTF-8, because JSON cannot contain other strings. Headers and log lines may
          # have any bytes.
          #
          # @param object [Object]
          # @return [Object]
          def clean(object)
            case object
            when Hash then object.to_h { |key, value| [key.is_a?(String) ? clean(key) : key, clean(value)] }
            when Array then object.map { |element| clean(element) }
            when String then object.dup.force_encoding(Encoding::UTF_8).scrub("\uFFFD")
            else object
            end
          end
        end
      end
    end
  end
end

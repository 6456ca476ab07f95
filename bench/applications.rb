# frozen_string_literal: true

require "json"
# Selects the version of Rack. If a peer loads Rack later, it gets the same version.
require "rack/version"

module Bench
  # Rack applications that do almost nothing. Their responses have the headers of real applications.
  module Applications
    # Returns several values of a header as this version of Rack expects them: an Array in Rack 3, lines in Rack 2.
    # https://github.com/rack/rack/blob/main/UPGRADE-GUIDE.md
    def self.values(*values)
      (Rack.release.to_i < 3 ? values.join("\n") : values).freeze
    end

    # Nine headers that Rails sends by default, and two cookies.
    HEADERS = {
      "content-type" => "application/json; charset=utf-8",
      "x-frame-options" => "SAMEORIGIN",
      "x-xss-protection" => "0",
      "x-content-type-options" => "nosniff",
      "referrer-policy" => "strict-origin-when-cross-origin",
      "etag" => "W/\"5d9c474b1f3a4a3d1d3f5b0c1e2f3a40\"",
      "cache-control" => "max-age=0, private, must-revalidate",
      "set-cookie" => values("theme=dark; path=/", "_session=abcdef0123456789; path=/; HttpOnly; SameSite=Lax"),
      "x-request-id" => "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
      "x-runtime" => "0.012345"
    }.freeze
    JSON_BODY = '{"id":1,"name":"hello","tags":["a","b"]}'
    API = ->(_env) { [200, HEADERS.dup, [JSON_BODY]] }

    # Returns an application that responds with this many headers.
    def self.with_headers(count)
      more = Array.new(count) { |number| ["x-header-#{number}", "value #{number}"] }
      headers = HEADERS.merge(more.to_h).first(count).to_h.freeze
      ->(_env) { [200, headers.dup, [JSON_BODY]] }
    end

    # Pages of 8 kB and of 100 kB. Each byte of their text must be checked for characters that JSON escapes.
    PAGE_HEADERS = HEADERS.merge(
      "content-type" => "text/html; charset=utf-8",
      "link" => "</assets/application-5c3a.css>; rel=preload; as=style; nopush",
      "vary" => "Accept",
      "x-permitted-cross-domain-policies" => "none"
    ).freeze

    def self.page(lines)
      html = "<!DOCTYPE html>\n<html lang=\"en\">\n#{"<p class=\"line\">Grüße aus &lt;Lambda&gt;</p>\n" * lines}</html>\n".freeze
      ->(_env) { [200, PAGE_HEADERS.dup, [html.dup]] }
    end

    PAGE = page(175)
    LONG_PAGE = page(2_130)

    # Rails' `send_data` sets content-transfer-encoding, and the pure-Ruby lamby 6 reads it to recognise a binary body.
    ECHO_HEADERS = HEADERS.merge("content-type" => "application/octet-stream", "content-transfer-encoding" => "binary").freeze
    ECHO = ->(env) { [200, ECHO_HEADERS.dup, [env["rack.input"].read]] }

    # Returns 4 MB of indented JSON, in which every fourth byte needs an escape.
    def self.text
      @text ||= begin
        record = { "id" => 1, "name" => "Größe \"XL\"", "tags" => %w[a b c], "note" => "first line\nsecond line" }
        line = JSON.pretty_generate(record)
        "[#{([line] * (4_000_000 / (line.bytesize + 1))).join(",")}]"
      end
    end

    REPORT = lambda do |env|
      env["rack.input"].read
      [200, HEADERS.dup, [text]]
    end

    # A streamed body, which yields the same chunk again and again.
    class Chunks
      attr_reader :bytes, :number

      def initialize(bytes, number)
        @bytes = bytes
        @number = number
      end

      def each
        chunk = "x" * bytes
        number.times { yield chunk }
      end
    end

    # A streamed body of one chunk, which contains the time of its write in microseconds. The benchmark's server
    # compares this time with the time at which the chunk arrives.
    class Clock
      def each
        yield format("%016d", Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond))
      end
    end

    STREAM_HEADERS = { "content-type" => "application/octet-stream" }.freeze
    LARGE_CHUNKS = ->(_env) { [200, STREAM_HEADERS.dup, Chunks.new(64 * 1024, 1_600)] }
    SMALL_CHUNKS = ->(_env) { [200, STREAM_HEADERS.dup, Chunks.new(100, 1_000_000)] }
    FIRST_BYTE = ->(_env) { [200, STREAM_HEADERS.dup, Clock.new] }
  end
end

# frozen_string_literal: true

# Writes seeds for the fuzzers into a folder: the events of spec/fixtures, the same events as responses of the Runtime
# API, and a dictionary of their names and values.
#
#   ruby fuzz/seeds.rb FOLDER

require "fileutils"
require "json"

class Seeds
  FIXTURES = File.expand_path("../spec/fixtures/{requests,not_http}/*.json", __dir__)
  HEAD = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n" \
         "Lambda-Runtime-Deadline-Ms: 1542409706888\r\n"
  # Responses of the Runtime API that are not events, or that use rare forms of HTTP.
  RESPONSES = {
    "accepted" => "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n",
    "error" => "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    "interim" => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "until_close" => "HTTP/1.0 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\r\n{\"a\":1}",
    "no_content" => "HTTP/1.1 204 No Content\r\n\r\n",
    "trailers" => "#{HEAD}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b\r\n{ }\r\n0\r\nX: 1\r\n\r\n",
    "many_fields" => "#{HEAD}#{Array.new(100) { |number| "X-#{number}: #{number}\r\n" }.join}Content-Length: 2\r\n\r\n{}",
    "longest_length" => "#{HEAD}Content-Length: #{(2**64) - 1}\r\n\r\n{}",
    "longest_chunk" => "#{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"
  }.freeze
  private_constant :FIXTURES, :HEAD, :RESPONSES

  def initialize(folder)
    @folder = folder
  end

  def write
    events = Dir[FIXTURES].to_h { |file| [File.basename(file, ".json"), JSON.parse(File.read(file)).fetch("event")] }
    raise "no fixtures were found at #{FIXTURES}" if events.empty?

    events.each do |name, event|
      json = JSON.generate(event)
      put("event_bytes/#{name}", json)
      put("runtime_api_response/#{name}", "#{HEAD}Content-Length: #{json.bytesize}\r\n\r\n#{json}")
      put("runtime_api_response/chunked_#{name}", "#{HEAD}Transfer-Encoding: chunked\r\n\r\n#{chunked(json)}")
    end
    RESPONSES.each { |name, response| put("runtime_api_response/#{name}", response) }
    put("dictionary", dictionary(events.values))
  end

  private

  def put(path, bytes)
    path = File.join(@folder, path)
    FileUtils.mkdir_p(File.dirname(path))
    File.binwrite(path, bytes)
  end

  def chunked(bytes)
    bytes.b.scan(/.{1,500}/mn).map { |chunk| "#{chunk.bytesize.to_s(16)}\r\n#{chunk}\r\n" }.join << "0\r\n\r\n"
  end

  # Returns a dictionary for libFuzzer: https://llvm.org/docs/LibFuzzer.html#dictionaries
  def dictionary(events)
    words = events.flat_map { |event| strings(event) } + %w[content-length transfer-encoding chunked connection close]
    words.uniq.reject { |word| word.empty? || word.bytesize > 60 }.sort.map { |word| "\"#{escape(word)}\"\n" }.join
  end

  def strings(value)
    case value
    when Hash then value.flat_map { |key, inner| [key, *strings(inner)] }
    when Array then value.flat_map { |inner| strings(inner) }
    when String then [value]
    else []
    end
  end

  def escape(word)
    word.bytes.map { |byte| byte.between?(0x20, 0x7e) && !"\"\\".bytes.include?(byte) ? byte.chr : format("\\x%02x", byte) }.join
  end
end

Seeds.new(ARGV.fetch(0)).write

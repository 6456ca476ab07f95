# frozen_string_literal: true

require "spec_helper"
require "digest"
require "zlib"

return unless Requirements.gem?("puma")

# Compares one application behind Puma and behind each integration: the application must get the
# same requests, and the clients must get the same responses. Some integrations drop information.
# The tables below list every case where an integration drops information. The spec fails if it finds
# a case that they do not list.
RSpec.describe "A Rack application behind each integration" do
  # The events of these integrations contain the decoded path.
  decoded_paths = %i[http_api_v1 http_api_v2]
  # The events of these integrations contain decoded query parameters.
  decoded_queries = %i[http_api_v1 rest_api]
  # The events of these integrations group the query parameters by name, so their original order is unknown.
  grouped_queries = [*decoded_queries, :alb, :alb_multi_value]

  # Calls the block with each response. The block returns facts about the response. Returns, for each integration, the
  # facts that only its response has and the facts that only Puma's response has.
  def differences(app, **request)
    on_puma = PumaServer.answer(app, **request)
    HTTPEvents::INTEGRATIONS.to_h do |integration|
      event = HTTPEvents.build(integration, **request)
      there = yield on_puma, integration
      each_way = [event, JSON.generate(event)].map do |it|
        here = yield HTTPResponses.read(integration, Lamby.handler(app, it, lambda_context)), integration
        [here - there, there - here]
      end
      [integration, each_way.uniq]
    end.reject { |_, each_way| each_way.flatten.empty? }
  end

  describe "sees the same request as on Puma:" do
    file = lambda do |value|
      next value unless value.is_a?(Hash)

      value[:tempfile] ? [*value.values_at(:name, :filename, :type), Digest::SHA256.hexdigest(value[:tempfile].read)] : value.transform_values(&file)
    end

    # Returns what applications read from a request, and every entry of the env that depends on the client.
    app = lambda do |env|
      request = Rack::Request.new(env)
      body = env["rack.input"]&.read.to_s
      env["rack.input"]&.rewind # Puma's and Lamby's inputs can be rewound.
      facts = env.select { |key, _| key.match?(/\A(?:HTTP|CONTENT|SERVER)_|\A(?:REQUEST_(?:METHOD|URI|PATH)|PATH_INFO|SCRIPT_NAME|QUERY_STRING)\z/) }
      facts = facts.transform_values { |value| value.dup.force_encoding(Encoding::UTF_8) }
      facts.update(
        %i[base_url host port scheme ssl? ip xhr? media_type cookies GET].to_h { |fact| [fact, request.public_send(fact)] },
        POST: file.call(request.POST), body: Digest::SHA256.hexdigest(body), size: body.bytesize
      )
      [200, { "content-type" => "application/json" }, [JSON.generate(facts)]]
    end

    # Entries that only Lambda and its integrations set, or that only some versions of Puma set.
    own = %w[HTTP_X_REQUEST_ID HTTP_X_REQUEST_START HTTP_VERSION HTTP_CONNECTION SERVER_SOFTWARE]

    # Returns the facts of a response. Ignores spellings that the integration does not preserve.
    facts = lambda do |response, integration|
      said = JSON.parse(response.body).except(*own)
      path, uri_query = said["REQUEST_URI"].split("?", 2)
      said["REQUEST_URI"] = path
      said["query of REQUEST_URI"] = uri_query.to_s
      if decoded_paths.include?(integration)
        %w[PATH_INFO REQUEST_PATH REQUEST_URI].each { |name| said[name] = said[name].gsub(/%\h\h/, &:upcase) }
      end
      if decoded_queries.include?(integration)
        ["QUERY_STRING", "query of REQUEST_URI"].each { |name| said[name] = URI.decode_www_form(said[name]) }
      end
      # A space between the values of a list has no meaning.
      said.map { |name, value| [name, name.start_with?("HTTP_") ? value.gsub(/, */, ",") : value] }
    end

    form = { "Content-Type" => "application/x-www-form-urlencoded" }
    every_byte = (0..255).to_a.pack("C*")
    upload = "--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nGr\xC3\xBC\xC3\x9Fe\r\n" \
             "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\nContent-Type: image/png\r\n\r\n".b + every_byte + "\r\n--xyz--\r\n".b
    browser = {
      "User-Agent" => "Mozilla/5.0 (X11; Linux x86_64)", "Accept" => "text/html,application/xml;q=0.9,*/*;q=0.8", "Accept-Language" => "de-DE,de;q=0.5",
      "Accept-Encoding" => "gzip, br", "Referer" => "https://example.com/a?b=c", "Authorization" => "Bearer a.b.c=", "If-None-Match" => "W/\"x\"",
      "If-Modified-Since" => "Wed, 21 Oct 2015 07:28:00 GMT", "Origin" => "https://example.com", "X-Requested-With" => "XMLHttpRequest", "X-CSRF-Token" => "a+b/c=="
    }
    {
      "a request for the root" => [{}],
      "a path with a space" => [{ path: "/a%20b" }],
      "a path that is not ASCII" => [{ path: "/caf%C3%A9" }],
      "a path encoded in lower case" => [{ path: "/caf%c3%a9" }],
      "a path with a plus and a percent sign" => [{ path: "/1+1/100%25" }],
      "a path with every character that is allowed unencoded" => [{ path: "/~u/(x)/'q'!*@:$&=;v=1,2" }],
      "a path with empty segments" => [{ path: "/a//b/" }],
      "an encoded slash in the path" => [{ path: "/a%2Fb" }, decoded_paths],
      "parameters" => [{ query: "a=1&b=2" }],
      "parameters with form encoding" => [{ query: "q=a+b%20c&r=%26%3D%25%2B&s=%C3%BC" }],
      "parameters in brackets" => [{ query: "t[]=1&t[]=2&u[n]=x" }, %i[alb]],
      "a URL as a parameter" => [{ query: "u=https://x.example/?z=1" }],
      "a parameter without a value" => [{ query: "flag" }, grouped_queries],
      "a parameter with an empty value" => [{ query: "flag=" }],
      "a repeated parameter between others" => [{ query: "a=1&b=2&a=3" }, grouped_queries],
      "a browser's headers" => [{ headers: browser }],
      "a repeated header" => [{ headers: { "X-Tag" => %w[a b] } }, %i[alb]],
      "cookies" => [{ headers: { "Cookie" => "a=1; b=x%20y; c=\"q\"; a=2" } }],
      "an X-Forwarded-For from the client" => [{ headers: { "X-Forwarded-For" => "198.51.100.7" } }],
      "another host and port" => [{ host: "shop.example:8443" }],
      "OPTIONS" => [{ method: "OPTIONS", headers: { "Access-Control-Request-Method" => "PUT" } }],
      "DELETE" => [{ method: "DELETE", path: "/orders/1" }],
      "POST without a body" => [{ method: "POST" }],
      "POST with an empty body" => [{ method: "POST", body: "" }],
      "a form" => [{ method: "POST", body: "a=1&b=%C3%BC+x&c[]=1&c[]=2", headers: form }],
      "a form that came as base64" => [{ method: "POST", body: "a=1&b=%C3%BC+x&c[]=1&c[]=2", headers: form, base64: true }],
      "JSON" => [{ method: "PUT", body: "{\"a\":\"\u00fc \u{1F680}\"}", headers: { "Content-Type" => "application/json; charset=utf-8" } }],
      "every byte" => [{ method: "PATCH", body: every_byte, headers: { "Content-Type" => "application/octet-stream" }, base64: true }],
      "an upload" => [{ method: "POST", body: upload, headers: { "Content-Type" => "multipart/form-data; boundary=xyz" }, base64: true }]
    }.each do |name, (request, lost)|
      it "#{name}#{" (except behind #{lost.join(", ")})" if lost}" do
        differences = differences(app, **request, &facts)
        expect(differences.keys).to match_array(lost.to_a), differences.inspect
      end
    end
  end

  describe "sends the same response as on Puma:" do
    # These headers are not compared. Puma adds them for the connection, and the integration computes Content-Length.
    of_the_connection = %w[connection date server keep-alive transfer-encoding content-length]
    # Several header lines with the same name are equivalent to one line with a list.
    all = lambda do |response, _|
      [response.status, response.headers.except(*of_the_connection).transform_values { |values| values.join(", ") }, response.cookies, response.body]
    end

    page = { "content-type" => "text/html; charset=utf-8" }
    list = ->(*values) { Rack.release.start_with?("2") ? values.join("\n") : values }
    control_characters = [*("\0".."\x1f"), "\x7f"]
    each_once = Class.new { def each(&block) = %w[one two].each(&block) }
    {
      "a page" => [200, page, ["<p>Gr\u00fc\u00dfe</p>"]],
      "a page of several chunks" => [200, page, ["<p>", "\u{1F680}", "</p>"]],
      "a body that has only each" => [200, page, each_once.new],
      "an empty page" => [200, page, []],
      "a page of one empty chunk" => [200, page, [""]],
      "a correct Content-Length" => [200, page.merge("content-length" => "3"), ["abc"]],
      "every byte" => [200, { "content-type" => "image/png" }, [(0..255).to_a.pack("C*")]],
      "text that is not UTF-8" => [200, { "content-type" => "text/plain; charset=iso-8859-1" }, ["caf\xE9".b]],
      "JSON" => [200, { "content-type" => "application/json" }, [JSON.generate("a" => "\"\\\u2028\u0007</script>")]],
      "a compressed page" => [200, page.merge("content-encoding" => "gzip", "vary" => "Accept-Encoding"), [Zlib.gzip("abc")]],
      "204 No Content" => [204, {}, []],
      "304 Not Modified" => [304, { "etag" => "W/\"x\"", "cache-control" => "max-age=0, private, must-revalidate" }, []],
      "a redirect" => [302, { "location" => "https://example.com/a%20b?c=d#e", "content-type" => "text/html" }, ["<a>"]],
      "404 Not Found" => [404, { "content-type" => "text/plain", "x-cascade" => "pass" }, ["Not Found"]],
      "422 Unprocessable Content" => [422, page, ["no"]],
      "503 Service Unavailable" => [503, { "retry-after" => "120" }, ["later"]],
      "several cookies" => [200, page.merge("set-cookie" => list.call("a=1; path=/; HttpOnly", "b=2; expires=Thu, 01 Jan 2026 00:00:00 GMT")), ["x"]],
      "one cookie" => [200, page.merge("set-cookie" => "a=1; path=/; secure; SameSite=Lax"), ["x"]],
      "a repeated header" => [200, page.merge("link" => list.call("</a.css>; rel=preload", "</b.js>; rel=preload")), ["x"]],
      "a body to which the application applies the chunked encoding" => [200, page.merge("transfer-encoding" => "chunked"), ["5\r\nhello\r\n", "0\r\n", "\r\n"]],
      # Puma and Lamby keep the values with a tab or DEL, split the value with a line feed, and drop the other values.
      "a control character in each value" => [200, page.merge(control_characters.to_h { |it| [format("x-%02x", it.ord), "a#{it}b"] }), ["x"]],
      # The list does not contain a tab, because HTTP removes white space around a value.
      "a control character alone in each value" => [200, page.merge((control_characters - ["\t"]).to_h { |it| [format("x-%02x", it.ord), it] }), ["x"]],
      "a header injected into a value" => [200, page.merge("x-own" => "a\r\nset-cookie: x=1", "location" => "/\r\n\r\n<script>"), ["x"]],
      "a control character in a list" => [200, page.merge("x-own" => list.call("1", "\0", "2")), ["x"]],
      "a character that is not allowed in each name" => [200, page.merge(("\0".."\s").chain('"(),/:;<=>?@[]{}\\'.chars).to_h { |it| ["x#{it}y", "1"] }), ["x"]],
      "a status with a reason" => ["201 Created", page, ["x"]],
      "a status as text" => [" 404", page, ["x"]],
      "a status with a fraction" => [200.0, page, ["x"]],
      "other headers" => [200, page.merge("x-own" => "a  b, c", "x-empty" => "", "content-security-policy" => "default-src 'self'; img-src *"), ["x"]]
    }.each do |name, response|
      it name do
        copy = ->(_env) { [response[0], response[1].dup, response[2]] }
        expect(differences(copy, &all)).to eq({})
        expect(differences(copy, method: "HEAD", &all)).to eq({})
      end
    end
  end
end

# frozen_string_literal: true

return unless Requirements.gem?("sinatra")

require "sinatra/base"

# Calls a Sinatra application, which does not use Rails, behind every integration.
RSpec.describe "A Sinatra application" do
  application = Class.new(Sinatra::Base) do
    set :environment, :production
    set :raise_errors, false
    set :show_exceptions, false
    set :dump_errors, false
    set :host_authorization, permitted_hosts: []
    enable :sessions
    set :session_secret, "only for this spec, and long enough to be taken for a secret of a session: 0123456789abcdef"

    get("/orders/:id") { "order #{params[:id]} for #{params[:user]} at #{request.ip} over #{request.scheme}" }
    get("/count") { (session[:count] = session.fetch(:count, 0) + 1).to_s }
    post("/upload") { "#{params[:note]} #{params[:file][:filename]} #{params[:file][:tempfile].read.bytesize}" }
    post("/form") { params.fetch(:a).join("+") }
    get("/cookies") do
      response.set_cookie("a", value: "1", path: "/")
      response.set_cookie("b", value: "2", path: "/")
      cookies = request.cookies
      "#{cookies["x"]}#{cookies["y"]}"
    end
    get("/redirect") { redirect to("/orders/1"), 303 }
    get("/image") { content_type(:png) && "\x89PNG\r\n\xFF".b }
    get("/raise") { raise "oops" }
    error { "an error page" }
  end

  before { Lamby.config.rack_app = application.new }

  HTTPEvents::INTEGRATIONS.each do |integration|
    define_method(:ask) do |path, **request|
      path, query = path.split("?", 2)
      event = HTTPEvents.build(@integration, path: path, query: query.to_s, **request)
      HTTPResponses.read(@integration, Lamby.cmd(event: JSON.generate(event), context: lambda_context))
    end

    describe "behind #{integration}" do
      before { @integration = integration }

      it "routes requests, and knows the client's address and the request id" do
        expect(ask("/orders/7?user=J%C3%B6rg")).to have_attributes(status: 200, body: "order 7 for Jörg at 203.0.113.9 over https".b)
        expect(ask("/nowhere").status).to eq(404)
        expect(ask("/orders/7", method: "HEAD")).to have_attributes(status: 200, body: "")
      end

      it "keeps a session and several cookies" do
        first = ask("/count")
        session = first.cookies.find { |cookie| cookie.start_with?("rack.session=") }[/\A[^;]*/]
        expect([first.body, ask("/count", headers: { "cookie" => session }).body]).to eq(%w[1 2])
        expect(ask("/cookies", headers: { "cookie" => "x=1; y=2" })).to have_attributes(body: "12", cookies: include("a=1; path=/", "b=2; path=/"))
      end

      it "reads forms and uploaded files" do
        form = { "content-type" => "application/x-www-form-urlencoded" }
        expect(ask("/form", method: "POST", headers: form, body: "a[]=1&a[]=%2B").body).to eq("1++")
        bytes = Random.new(1).bytes(10_000)
        body = "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; " \
               "filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n".b + bytes + "\r\n--x--\r\n".b
        multipart = { "content-type" => "multipart/form-data; boundary=x" }
        expect(ask("/upload", method: "POST", headers: multipart, body: body, base64: true).body).to eq("hi a.bin 10000")
      end

      it "redirects, sends binary data, and shows its own error page" do
        expect(ask("/redirect")).to have_attributes(status: 303).and(satisfy { |it| it["location"].end_with?("/orders/1") })
        expect(ask("/image")).to have_attributes(body: "\x89PNG\r\n\xFF".b)
        expect(ask("/raise")).to have_attributes(status: 500, body: "an error page")
      end
    end
  end
end

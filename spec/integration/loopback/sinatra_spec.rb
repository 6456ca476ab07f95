# frozen_string_literal: true

return unless Requirements.gem?("sinatra")

require "rack/test"
require "sinatra/base"

RSpec.describe "Lamby::Loopback with a Sinatra application and rack-test" do
  application = Class.new(Sinatra::Base) do
    set :environment, :test
    set :host_authorization, permitted_hosts: []
    enable :sessions
    set :session_secret, "only for this spec, and long enough to be taken for a secret of a session: 0123456789abcdef"

    get("/orders/:id") { "order #{params[:id]} for #{params[:user]} at #{request.ip} over #{request.scheme}" }
    get("/count") { (session[:count] = session.fetch(:count, 0) + 1).to_s }
    get("/user") { session[:user].to_s }
    post("/upload") { "#{params[:note]} #{params[:file][:filename]} #{params[:file][:tempfile].read.bytesize}" }
    put("/json") { (content_type :json) && request.body.read }
    get("/redirect") { redirect to("/orders/1?user=Ada"), 303 }
    get("/image") { content_type(:png) && "\x89PNG\r\n\xFF".b }
    get("/raise") { raise KeyError, "oops" }
  end

  Lamby::Simulator.integrations.each do |integration|
    describe "behind #{integration}" do
      include Rack::Test::Methods

      define_method(:app) { Lamby::Loopback.new(application, integration: integration) }

      it "routes requests, and reads parameters, JSON and uploaded files" do
        get("/orders/7", user: "Jörg & Co")
        expect(last_response).to have_attributes(status: 200, body: "order 7 for Jörg & Co at 127.0.0.1 over http")
        put("/json", '{"a":"é"}', "CONTENT_TYPE" => "application/json")
        expect([last_response.content_type, last_response.body]).to eq(["application/json", '{"a":"é"}'])
        file = Rack::Test::UploadedFile.new(StringIO.new(Random.new(1).bytes(10_000)), "application/octet-stream", original_filename: "a.bin")
        post("/upload", note: "Grüße", file: file)
        expect(last_response.body).to eq("Grüße a.bin 10000")
      end

      it "keeps cookies, takes a session from the test, and follows redirects" do
        expect(Array.new(3) { get("/count").body }).to eq(%w[1 2 3])
        get("/user", {}, "rack.session" => { user: "Ada" })
        expect([last_response.body, last_request.env["rack.session"][:user]]).to eq(%w[Ada Ada])
        get("/redirect")
        expect(last_response).to be_redirect
        follow_redirect!
        expect(last_response.body).to start_with("order 1 for Ada")
      end

      it "returns bytes, and raises the application's exception" do
        expect(get("/image").body).to eq("\x89PNG\r\n\xFF".b)
        expect(head("/orders/1").body).to eq("")
        expect(get("/nowhere").status).to eq(404)
        expect { get("/raise") }.to raise_error(KeyError, "oops")
      end
    end
  end
end

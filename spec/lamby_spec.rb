# frozen_string_literal: true

require "English"
require "fileutils"
require "tmpdir"

RSpec.describe Lamby do
  let(:app) { ->(env) { [200, { "content-type" => "text/plain" }, ["#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}"]] } }

  describe ".cmd" do
    it "calls config.rack_app and returns its response as a payload" do
      described_class.config.rack_app = app
      expect(described_class.cmd(event: http_event(path: "/orders"), context: lambda_context)).to include(statusCode: 200, body: "GET /orders")
    end

    it "raises an error that names config.rack_app if there is no application" do
      hide_const("Rails") if defined?(Rails)
      expect { described_class.cmd(event: http_event, context: lambda_context) }
        .to raise_error(Lamby::Error, /set Lamby.config.rack_app/)
    end

    it "calls config.handled_proc with the event and the context, even if the application raises" do
      handled = []
      described_class.configure do |config|
        config.rack_app = ->(_env) { raise "no luck" }
        config.handled_proc = ->(event, context) { handled << [event["rawPath"], context.aws_request_id] }
      end
      [http_event(path: "/a"), JSON.generate(http_event(path: "/b"))].each do |event|
        expect { described_class.cmd(event: event, context: lambda_context) }.to raise_error("no luck")
      end
      expect(handled).to eq([["/a", LambdaHelpers::REQUEST_ID], ["/b", LambdaHelpers::REQUEST_ID]])
    end
  end

  describe ".handler" do
    it "returns a Hash with Symbol keys for an event that is a Hash" do
      payload = described_class.handler(app, http_event, lambda_context)
      expect(payload).to eq(
        statusCode: 200, headers: { "content-type" => "text/plain" }, isBase64Encoded: false, body: "GET /"
      )
    end

    it "returns JSON for an event that is JSON" do
      payload = described_class.handler(app, JSON.generate(http_event), lambda_context)
      expect(payload).to be_a(String).and have_attributes(encoding: Encoding::UTF_8)
      expect(JSON.parse(payload)).to eq(
        "statusCode" => 200, "headers" => { "content-type" => "text/plain" }, "isBase64Encoded" => false, "body" => "GET /"
      )
    end

    it "accepts the option rack: of lamby 6, and events with Symbol keys" do
      event = { version: "2.0", rawPath: "/x", requestContext: { http: { method: "GET" } } }
      expect(described_class.handler(app, event, nil, rack: :http)).to include(body: "GET /x")
    end

    it "puts the same String into PATH_INFO and REQUEST_PATH, as Puma does", :extension do
      env = env_of(http_event(path: "/a", rawQueryString: "b=1"))
      expect(env["REQUEST_PATH"]).to be(env["PATH_INFO"])
      expect(env["REQUEST_URI"]).to eq("/a?b=1")
    end

    it "accepts nil as the context" do
      expect(described_class.handler(->(env) { [200, {}, [env.key?("HTTP_X_REQUEST_ID").to_s]] }, http_event, nil)).to include(body: "false")
    end

    it "does not modify the event, even if the application modifies the env" do
      event = http_event(headers: { "X-A" => "b" }, body: "aGk=", isBase64Encoded: true)
      before = Marshal.load(Marshal.dump(event))
      vandal = lambda do |env|
        env.each_value { |value| value << "!" if value.is_a?(String) && !value.frozen? }
        env["rack.input"].read
        [200, {}, []]
      end
      described_class.handler(vandal, event, lambda_context)
      expect(event).to eq(before)
    end

    it "raises the exception object that the application raised" do
      error = Class.new(StandardError).new("mine")
      expect { described_class.handler(->(_env) { raise error }, http_event, nil) }.to raise_error(error)
    end
  end

  describe ".config" do
    it "is reset to its defaults by Lamby.reconfigure, which then yields it" do
      described_class.config.rack_app = app
      other = ->(_env) { [204, {}, []] }
      described_class.reconfigure { |config| config.rack_app = other }
      expect(described_class.config.rack_app).to be(other)
      described_class.reconfigure
      expect(described_class.config.handled_proc.call(1, 2)).to be_nil
    end
  end

  describe "require" do
    it "traps no signals, loads neither JSON nor more of Rack than needed, and prints nothing", :extension do
      script = <<~RUBY
        before = %w[TERM INT].map { |signal| trap(signal, "DEFAULT") }
        require "lamby"
        after = %w[TERM INT].map { |signal| trap(signal, "DEFAULT") }
        abort "traps" unless after == %w[DEFAULT DEFAULT]
        abort "json" if defined?(JSON)
        abort "rack" if $LOADED_FEATURES.any? { |file| file.end_with?("rack/builder.rb", "rack/utils.rb") }
      RUBY
      output = IO.popen([RbConfig.ruby, "-w", "-I", File.expand_path("../lib", __dir__), "-e", script], err: %i[child out], &:read)
      expect([output, $CHILD_STATUS.success?]).to eq(["", true])
    end

    # The platforms differ if the folder with the gems was copied from another machine.
    it "raises an error that says what to do if the native extension was built for another platform", :extension do
      Dir.mktmpdir do |folder|
        FileUtils.cp_r(File.expand_path("../lib", __dir__), folder)
        Dir["#{folder}/lib/lamby/**/*.{so,bundle}"].each { |library| File.write(library, "\x7FELF of another machine") }
        output = IO.popen([RbConfig.ruby, "-I", "#{folder}/lib", "-e", "require 'lamby'"], err: %i[child out], &:read)
        expect(output).to match(/extension cannot be loaded by Ruby #{RUBY_VERSION} on #{RUBY_PLATFORM}: .+\. Install the gem on the system where it runs.*'bundle pristine lamby'/)
      end
    end
  end
end

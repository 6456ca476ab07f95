# frozen_string_literal: true

# Requests of `lamby run` and `lamby console`, and events that only look like them.
RSpec.describe Lamby::Console do
  # A context as AWS's client and Lamby's own runtime make it. Only callers of the Invoke API choose its client context.
  context_class = Struct.new(:aws_request_id, :client_context, :get_remaining_time_in_millis, keyword_init: true)
  mark = { "custom" => { "lamby" => "console" } }

  let(:file) { File.join(Dir.mktmpdir, "proof") }
  let(:attack) { { "lamby.console" => { "run" => "touch #{file}" } } }

  before { allow($stderr).to receive(:puts) }
  after { FileUtils.rm_rf(File.dirname(file)) }

  define_method(:context) { |client = mark, left: 30_000| context_class.new(aws_request_id: "1", client_context: client, get_remaining_time_in_millis: left) }

  def ask(request, **options)
    JSON.parse(Lamby.cmd(event: JSON.generate("lamby.console" => request), context: context(**options))).fetch("lamby.console")
  end

  describe "while config.console is on" do
    before { Lamby.config.console = true }

    it "runs a command in the shell, and returns its output in order, and its status" do
      reply = ask({ "run" => "echo one; echo two >&2; sleep 0.2; echo $0 $AWS_LAMBDA_RUNTIME_API; exit 3" })
      expect(reply["output"].map { |name, bytes| [name, bytes.unpack1("m0")] }).to contain_exactly(%W[out one\n], %W[err two\n], %W[out /bin/sh\n])
      expect(reply).to include("status" => 3, "signal" => nil, "in_time" => true, "omitted" => 0)
      expect(ask({ "run" => "kill -9 $$" })).to include("status" => nil, "signal" => 9)
      expect(ask({ "run" => "missing-program" })).to include("status" => 127)
      expect($stderr).to have_received(:puts).with("lamby run: \"missing-program\"")
    end

    it "kills a command, and what it has started, just before the function's timeout" do
      # The time is nearly over as soon as the command has started its child.
      proof = file
      left = -> { File.size?(proof) ? 900 : 30_000 }
      timed = context.tap { |it| it.define_singleton_method(:get_remaining_time_in_millis, &left) }
      request = { "lamby.console" => { "run" => "echo begun; sleep 600 & echo $! > #{file}; wait" } }
      reply = Lamby.cmd(event: request, context: timed)["lamby.console"]
      expect(reply).to include("in_time" => false, "signal" => 9, "output" => [["out", ["begun\n"].pack("m0")]])
      child = File.read(file).to_i
      wait_until("the end of the child") { !File.exist?("/proc/#{child}") || File.read("/proc/#{child}/stat").split[2] == "Z" }
    end

    it "ends what a command leaves behind, and does not wait for it" do
      reply = ask({ "run" => "sleep 600 & echo $!" })
      child = reply["output"][0][1].unpack1("m0").to_i
      expect(reply).to include("status" => 0, "in_time" => true)
      wait_until("the end of the child") { !File.exist?("/proc/#{child}") || File.read("/proc/#{child}/stat").split[2] == "Z" }
    end

    it "returns the last 4 MB of a large output" do
      reply = ask({ "run" => "head -c 5000000 /dev/zero; echo end" })
      bytes = reply["output"].map { |_name, part| part.unpack1("m0") }.join
      expect([bytes.bytesize, bytes[-4..], reply["omitted"]]).to eq([4_000_000, "end\n", 1_000_004])
    end

    it "evaluates Ruby code with the local variables of its session" do
      evaluate = ->(code, session: "a", line: 1) { ask({ "evaluate" => code, "session" => session, "line" => line }) }
      expect(evaluate["count = 40\nputs 'hello'; warn 'careful'\ncount + 1"]).to include("result" => "41", "output" => "hello\ncareful\n", "new" => true, "ruby" => start_with("Ruby #{RUBY_VERSION}"))
      expect(evaluate["_ + 1"]).to include("result" => "42", "new" => false)
      expect(evaluate["count", session: "b"]).to include("new" => true, "error" => include("class" => "NameError"))
      expect(evaluate["self"]).to include("result" => "main")
      expect(evaluate["Event"]["error"]).to include("message" => /uninitialized constant Event/)
      failed = evaluate["\nraise IOError, \"boom\"", line: 7]["error"]
      expect(failed).to match("class" => "IOError", "message" => "boom", "backtrace" => [/\A\(console\):8/])
      expect(evaluate["1 +"]["error"]).to include("class" => "SyntaxError")
      expect(evaluate["exit 3"]["error"]).to include("class" => "SystemExit")
      expect(evaluate["def deep = deep + 1\ndeep"]["error"]).to include("class" => "SystemStackError")
      expect(evaluate["\"\\xff\".b + 'é'.b"]["result"]).to eq("\"\\xFF\\xC3\\xA9\"")
      expect(evaluate["Class.new(BasicObject).new"]["error"]).to include("class" => "NoMethodError")
      expect(evaluate["$stdout.write(\"\\xff\"); nil"]["output"]).to eq("\uFFFD")
      expect(evaluate["'x' * 2_000_000"]["result"]).to end_with("… (2000002 bytes)")
    end

    it "captures only what the evaluating thread writes" do
      other = Thread.new do
        Thread.stop
        $stdout.puts("other")
      end
      wait_until("the thread") { other.status == "sleep" }
      $console_thread = other # rubocop:disable Style/GlobalVars
      expect { expect(ask({ "evaluate" => "puts 1; $console_thread.run.join; puts 2", "session" => "c", "line" => 1 })["output"]).to eq("1\n2\n") }
        .to output("other\n").to_stdout
    end

    it "refuses a request that it does not understand" do
      [{ "run" => 1 }, { "run" => "ls", "as" => "root" }, {}, [], "ls", nil, { "evaluate" => "1", "session" => "a" }].each do |request|
        expect { ask(request) }.to raise_error(Lamby::Console::InvalidRequest, /does not understand this request/)
      end
    end
  end

  describe "attacks while config.console is on" do
    before do
      Lamby.config.console = true
      Lamby.config.rack_app = ->(env) { [200, {}, [env["rack.input"].read]] }
    end

    after { expect(File).not_to exist(file) }

    # Handles an event as bytes, as a Hash and as a Lamby::Event, once with the mark in the client context and once without.
    def try(event, *clients)
      json = event.is_a?(String) ? event : JSON.generate(event)
      parsed = JSON.parse(json)
      forms = [json, Lamby::Event.new(json), parsed].reject { |form| form.is_a?(String) && !form.equal?(json) }
      forms.product(clients.empty? ? [nil, mark_of] : clients).each do |form, client|
        Lamby.cmd(event: form, context: context(client))
      rescue Lamby::EventError, NoMethodError, TypeError
        nil # The event has no handler, or it is not a Hash.
      end
    end

    # Adds the request to each object inside of the event.
    def in_objects(value)
      case value
      when Hash then value.transform_values { |it| in_objects(it) }.merge(attack)
      when Array then value.map { |it| in_objects(it) }
      else value
      end
    end

    # Replaces each string in the event with the request's JSON.
    def in_strings(value)
      case value
      when Hash then value.transform_values { |it| in_strings(it) }
      when Array then value.map { |it| in_strings(it) }
      when String then JSON.generate(attack)
      else value
      end
    end

    # Returns events that contain the request, in every place.
    def forged(event)
      [event.merge(attack), attack.merge(event), event.transform_values { |it| in_objects(it) }, in_strings(event), { "lamby.console" => event, **event }]
    end

    Lamby::Simulator.integrations.each do |integration|
      describe integration.to_s do
        it "cannot carry a request of the console in any part of an HTTP request, even if the client context had the mark" do
          json = JSON.generate(attack)
          requests = [{ body: json, method: "POST", headers: { "content-type" => "application/json" } },
                      { headers: { "lamby.console" => JSON.generate(attack["lamby.console"]), "x-amz-client-context" => [JSON.generate(mark_of)].pack("m0") } },
                      { url: "https://example.com/lamby.console?lamby.console=#{CGI.escape(json)}" }]
          requests.each do |request|
            event = JSON.parse(Lamby::Simulator.event(integration, **request))
            [event, *forged(event), event.merge("body" => attack)].each { |it| try(it) }
          end
          expect(Lamby.cmd(event: Lamby::Simulator.event(integration, method: "POST", body: json), context: context)).to include("lamby.console")
        end
      end
    end

    (Lamby::Config::EVENT_KINDS - %i[direct]).each do |kind|
      it "cannot come in an event of kind #{kind}" do
        forged(JSON.parse(Lamby::Simulator.sample(kind))).each { |event| try(event) }
      end
    end

    it "cannot come without the mark in the client context, even if the event is the whole request" do
      [nil, {}, { "custom" => nil }, { "custom" => {} }, { "custom" => "lamby" }, { "custom" => { "lamby" => true } }, { "custom" => { "Lamby" => "console" } },
       { "lamby" => "console" }, { "client" => mark_of }, { "env" => mark_of["custom"] }, "console", [mark_of], 1].each { |client| try(attack, client) }
      broken = context.tap { |it| it.define_singleton_method(:client_context) { JSON.parse("{") } }
      expect { Lamby.cmd(event: attack, context: broken) }.to raise_error(Lamby::UnhandledEvent)
      expect { Lamby.cmd(event: attack, context: nil) }.to raise_error(Lamby::UnhandledEvent)
      expect { Lamby.cmd(event: attack, context: lambda_context) }.to raise_error(Lamby::UnhandledEvent)
    end

    it "cannot come in an event with other keys, in a nested event, or in another value" do
      [attack.merge("detail" => {}), { "event" => attack }, { "lamby.console " => attack["lamby.console"] }, { "body" => JSON.generate(attack) }, { "Records" => [attack] }, { "input" => attack["lamby.console"] }]
        .each { |event| try(event) }
      try(JSON.generate([attack]))
      try(JSON.generate(JSON.generate(attack)))
      try("{\"lamby.console\":#{JSON.generate(attack["lamby.console"])},\"rawPath\":\"/\"}")
      # The last of several equal keys counts.
      expect { Lamby.cmd(event: "{\"lamby.console\":#{JSON.generate(attack["lamby.console"])},\"lamby.console\":{}}", context: context) }.to raise_error(Lamby::Console::InvalidRequest)
    end

    it "cannot come from the local proxy server, whose clients choose the whole context" do
      body = JSON.generate("event" => attack, "context" => { "client_context" => mark_of, "aws_request_id" => "1" })
      env = Rack::MockRequest.env_for("http://127.0.0.1:3000/lambda", method: "POST", input: body, "CONTENT_TYPE" => "application/json")
      expect { Lamby::ProxyServer.new.call(env) }.to raise_error(Lamby::UnhandledEvent)
    end

    it "cannot come from an application that handles a client's JSON as an event" do
      Lamby.config.rack_app = lambda do |env|
        [200, {}, [Lamby.cmd(event: env["rack.input"].read, context: env["lambda.context"]).to_s]]
      rescue Lamby::UnhandledEvent
        [422, {}, []]
      end
      event = Lamby::Simulator.event(:function_url, method: "POST", body: JSON.generate(attack))
      expect(Lamby.cmd(event: event, context: context(nil))).to include("422")
    end
  end

  it "is off by default: a request raises an error, and runs nothing" do
    expect(Lamby.config.console).to be(false)
    expect { Lamby.cmd(event: JSON.generate(attack), context: context) }.to raise_error(Lamby::Console::Disabled, "config.console is off in this function")
    expect(File).not_to exist(file)
  end

  it "leaves other direct invocations to their handlers" do
    Lamby.config.console = true
    Lamby.config.on(:direct) { |event, _| event.to_h }
    expect(Lamby.cmd(event: { "task" => "x" }, context: context)).to eq("task" => "x")
    expect(Lamby.cmd(event: attack, context: context(nil))).to eq(attack)
    expect(File).not_to exist(file)
  end

  define_method(:mark_of) { mark }
end

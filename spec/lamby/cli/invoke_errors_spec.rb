# frozen_string_literal: true

require "pty"

# `lamby invoke` says what has failed and why, in at most three lines, and then prints the application's log.
RSpec.describe "lamby invoke, if something fails" do
  include CommandLine

  page = ->(body) { "<!DOCTYPE html>\n<html><head><title>Broken &amp; late</title>\n<style>h1 {}\n</style></head>\n<body>\n#{body}\n</body></html>\n#{"<p>\n" * 200}" }

  # Returns the code of an application that responds with an error.
  def app(status, type, body, before: "")
    "Lamby.config.rack_app = ->(env) { #{before}; [#{status}, { 'content-type' => #{type.dump} }, [#{body.dump}]] }"
  end

  describe "the application" do
    it "prints the exception that the application raises, and its own line of the backtrace" do
      out, err, status = lamby("invoke", "-p", "/raise")
      expect(out).to match(/\AThe invocation failed: RuntimeError: this path always raises\n  app\.rb:\d+:in .*call'\n  --full prints the whole backtrace\n\z/)
      expect([err, status]).to eq(["", 1])
    end

    it "prints the whole message and the whole backtrace with --full" do
      out, = lamby_with('Lamby.config.rack_app = ->(env) { raise "one\ntwo\nthree" }', "invoke", "--full")
      expect(out).to match(/\AThe invocation failed: RuntimeError: one …\n  two\n  three\n/)
      expect(out.lines.grep(%r{^  .*lib/lamby/handler\.rb:}).size).to be_positive
    end

    it "prints the exception that a framework has turned into a page" do
      rescues = '@e ||= RuntimeError.new("no order 3").tap { |e| e.set_backtrace(["/usr/gems/a.rb:1", "#{Dir.pwd}/app/orders.rb:7:in `show\'"]) }; env["action_dispatch.exception"] = @e'
      code = app(500, "text/html", page.call("<h1>Sorry</h1>"), before: rescues)
      out, _, status = lamby_with(code, "invoke")
      expect(out).to match(/\Afunction_url     GET \/\n500 in \d+\.\d ms, \d+ bytes from Lambda \(--full prints them\)\nRuntimeError: no order 3 \(app\/orders\.rb:7:in `show'\)\n\n\z/)
      expect(status).to eq(0)

      full, = lamby_with(code, "invoke", "--full")
      expect(full).to include("RuntimeError: no order 3 (app/orders.rb:7", "  content-type: text/html\n", "<h1>Sorry</h1>\n", "\n  /usr/gems/a.rb:1\n")
    end

    it "prints the exception if config.rescue_errors is on" do
      out, = lamby_with('Lamby.config.rescue_errors = true; Lamby.config.rack_app = ->(env) { raise "no stock" }', "invoke")
      expect(out).to match(/^500 in .*\nRuntimeError: no stock \(config\/environment\.rb:2:in .*\)$/)
    end

    it "prints the headings of a long error page without a known exception" do
      out, = lamby_with(app(500, "text/html; charset=utf-8", page.call("<h1>We are <b>sorry</b></h1>")), "invoke")
      expect(out.lines.drop(2).join).to eq("The page says: Broken & late – We are sorry\n\n")
    end

    it "prints a short error, and the beginning of a long error that is not HTML" do
      out, = lamby_with(app(422, "application/json", '{"error":"quantity"}'), "invoke")
      expect(out).to match(/\A.*\n422 in .* from Lambda\n  content-type: application\/json\n\{"error":"quantity"\}\n\n\z/)
      out, = lamby_with(app(500, "text/plain", "line\n" * 1000), "invoke")
      expect(out).to match(/\A.*\n500 in .*\n  content-type: text\/plain\n#{"  line\n" * 4}  … 5000 bytes in all \(--full prints them\)\n\n\z/)
    end

    it "names the host that Sinatra does not permit" do
      out, = lamby_with(app(403, "text/plain", "Host not permitted"), "invoke", "-H", "host: shop.example.com")
      expect(out.lines[2]).to start_with('Sinatra does not permit the host "shop.example.com": add it to permitted_hosts in "set :host_authorization"')
    end

    it "prints three lines for each event with --all" do
      out, = lamby_with(app(500, "text/html", page.call("<h1>Sorry</h1>")), "invoke", "--all")
      expect(out.lines.size).to eq(4 * Lamby::Simulator.integrations.size)
    end
  end

  describe "the application's start" do
    {
      "an exception" => ['raise "no database\nat all"', /\AThe application did not start: RuntimeError: no database …\n  config\/environment\.rb:2:in .*\n  --full prints the whole backtrace\n\z/],
      "a missing library" => ['require "no_such_library"', /\AThe application did not start: LoadError: cannot load such file -- no_such_library\n  config\/environment\.rb:2:in .*\n  --full/],
      "a syntax error" => ["def a(\n", /\AThe application did not start: SyntaxError: .*config\/environment\.rb:/],
      "a call of exit" => ["exit 7", /\AThe application did not start: the application called exit with status 7\n  config\/environment\.rb:2:in .*exit'\n/]
    }.each do |what, (code, message)|
      it "says in a few lines what failed: #{what}" do
        out, err, status = lamby_with(code, "invoke")
        expect([out, err, status]).to match([message, "", 1])
        expect(out.lines.size).to be <= 6
      end
    end

    it "prints the whole backtrace with --full" do
      out, = lamby_with('raise "no database"', "invoke", "--full")
      expect(out.lines.grep(%r{lib/lamby/function\.rb:}).size).to be_positive
    end
  end

  describe "the application's log" do
    write = ->(count) { "#{count}.times { |n| File.write('log/development.log', \"\\e[1mline \#{n}\\e[0m\\n\\n\", mode: 'a') }" }

    it "prints what this invocation has written to log/*.log, below the error" do
      code = "File.write('log/old.log', 'old')\n#{app(500, "text/html", page.call("<h1>Sorry</h1>"), before: write.call(2))}"
      out, = lamby_with(code, "invoke", env: { "RUBYOPT" => nil })
      expect(out).to end_with("Sorry\n\nlog/development.log:\n  line 0\n  line 1\n\nlog/old.log:\n  old\n\n")
    end

    it "prints the last 20 lines, and all lines with --full" do
      code = app(500, "text/html", page.call("<h1>Sorry</h1>"), before: write.call(30))
      expect(lamby_with(code, "invoke")[0]).to include("log:\n  … --full prints 10 more lines\n  line 10\n").and end_with("  line 29\n\n")
      expect(lamby_with(code, "invoke", "--full")[0]).to include("log:\n  line 0\n")
    end

    it "prints it below an exception and a failed start" do
      expect(lamby_with("#{write.call(1)}; raise 'no'", "invoke")[0]).to end_with("\n\nlog/development.log:\n  line 0\n")
      expect(lamby_with("Lamby.config.rack_app = ->(_) { #{write.call(1)}; raise 'no' }", "invoke")[0]).to end_with("\n\nlog/development.log:\n  line 0\n")
    end

    it "prints no log if nothing failed" do
      expect(lamby_with(app(200, "text/plain", "good", before: write.call(1)), "invoke")[0]).not_to include("line 0")
    end

    it "leaves out what was in a file before" do
      Dir.mktmpdir do |folder|
        FileUtils.mkdir_p(%W[#{folder}/config #{folder}/log])
        File.write("#{folder}/log/development.log", "yesterday\n")
        File.write("#{folder}/config/environment.rb", "require 'lamby'; File.write('log/development.log', \"caf\\xE9\\n\", mode: 'ab'); raise 'no'")
        expect(lamby("invoke", folder: folder)[0]).to end_with("\n\nlog/development.log:\n  caf\u{FFFD}\n")
      end
    end
  end

  describe "--fail" do
    it "exits with 1 if the response's status is 400 or more" do
      { 200 => 0, 302 => 0, 399 => 0, 400 => 1, 404 => 1, 503 => 1 }.each do |code, status|
        expect([code, lamby_with(app(code, "text/plain", "x"), "invoke", "--fail")[2]]).to eq([code, status])
        expect([code, lamby_with(app(code, "text/plain", "x"), "invoke")[2]]).to eq([code, 0])
      end
      expect(lamby_with(app(404, "text/plain", "x"), "invoke", "--all", "--json", "--fail")[2]).to eq(1)
    end

    it "exits with 1 if records of a batch failed" do
      handlers = "Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { raise } }\nLamby.config.on(:kinesis) { |event, _| Lamby.each_record(event) {} }"
      expect(%w[sqs kinesis].map { |kind| lamby_with(handlers, "invoke", kind, "--fail")[2] }).to eq([1, 0])
      expect(lamby_with(handlers, "invoke", "sqs")[2]).to eq(0)
    end

    it "exits with 1 if the integration would refuse the payload, or if the handler raises" do
      code = "def plain(event:, context:) = event['rawPath'] == '/raise' ? raise('no') : { statusCode: 'x' }"
      refused = lamby_with(code, "invoke", "--handler", "config/environment.plain", "--json", "--fail")
      expect(refused).to match([/"x"/, /would refuse this payload with status 502/, 1])
      expect(lamby_with(code, "invoke", "-p", "/raise", "--handler", "config/environment.plain", "--fail")[2]).to eq(1)
    end
  end

  it "prints with --json only the payload on standard output, even if the application prints something" do
    out, err, = lamby_with("puts 'starts'; #{app(200, "text/plain", "good", before: "puts 'runs'")}", "invoke", "--json")
    expect([JSON.parse(out)["body"], err]).to eq(["good", "starts\nruns\n"])
    out, err, status = lamby_with("raise 'no'", "invoke", "--json")
    expect([out, err, status]).to match(["", /\AThe application did not start: RuntimeError: no\n/, 1])
  end

  it "uses colors only in a terminal that has them, and without NO_COLOR" do
    terminal = lambda do |no_color, term = "xterm"|
      command = [env_of_command.merge("NO_COLOR" => no_color, "TERM" => term), *lamby_command, "invoke", "-p", "/raise", { chdir: "#{CommandLine::ROOT}/examples/rack" }]
      output = +""
      PTY.spawn(*command) { |reader, _writer, _pid| loop { output << reader.readpartial(4096) } }
    rescue Errno::EIO, EOFError # The end of the terminal's output on Linux and on macOS.
      output
    end
    expect(terminal.call(nil)).to start_with("\e[31mThe invocation failed")
    expect(terminal.call("")).to include("\e[31m") # https://no-color.org: an empty NO_COLOR has no effect.
    expect(terminal.call("1")).to start_with("The invocation failed").and(satisfy { |output| !output.include?("\e") })
    expect(terminal.call(nil, "dumb")).to start_with("The invocation failed")
    expect(lamby("invoke", "-p", "/raise")[0]).not_to include("\e")
  end
end

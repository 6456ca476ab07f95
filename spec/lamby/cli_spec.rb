# frozen_string_literal: true

# Runs the command in a separate process, in an application's folder.
RSpec.describe Lamby::CLI do
  include CommandLine

  root = CommandLine::ROOT

  it "with --all invokes the folder's application with one event of each integration" do
    out, err, status = lamby("invoke", "--all")
    expect([err, status]).to eq(["", 0])
    Lamby::Simulator.integrations.each { |integration| expect(out).to match(%r{^#{integration} +GET /$}) }
    expect(out.scan(/^200 in \d+\.\d ms, \d+ bytes from Lambda$/).size).to eq(8)
    expect(out.scan("<h1>Hello from Rack</h1>").size).to eq(8)
  end

  it "builds an event from -p, -H and -d" do
    out, = lamby("invoke", "alb", "-p", "/echo?a=1", "-H", "content-type: text/csv", "-d", "a;b")
    expect(out).to include("alb", "POST /echo?a=1", "content-type: text/csv", "\na;b\n")
  end

  it "reads an event from a file and from standard input" do
    event = JSON.generate(http_event(path: "/nowhere"))
    Dir.mktmpdir do |folder|
      file = File.join(folder, "event.json")
      File.write(file, event)
      expect(lamby("invoke", file)[0]).to include("404 in", "There is nothing at /nowhere")
    end
    expect(lamby("invoke", "-", stdin: event)[0]).to include("404 in", "There is nothing at /nowhere")
  end

  it "invokes the application with a sample of an event that is not HTTP" do
    handlers = <<~RUBY
      Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { |record| raise if record["body"] == '{"order":2}' } }
      Lamby.config.on(:schedule) {}
    RUBY
    out, err, status = lamby_with(handlers, "invoke", "sqs")
    expect(out).to match(/\Asqs\nreturned in \d+\.\d ms\n\{"batchItemFailures":\[\{"itemIdentifier":".{36}"\}\]\}\n\z/)
    expect([err, status]).to match([/RuntimeError/, 0])
    expect(lamby_with(handlers, "invoke", "schedule")[0]).to match(/\Aschedule\nreturned in \d+\.\d ms\nnull\n\z/)
  end

  it "prints events with --print-event, without the application" do
    expect(lamby("invoke", "s3", "--print-event", folder: "spec")).to eq([Lamby::Simulator.sample(:s3), "", 0])
    event = JSON.parse(lamby("invoke", "alb", "--print-event", "-p", "/orders", "-d", "a=1", folder: "spec")[0])
    expect(event).to include("path" => "/orders", "httpMethod" => "POST", "body" => "a=1")
    expect(lamby("invoke", "--all", "--print-event", folder: "spec")[0].lines.size).to eq(Lamby::Simulator.integrations.size)
  end

  it "prints only the payload with --json" do
    out, = lamby("invoke", "rest_api", "--json")
    expect(JSON.parse(out)).to include("statusCode" => 200, "body" => "<h1>Hello from Rack</h1>")
  end

  it "does not print a binary body" do
    out, = lamby("invoke", "-p", "/echo", "-H", "content-type: image/png", "-d", "@#{root}/lib/lamby/lamby.#{RbConfig::CONFIG["DLEXT"]}")
    expect(out).to match(/\(\d+ bytes that are not text\)|ResponseTooLarge/)
  end

  it "exits with 1 and prints the error if the application raises or no handler takes the event" do
    out, _, status = lamby("invoke", "-p", "/raise")
    expect([out, status]).to match([/The invocation failed: RuntimeError: this path always raises\n.*app.rb:/m, 1])
    out, _, status = lamby("invoke", "-", stdin: '{"Records":[{"eventSource":"aws:sqs"}]}')
    expect([out, status]).to match([/Lamby::UnhandledEvent: the event looks like an Amazon SQS batch/, 1])
  end

  it "exits with 2 and says what is wrong with its arguments" do
    {
      %w[invoke nothing] => /"nothing" is neither a file nor an integration nor a kind of event$/,
      %w[invoke sqss] => /"sqss" is neither .*; did you mean sqs\?$/,
      %w[invoke sqs --path /orders] => /--path makes the event of an integration, but the event is "sqs": leave --path out$/,
      %w[invoke - -d x] => /--data makes the event of an integration, but the event is "-": leave --data out$/,
      ["invoke", "--handler", "app"] => /handler "app" is not FILE.METHOD or FILE.CLASS.METHOD/,
      ["invoke", "--handler", "app.Nothing.call"] => /app.rb has no Nothing/,
      ["invoke", "--handler", "app.Example.nothing"] => /app.rb has no method nothing/,
      ["invoke", "-H", "x"] => /header "x" is not of the form "Name: value"/,
      ["invoke", "-d", "@nowhere"] => /the file "nowhere" of --data cannot be read: No such file or directory$/,
      ["invoke", "-d", "@#{root}"] => /the file ".*" of --data cannot be read: Is a directory$/,
      ["invoke", "-X", "GE@T"] => /the value "GE@T" of --method is wrong: invalid HTTP method$/,
      ["invoke", "-p", "/a b"] => %r{the value "/a b" of --path is wrong: invalid uri character; write special characters as in "/a%20b"$},
      ["invoke", "-H", "a b: c"] => /the value "a b: c" of --header is wrong: invalid HTTP header name$/,
      ["invoke", "--wrong"] => /there is no option --wrong$/,
      ["dance"] => /there is no command "dance": the commands are new, install, invoke/,
      ["--wrong"] => /there is no option --wrong$/,
      ["runtime", "--wrong"] => /there is no option --wrong$/,
      ["install", "--wrong"] => /there is no option --wrong$/,
      ["install", "--architectur", "arm64"] => /there is no option --architectur; did you mean --architecture\?$/,
      ["install", "--ci", "gitlab"] => /--ci is "gitlab", and has to be one of github, circleci, both, none$/,
      ["install", "--ci"] => /--ci is "ci", and has to be one of github, circleci, both, none$/,
      ["--version", "x"] => /unexpected argument "x" after --version$/,
      ["server"] => /there is no command "server"; did you mean serve\?$/,
      ["help", "dance"] => /there is no command "dance"/
    }.each do |arguments, message|
      out, err, status = lamby(*arguments)
      expect([out, status]).to eq(["", 2]), arguments.inspect
      expect(err).to match(message).and match(/^Try "lamby .*--help"\.$/)
    end
    expect(lamby("invoke", folder: "examples")[1]).to match(%r{config/environment.rb, which is not in .*examples; go to the application's folder})
  end

  it "calls a handler other than Lamby.cmd with a Hash, as AWS's runtime client does" do
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "app.rb"), <<~RUBY)
        module Jobs; class Sweep; def self.call(event:, context:) = { "got" => event["a"], "id" => context.aws_request_id.size }; end; end
        def plain(event:, context:) = event.keys
      RUBY
      expect(JSON.parse(lamby("invoke", "-", "--json", "--handler", "app.Jobs::Sweep.call", folder: folder, stdin: '{"a":5}')[0])).to eq("got" => 5, "id" => 36)
      expect(JSON.parse(lamby("invoke", "-", "--json", "--handler", "app.plain", folder: folder, stdin: '{"a":5}')[0])).to eq(["a"])
    end
  end

  it "prints its version and its help" do
    expect(lamby("--version")).to eq(["lamby #{Lamby::VERSION}\n", "", 0])
    expect(lamby[0]).to include("Usage: lamby COMMAND", *Lamby::CLI::COMMANDS.keys.map { |name| "\n  #{name.ljust(10)}  " })
    Lamby::CLI::COMMANDS.each_key do |name|
      expect(lamby(name, "--help")).to match([/\AUsage: lamby #{name}\b.*^ +-h, --help +(# )?Print this help$/m, "", 0])
      expect(lamby("help", name)).to eq(lamby(name, "--help"))
    end
    expect(lamby("invoke", "--help")).to match([/EVENT is one of these:/, "", 0])
  end
end

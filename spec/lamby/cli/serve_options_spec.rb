# frozen_string_literal: true

require "socket"

# Checks the command line of `lamby serve`. spec/lamby/serve has the specs of its server.
RSpec.describe "lamby serve, with a wrong command line" do
  include CommandLine

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  before { File.write("#{@folder}/app.rb", SpecApps.source(:serve)) }

  # Returns the message, without its last line.
  def refusal(*arguments)
    out, err, status = lamby("serve", *arguments, folder: @folder)
    expect([out, status]).to eq(["", 2])
    expect(err.lines.last).to eq("Try \"lamby serve --help\".\n")
    err.lines[0..-2].join.chomp
  end

  {
    %w[--timeout 0] => "--timeout is 0, and has to be a number from 1 to 900",
    %w[--timeout soon] => '--timeout is "soon", and has to be a number, such as 30',
    %w[--memory 64] => "--memory is 64, and has to be a number from 128 to 10240",
    %w[--concurrency 0] => "--concurrency is 0, and has to be a number from 1 to 1000",
    %w[--port 99999] => "--port is 99999, and has to be a number from 0 to 65535",
    %w[--integration sqs] => "--integration is \"sqs\", and has to be one of #{Lamby::Simulator.integrations.join(", ")}",
    %w[--integration=http] => "--integration is \"http\", and has to be one of #{Lamby::Simulator.integrations.join(", ")}",
    %w[-pabc] => '-p is "abc", and has to be a number, such as 3000',
    %w[--streaming=yes] => '--streaming takes no value: leave "yes" out',
    %w[--st] => "the option --st can be --stage or --streaming: write all of it",
    %w[--stage] => "--stage needs a value: --stage NAME",
    %w[--integration alb --streaming] => "alb does not stream responses; these integrations do: function_url, rest_api",
    %w[--stage prod] => "function_url has neither stages nor base paths; these integrations have: http_api_v2, http_api_v1, rest_api",
    %w[-i rest_api --stage a/b] => '--stage is "a/b", and may have only letters, digits, - and _',
    %w[-i rest_api --base-path shop] => '--base-path is "shop", and has to begin with a slash and end without one, such as /shop',
    %w[-i rest_api --base-path /shop/] => '--base-path is "/shop/", and has to begin with a slash and end without one, such as /shop',
    %w[-i rest_api --stage prod --base-path /shop] =>
      "leave out --stage or --base-path: at a custom domain, URLs do not contain the stage",
    %w[--queue orders] => "--queue is \"orders\", and has to be the URL of a queue, such as http://localhost:9324/000000000000/orders",
    %w[--queue https://sqs.us-east-1.amazonaws.com/1/orders] =>
      "--queue is a queue of AWS; use one on this machine, such as ElasticMQ's or moto's",
    %w[app.Lamby.cmd other.Lamby.cmd] => "2 handlers are given (app.Lamby.cmd other.Lamby.cmd): serve takes one",
    %w[--prot 1] => "there is no option --prot; did you mean --port?",
    %w[-z] => "there is no option -z",
    [] => "there is no file config/environment.rb for the handler config/environment.Lamby.cmd; go to the application's folder, or name another handler"
  }.each do |arguments, message|
    it "refuses #{arguments.empty? ? "a folder without an application" : arguments.join(" ")}" do
      expect(refusal(*arguments)).to eq("lamby: #{message}")
    end
  end

  it "says which port is in use" do
    server = TCPServer.new("127.0.0.1", 0)
    port = server.addr[1]
    expect(refusal("app.Lamby.cmd", "--port", port.to_s)).to eq("lamby: port #{port} is in use: end the program that uses it, or set --port")
  ensure
    server&.close
  end

  it "says which gem is missing" do
    # Without the folders of other gems, Ruby does not find Puma.
    File.write("#{@folder}/without_puma.rb", <<~RUBY)
      Kernel.prepend(Module.new { def require(name) = name == "puma" ? raise(LoadError, "cannot load such file -- puma") : super })
    RUBY
    _, err, status = lamby("serve", "app.Lamby.cmd", "--port", "0", folder: @folder, env: { "RUBYOPT" => "-r#{@folder}/without_puma" })
    expect([err.lines.first, status]).to eq(["lamby: lamby serve needs the gem puma: run \"bundle add puma --group development\"\n", 2])
  end

  it "prints its help" do
    out, err, status = lamby("serve", "--help", folder: @folder)
    expect([err, status]).to eq(["", 0])
    expect(out).to include("--integration NAME", *Lamby::Simulator.integrations.map(&:to_s))
    expect(out.lines.map { |line| line.chomp.size }.max).to be <= 110
  end
end

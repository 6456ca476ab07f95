# frozen_string_literal: true

# The AWS CLI calls a service that runs the events with `lamby runtime`.
RSpec.describe "lamby invoke --remote", :slow, :linters do
  include_context "with a deployed stack"

  before { deployed(outputs: { "Url" => "https://shop.example/", "FunctionName" => function }) }
  after { @service&.stop }

  let(:application) { <<~'RUBY' }
    require "lamby"
    Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { |record| raise "bad order" if record["body"] == '{"order":2}' } }
    Lamby.config.on(:schedule) { { done: true } }
    Lamby.config.rack_app = lambda do |env|
      $stderr.puts "a request for #{env["PATH_INFO"]}"
      raise "boom\nwith details" if env["PATH_INFO"] == "/boom"

      [env["PATH_INFO"] == "/gone" ? 410 : 200, { "content-type" => "text/plain" }, ["#{env["REQUEST_METHOD"]} #{env["HTTP_HOST"]} #{env["rack.input"].read}"]]
    end
  RUBY

  def invoke(*arguments, code: application, stdin: "", **options)
    @service ||= LambdaService.new(code, **options)
    operate("invoke", "--remote", *arguments, env: { "AWS_ENDPOINT_URL_LAMBDA" => @service.url }, stdin: stdin)
  end

  it "sends a request to the deployed function, and prints the response as lamby invoke does" do
    expect(invoke("-p", "/orders?page=2", "-d", "name=Ada")).to match([<<~TEXT, "", 0])
      function_url     POST /orders?page=2
      200 in 12.3 ms, 118 bytes from Lambda
        content-type: text/plain
      POST shop.example name=Ada

    TEXT
    expect(JSON.parse(invoke("alb", "--json")[0])).to include("statusCode" => 200, "body" => "GET shop.example ")
    expect(JSON.parse(@service.events.last)).to include("requestContext" => { "elb" => anything })
    expect(invoke("-p", "https://other.example/")[0]).to include("GET other.example")
  end

  it "sends samples and events of files, and prints what the handler returned" do
    expect(invoke("schedule")).to eq(["schedule\nreturned in 12.3 ms\n{\"done\":true}\n", "", 0])
    expect(@service.events.last).to eq(Lamby::Simulator.sample(:schedule))
    expect(invoke("sqs", "--fail")).to match([/\Asqs\nreturned in 12\.3 ms\n\{"batchItemFailures":\[\{/, "", 1])
    expect(invoke("-", "--json", stdin: Lamby::Simulator.sample(:schedule))).to eq(["{\"done\":true}\n", "", 0])
  end

  it "prints an error of the function and the end of its log, and exits with status 1" do
    out, err, status = invoke("-p", "/boom")
    expect([err, status]).to eq(["", 1])
    expect(out).to match(%r{\AThe invocation failed: RuntimeError: boom …\n\nThe end of the log of version 3:\n  a request for /boom\n})
    out, err, status = invoke("-p", "/boom", "--json")
    expect(JSON.parse(out)).to include("errorType" => "Function.RuntimeError", "errorMessage" => "boom\nwith details")
    expect([err, status]).to match([start_with("The invocation failed: RuntimeError: boom …"), 1])
    expect(invoke("-p", "/boom", "--full")[0]).to include("RuntimeError: boom …\n  with details\n  ", "handler.rb:")
    expect(invoke("sns")[0]).to start_with("The invocation failed: LambyUnhandledEvent: ")
  end

  it "prints the log below a response with an error; with --fail, this is a failure" do
    expect(invoke("-p", "/gone")).to match([%r{\Afunction_url     GET /gone\n410 in 12\.3 ms.*The end of the log of version 3:\n  a request for /gone\n}m, "", 0])
    expect(invoke("-p", "/gone", "--fail")[2]).to eq(1)
  end

  it "prints a streamed response" do
    expect(invoke("-p", "/orders", environment: { "LAMBY_INVOKE_MODE" => "response_stream" })[0])
      .to match(%r{\Afunction_url     GET /orders\n200 in 12\.3 ms, .*content-type: text/plain\nGET shop\.example \n}m)
  end

  it "invokes once, and waits as long as the function runs" do
    code = "require \"lamby\"\nLamby.config.on(:direct) { sleep 2; { done: true } }\n"
    env = with_aws("echo \"$AWS_MAX_ATTEMPTS $*\" >> #{@folder}/calls; exec #{Linters.path("aws")} \"$@\"")
    @service = LambdaService.new(code)
    out, = operate("invoke", "--remote", "direct", env: env.merge("AWS_ENDPOINT_URL_LAMBDA" => @service.url, "AWS_MAX_ATTEMPTS" => "5"))
    expect(out).to include("{\"done\":true}")
    expect(File.readlines("#{@folder}/calls").last).to start_with("1 lambda invoke ").and(include("--cli-read-timeout 0"))
  end

  it "explains why AWS does not invoke the function" do
    expect(operate("invoke", "--remote", "--environment", "staging").drop(1)).to match([start_with("lamby: there is no stack shop-staging"), 7])
    env = with_aws("case \"$*\" in lambda*) echo 'An error occurred (AccessDeniedException) when calling the Invoke operation: User: x is not authorized to perform: lambda:InvokeFunction on resource: y' >&2; exit 254 ;; esac; exec #{Linters.path("aws")} \"$@\"")
    expect(operate("invoke", "--remote", env: env).drop(1)).to match([start_with("lamby: AWS does not allow lambda:InvokeFunction on resource: y: ask for this permission"), 5])
    expect(operate("invoke", "--environment", "staging").drop(1)).to match([include("--environment names a deployed function: add --remote"), 2])
    expect(operate("invoke", "--remote", "--handler", "a.b").drop(1)).to match([include("--handler is for the application in this folder: leave it out with --remote"), 2])
  end
end

# frozen_string_literal: true

RSpec.describe "lamby status", :slow, :linters do
  include_context "with a deployed stack"

  it "shows URL, version, image, last deployment, and the errors and throttles of the last hour" do
    images = deployed("aaaa")
    metric("Invocations", 40)
    metric("Errors", 1)
    out, err, status = operate("status")
    expect([err, status]).to eq(["", 0])
    expect(out.gsub(/\d{4}-\d\d-\d\dT[\d:]+Z/, "TIME")).to eq(<<~TEXT)
      shop-production in eu-west-1: CREATE_COMPLETE
        URL       https://shop.example/
        version   1
        image     #{repository}@#{images["aaaa"]}
        deployed  TIME (just now)
        last hour 40 invocations, 1 error, 0 throttles
    TEXT
    out, = operate("status", "--json")
    expect(JSON.parse(out)).to include("stack" => "shop-production", "function" => function, "version" => "1",
                                       "last_hour" => { "invocations" => 40, "errors" => 1, "throttles" => 0 })
  end

  it "exits with status 7 if the stack does not exist" do
    _out, err, status = operate("status", "--environment", "staging")
    expect([err, status]).to eq(["lamby: there is no stack shop-staging in eu-west-1: run bin/deploy, or set AWS_REGION or AWS_PROFILE if it is elsewhere\n", 7])
  end

  it "exits with status 7 if the stack has no function" do
    deployed(outputs: { "Url" => "https://shop.example/" })
    _out, err, status = operate("status")
    expect([err, status]).to eq(["lamby: the stack shop-production has no output FunctionName (CREATE_COMPLETE): run bin/deploy, and read why it fails\n", 7])
  end

  it "exits with status 2 for an environment that the template does not have, and in another folder" do
    _out, err, status = operate("status", "--environment", "test")
    expect([err, status]).to match([include("there is no environment \"test\": template.yaml allows production and staging"), 2])
    _out, err, status = lamby("status", folder: "spec")
    expect([err, status]).to match([include("there is no bin/deploy in this folder: go to the application's folder, or name the stack with --stack"), 2])
  end

  # Messages of the AWS CLI, each with the exit status and the message of lamby.
  {
    "Unable to locate credentials. You can configure credentials by running \"aws configure\"." => [4, "AWS does not know who you are: sign in with"],
    "Error loading SSO Token: Token for shop does not exist" => [4, "your session with AWS has expired: run \"aws sso login\""],
    "Error when retrieving token from sso: Token has expired and refresh failed" => [4, "your session with AWS has expired"],
    "An error occurred (ExpiredToken) when calling the DescribeStacks operation: The security token included in the request is expired" => [4, "your session with AWS has expired"],
    "The config profile (shop) could not be found" => [4, "the AWS CLI has no such profile: correct AWS_PROFILE"],
    "You must specify a region. You can also configure your region by running \"aws configure\"." => [4, "there is no region: set AWS_REGION"],
    "An error occurred (AccessDenied) when calling the DescribeStacks operation: User: x is not authorized to perform: cloudformation:DescribeStacks on resource: y" =>
      [5, "AWS does not allow cloudformation:DescribeStacks on resource: y: ask for this permission"],
    "An error occurred (Throttling) when calling the DescribeStacks operation: Rate exceeded" => [6, "AWS throttles this account at the moment"],
    "Could not connect to the endpoint URL: \"https://cloudformation.eu-west-9.amazonaws.com/\"" => [1, "AWS cannot be reached: check the connection"],
    "aws: error: argument operation: Invalid choice, valid choices are:" => [3, "this AWS CLI is too old: update it, https://"],
    "Something else" => [1, "\"aws cloudformation describe-stacks\" failed"]
  }.each do |error, (expected, message)|
    it "explains why the AWS CLI failed, and exits with status #{expected}: #{error[0, 60]}" do
      _out, err, status = operate("status", env: with_aws("echo '#{error}' >&2; exit 255"))
      expect([err, status]).to match([start_with("lamby: #{message}").and(include("\n  #{error}\n")), expected])
    end
  end

  it "exits with status 3 if the AWS CLI is not installed" do
    _out, err, status = operate("status", env: with_aws(nil).merge("PATH" => "#{@folder}/tools"))
    expect([err, status]).to match([start_with("lamby: the AWS CLI is missing: install it, https://"), 3])
  end

  it "shows a progress line on a terminal if it takes longer than a second, and colors" do
    require "pty"
    deployed("aaaa")
    real = Linters.path("aws")
    command = [credentials.merge(with_aws("sleep 0.6; exec #{real} \"$@\"")).merge(env_of_command), *lamby_command, "status"]
    output = +""
    PTY.spawn(*command, chdir: @folder) do |reader, _writer, _pid|
      loop { output << reader.readpartial(1000) }
    rescue Errno::EIO, EOFError # The command has ended.
      nil
    end
    expect(output).to include("Reading shop-production ...\r\e[K", "\e[1mshop-production\e[0m", "\e[32mCREATE_COMPLETE\e[0m")
  end

  it "describes itself" do
    out, _err, status = operate("status", "--help")
    expect([out, status]).to match([include("Usage: lamby status [options]", "--environment NAME", "7 if the\napplication is not deployed"), 0])
    _out, err, status = operate("status", "--jsn", "x")
    expect([err, status]).to eq(["lamby: there is no option --jsn; did you mean --json?\nTry \"lamby status --help\".\n", 2])
    _out, err, status = operate("status", "x")
    expect([err, status]).to match([include("unexpected argument \"x\""), 2])
  end
end

# frozen_string_literal: true

require "pty"
require "timeout"

RSpec.describe "lamby delete", :slow, :linters do
  include_context "with a deployed stack"

  def names = aws("cloudformation", "describe-stacks")["Stacks"].map { |stack| stack["StackName"] }

  # Runs the command on a terminal, types the text at its question, and returns its output and exit status.
  def on_terminal(text, *arguments)
    output = +""
    reader, writer, pid = PTY.spawn(credentials.merge(env_of_command), *lamby_command, "delete", *arguments, chdir: @folder)
    Timeout.timeout(Waiting::LIMIT, nil, "the command does not end") do
      output << reader.readpartial(1000) until output.include?("to delete it: ")
      writer.puts(text)
      loop { output << reader.readpartial(1000) }
    rescue Errno::EIO, EOFError # The command has ended.
      [output.gsub("\r", ""), Process.wait2(pid).last.exitstatus]
    end
  ensure
    [reader, writer].each(&:close)
  end

  # A stand-in for the AWS CLI. After delete-stack, describe-stacks and describe-stack-events print the given results,
  # in order. Everything else goes to moto.
  def after_deletion(*stacks, events: [])
    id = aws("cloudformation", "describe-stacks").dig("Stacks", 0, "StackId")
    stacks.each_with_index { |stack, index| File.write("#{@folder}/#{index}.json", JSON.generate(Stacks: [{ StackId: id, StackName: "shop-production", **stack }])) }
    File.write("#{@folder}/events.json", JSON.generate(StackEvents: events))
    with_aws(<<~SH)
      cd #{@folder}
      case "$*" in
        *delete-stack*) echo 0 > count ;;
        *describe-stack-events*) cat events.json ;;
        *describe-stacks*) [ -e count ] || exec #{Linters.path("aws")} "$@"; count=$(cat count); cat $count.json; echo $((count + 1)) > count ;;
        *) exec #{Linters.path("aws")} "$@" ;;
      esac
    SH
  end

  it "says what it deletes and keeps, asks for the stack's name, and deletes only this stack" do
    deployed("aaaa")
    deployed(stack: "shop-staging")
    output, status = on_terminal("shop-production")
    expect([output, status]).to match([include(<<~TEXT), 0])
      This deletes shop-production in eu-west-1, account 123456789012:
        Topic  AWS::SNS::Topic
      It keeps:
        the repository shop-production with 1 image. To delete it, too:
          aws ecr delete-repository --repository-name shop-production --force
        what is not a part of the stack, such as databases, buckets and parameters
      Type the stack's name to delete it: shop-production
    TEXT
    expect(output).to end_with("\e[1mshop-production\e[0m is deleted.\n")
    expect(names).to eq(["shop-staging"])
    expect(aws("ecr", "describe-images", "--repository-name", "shop-production")["imageDetails"].size).to eq(1)
  end

  it "deletes nothing if another name is typed" do
    deployed("aaaa")
    output, status = on_terminal("yes")
    expect([output, status]).to match([end_with("lamby: this is not the stack's name: nothing was deleted\n"), 1])
    expect(names).to eq(["shop-production"])
  end

  it "does not ask if --yes has the stack's name" do
    deployed("aaaa")
    expect(operate("delete", "--yes", "shop-staging").drop(1)).to match([include("--yes is \"shop-staging\", but the stack is \"shop-production\": nothing was deleted"), 2])
    expect(operate("delete", stdin: "shop-production\n").drop(1)).to match([include("there is no terminal: add --yes shop-production"), 2])
    expect(names).to eq(["shop-production"])
    out, err, status = operate("delete", "--yes", "shop-production", "--json")
    expect(JSON.parse(out)).to include("stack" => "shop-production", "deleted" => [include("name" => "Topic", "type" => "AWS::SNS::Topic")], "kept" => [], "images" => 1)
    expect([err, status]).to match([start_with("This deletes shop-production"), 0])
    expect(names).to eq([])
  end

  it "lists what the template keeps, except for versions of the function" do
    topic = { "Type" => "AWS::SNS::Topic" }
    code = { "Type" => "AWS::Lambda::Function", "Properties" => { "Code" => { "ZipFile" => "0" }, "Handler" => "f.f", "Runtime" => "ruby3.4", "Role" => "arn:aws:iam::123456789012:role/role" } }
    version = { "Type" => "AWS::Lambda::Version", "DeletionPolicy" => "Retain", "Properties" => { "FunctionName" => { "Ref" => "Function" } } }
    aws("iam", "create-role", "--role-name", "role", "--assume-role-policy-document", "{}")
    resources = { "Topic" => topic, "Orders" => topic.merge("DeletionPolicy" => "Retain"), "Function" => code, "Version1" => version }
    aws("cloudformation", "create-stack", "--stack-name", "shop-production", "--template-body", JSON.generate("Resources" => resources))
    _out, err, status = operate("delete", "--yes", "shop-production")
    expect([err, status]).to eq([<<~TEXT, 0])
      This deletes shop-production in eu-west-1, account 123456789012:
        Function  AWS::Lambda::Function, with all its versions
        Version1  AWS::Lambda::Version
        Topic     AWS::SNS::Topic
      It keeps:
        Orders  AWS::SNS::Topic
        what is not a part of the stack, such as databases, buckets and parameters
    TEXT
  end

  it "waits until the stack is deleted" do
    deployed("aaaa")
    env = after_deletion({ StackStatus: "DELETE_IN_PROGRESS" }, { StackStatus: "DELETE_COMPLETE" })
    expect(operate("delete", "--yes", "shop-production", env: env)).to match(["shop-production is deleted.\n", anything, 0])
    expect(File.read("#{@folder}/count")).to eq("2\n")
  end

  it "says which resource CloudFormation cannot delete, and why" do
    deployed("aaaa")
    event = { Timestamp: (Time.now + 60).utc.iso8601, PhysicalResourceId: "sg-1", LogicalResourceId: "Group", ResourceType: "AWS::EC2::SecurityGroup",
              ResourceStatus: "DELETE_FAILED", ResourceStatusReason: "resource sg-1 has a dependent object" }
    old = event.merge(LogicalResourceId: "Old", Timestamp: "2020-01-01T00:00:00Z")
    env = after_deletion({ StackStatus: "DELETE_FAILED", StackStatusReason: "The following resource(s) failed to delete: [Group]." }, events: [event, old])
    _out, err, status = operate("delete", "--yes", "shop-production", env: env)
    expect([err, status]).to match([end_with(<<~TEXT), 1])
      lamby: CloudFormation cannot delete shop-production: correct the cause, then run "lamby delete" again
        Group (AWS::EC2::SecurityGroup): resource sg-1 has a dependent object
    TEXT
  end

  it "exits with status 7 if the stack does not exist" do
    expect(operate("delete", "--yes", "shop-production")).to match(["", start_with("lamby: there is no stack shop-production in eu-west-1"), 7])
  end
end

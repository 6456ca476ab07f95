# frozen_string_literal: true

require "open3"

# Runs the scripts that `lamby install` writes, other than bin/deploy. A stand-in for Bundler prints its arguments.
RSpec.describe "bin/server" do
  include_context "with generated projects"

  def tool(name, code)
    FileUtils.mkdir_p("tools")
    File.write("tools/#{name}", "#!/bin/sh\n#{code}\n")
    File.chmod(0o755, "tools/#{name}")
  end

  # Returns what the script prints and its exit status.
  def serve(*arguments, gems: [])
    tool("bundle", "case \" #{gems.join(" ")} \" in *\" $2 \"*) ;; *) exit 1 ;; esac; echo \"bundle $*\"")
    output, status = Open3.capture2e({ "PATH" => "#{@folder}/tools:/usr/bin:/bin" }, "bin/server", *arguments)
    [output, status.exitstatus]
  end

  def install
    rack_application
    Lamby::Scaffold::Generator.new([], { quiet: true }, destination_root: @folder, shell: Lamby::Scaffold::Prompt.new).invoke_all
  end

  host = File.exist?("/.dockerenv") || File.exist?("/run/.containerenv") ? "0.0.0.0" : "127.0.0.1"

  it "serves a Rack application with Puma, or else with rackup, on the loopback interface" do
    install
    expect(serve("--quiet", gems: %w[puma rackup])).to eq(["bundle exec puma --bind tcp://#{host}:9292 --quiet\n", 0])
    expect(serve(gems: %w[rackup])).to eq(["bundle exec rackup --host #{host}\n", 0])
  end

  it "says which gem to add if there is no web server" do
    install
    expect(serve).to eq(["bin/server: there is no web server for development: run \"bundle add puma --group development\"\n", 1])
  end

  it "serves a Rails application on the loopback interface" do
    FileUtils.mkdir_p("config")
    FileUtils.touch("config/application.rb")
    install
    File.write("bin/rails", "#!/bin/sh\necho \"rails $*\"\n")
    File.chmod(0o755, "bin/rails")
    expect(serve("--port", "3001")).to eq(["rails server --binding #{host} --port 3001\n", 0])
  end

  # The script itself decides by these two files, which Docker and Podman create in each container.
  it "accepts connections from other machines only in a container" do
    install
    text = File.read("bin/server")
    expect(text).to include("host=127.0.0.1\nif [ -f /.dockerenv ] || [ -f /run/.containerenv ]; then host=0.0.0.0; fi\n")
    FileUtils.touch("container")
    File.write("bin/server", text.sub("/.dockerenv", "container"))
    expect(serve(gems: %w[puma])).to eq(["bundle exec puma --bind tcp://0.0.0.0:9292\n", 0])
  end
end

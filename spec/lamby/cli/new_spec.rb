# frozen_string_literal: true

require "open3"
require "tmpdir"

# Uses stand-ins for rails and bundle, which record their arguments. Rails itself runs in
# spec/integration/install_spec.rb.
RSpec.describe "lamby new" do
  around { |example| Dir.mktmpdir { |folder| Dir.chdir(@folder = folder) { example.run } } }

  def tool(name, code)
    FileUtils.mkdir_p("tools")
    help = "[ \"$2\" = --help ] && echo '-d, [--database=NAME]  -G, [--skip-git]  -T, [--skip-test]  [--api], [--no-api]' && exit\n" if name == "rails"
    File.write("tools/#{name}", "#!/bin/sh\n#{help}#{code}\n")
    File.chmod(0o755, "tools/#{name}")
  end

  def lamby(*arguments, path: "#{@folder}/tools:/usr/bin:/bin")
    root = RuntimeProcess::ROOT
    @said, status = Open3.capture2e({ "PATH" => path }, RbConfig.ruby, "-I", "#{root}/lib", "#{root}/exe/lamby", "new", *arguments)
    status.exitstatus
  end

  it "runs rails new with a template that adds the gem, and then runs lamby:install in the new application" do
    tool("rails", "echo \"rails $*\" >> #{@folder}/log; mkdir \"$2\"")
    tool("bundle", "echo \"bundle $* in $PWD\" >> #{@folder}/log")
    expect(lamby("shop", "--database=postgresql", "--integration", "alb", "--streaming", "--ci=none", "--api")).to eq(0), @said
    rails, check, bundle = File.readlines("log", chomp: true)
    expect(check).to start_with("bundle check in ")
    expect(rails).to match(%r{\Arails new shop --database=postgresql --api --template=/.*/rails_template\.rb\z})
    expect(bundle).to eq("bundle exec rails generate lamby:install --integration alb --streaming --ci=none in #{File.realpath("shop")}")
  end

  it "prints the remaining commands if the gems could not be installed" do
    tool("rails", "mkdir \"$2\"")
    tool("bundle", "echo \"bundle $*\" >> #{@folder}/log; exit 1")
    expect(lamby("shop", "--streaming")).to eq(1)
    expect(@said).to eq("\nNext: cd shop && bundle install && bundle exec rails generate lamby:install --streaming\n")
    expect(File.read("log")).to eq("bundle check\n")
  end

  it "refuses an option that rails new would ignore" do
    tool("rails", "echo \"rails $*\" >> #{@folder}/log; mkdir \"$2\"")
    tool("bundle", "true")
    %w[--nope --nope=1 -x -Gx --no-nope].each do |option|
      expect(lamby("shop", option)).to eq(2), option
      expect(@said).to match(/\Alamby: there is no option #{option == "-Gx" ? "-x" : option}: "rails new --help" lists the options of Rails$/)
    end
    expect(File.exist?("log")).to be(false)
    %w[-d=mysql --database=mysql --skip_git -GT --skip-api --no-skip-test].each_with_index do |option, index|
      expect(lamby("shop#{index}", option)).to eq(0), @said
    end
  end

  it "stops if rails new fails" do
    tool("rails", "echo 'no space' >&2; exit 1")
    tool("bundle", "echo ran > #{@folder}/log")
    expect(lamby("shop")).to eq(1)
    expect(@said).to include("no space")
    expect(File.exist?("log")).to be(false)
  end

  it "says whether the name or Rails is missing, and prints its help" do
    expect(lamby).to eq(2)
    expect(@said).to include("lamby: name the application", 'Try "lamby new --help".')
    expect(lamby("--api")).to eq(2)
    expect(lamby("shop", path: @folder)).to eq(2)
    expect(@said).to include("new needs Rails: gem install rails")
    expect(lamby("--help")).to eq(0)
    expect(@said).to include("Usage: lamby new NAME")
  end
end

# frozen_string_literal: true

require "tmpdir"

return unless Requirements.gem?("rails")

# Runs a Rails application whose config/boot.rb contains the lines that docs/deploying.md shows.
RSpec.describe "A Rails application that reads Parameter Store" do
  around { |example| Dir.mktmpdir { |folder| Dir.chdir(@folder = folder) { example.run } } }

  before do
    root = RuntimeProcess::ROOT
    lines = File.read("#{root}/docs/deploying.md", encoding: "UTF-8")[/^ *if ENV\["PARAMETERS_PATH"\]\n.*?^ *end\n/m]
    FileUtils.mkdir_p(%w[bin config log])
    File.write("config/boot.rb", lines)
    File.write("config/application.rb", <<~RUBY)
      require_relative "boot"
      require "logger"
      require "rails"
      require "action_controller/railtie"
      require "lamby"
      class Shop < Rails::Application
        config.eager_load = false
        config.secret_key_base = "x"
      end
    RUBY
    File.write("config/environment.rb", "require_relative \"application\"\nRails.application.initialize!\n")
    File.write("bin/rails", "APP_PATH = File.expand_path('../config/application', __dir__)\nrequire_relative '../config/boot'\nrequire 'rails/commands'\n")
    File.write("parameters.rb", "require 'aws-sdk-ssm'\nAws::SSM::Client.versions.merge!('/config/shop/production/API_KEY' => ['s3cret'], '/config/shop/production/PATH' => ['/evil'])\n")
  end

  def run(*command, environment: {})
    paths = ["#{RuntimeProcess::ROOT}/lib", "#{RuntimeProcess::ROOT}/spec/support/aws_sdk"].flat_map { |path| ["-I", path] }
    output, status = Open3.capture2e({ "RAILS_ENV" => "production", **environment }, RbConfig.ruby, *paths, "-r", "./parameters", *command)
    status.success? ? output : raise(output)
  end

  code = "puts ENV['API_KEY'].inspect, defined?(Lamby::Railtie).inspect, ENV['PATH'] == '/evil'"

  it "has the variables in bin/rails if PARAMETERS_PATH is set" do
    output = run("bin/rails", "runner", code, environment: { "PARAMETERS_PATH" => "/config/shop/production" })
    expect(output).to end_with("\"s3cret\"\n\"constant\"\nfalse\n").and include("the parameter /config/shop/production/PATH sets no variable")
  end

  it "does not call AWS without PARAMETERS_PATH, as in the build of the image" do
    expect(run("bin/rails", "runner", code)).to eq("nil\n\"constant\"\nfalse\n")
  end
end

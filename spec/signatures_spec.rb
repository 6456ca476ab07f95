# frozen_string_literal: true

require "open3"

# sig/lamby.rbs declares the types of the public API.
RSpec.describe "sig/lamby.rbs" do
  root = File.expand_path("..", __dir__)
  next unless Requirements.gem?("rbs")

  # Settings of RBS's runtime checks.
  checks = { "RBS_TEST_TARGET" => "Lamby,Lamby::*", "RBS_TEST_OPT" => "-I #{root}/sig", "RBS_TEST_LOGLEVEL" => "error" }

  it "is valid RBS" do
    require "rbs"
    require "rbs/cli"
    expect { RBS::CLI.new(stdout: StringIO.new, stderr: $stderr).run(["-I", "#{root}/sig", "validate"]) }.not_to raise_error
  end

  it "matches every call that the library's specs make" do
    specs = %w[lamby_spec ext/response/integration_spec ext/response/body_spec ext/response/headers_spec ext/response/status_spec
               ext/response/size_spec lamby/config_spec lamby/metrics/cold_start_spec lamby/event_sources_spec lamby/event_spec lamby/handler_spec
               lamby/body_spec lamby/middleware/debug_page_spec lamby/proxy_server_spec lamby/aws_runtime_client_spec lamby/cli_spec]
    command = [RbConfig.ruby, "-I", "#{root}/lib", "-r", "rbs", "-r", "rbs/test/setup", "-S", "rspec", "--tag", "~against_the_signatures"]
    output, status = Open3.capture2e(checks, *command, *specs.map { |name| "#{root}/spec/#{name}.rb" }, chdir: root)
    expect(output).not_to match(/Tester::TypeError/)
    expect(status).to be_success, output
  end

  it "matches calls of the context's and the stream's methods under `lamby runtime`" do
    api = Lamby::Testing::RuntimeAPI.new
    process = RuntimeProcess.new(api, <<~'RUBY', environment: checks.merge("LAMBY_INVOKE_MODE" => "response_stream", "RUBYOPT" => "-rrbs -rrbs/test/setup"))
      require "lamby"
      Lamby.config.rack_app = lambda do |env|
        context = env["lambda.context"]
        said = (Lamby::Runtime::Context.instance_methods(false) - %i[response_stream= after_response response_delivered]).map { |name| context.public_send(name) }
        [200, {}, ->(stream) {
          stream.write("a", stream.read.to_s, stream.read(1).to_s)
          stream << said.size << "b"
          stream.flush.write_nonblock("c")
          stream.close_read
          stream.close
        }]
      end
    RUBY
    answer = api.invoke(JSON.generate(HTTPEvents.build(:function_url, method: "POST", body: "body"))).wait
    expect(answer.body).to match(/\0abody\d+bc\z/)
    expect(process.log).not_to include("TypeError")
  ensure
    puts process.log if process && !answer&.body&.end_with?("bc")
    process&.stop
    api&.close
  end

  # If a method is not for users, its documentation has "@api private".
  describe "compared with the library" do
    source = Dir["#{root}/lib/**/*.rb"].sum("") { |file| File.read(file, encoding: "UTF-8") }
    internal = source.scan(/@api private\n(?:\s*#.*\n)*\s*(?:def (?:self\.)?|attr_\w+ :|alias )([\w?!=<\[\]]+)/).flatten

    def environment
      loader = RBS::EnvironmentLoader.new
      loader.add(path: Pathname("#{File.expand_path("..", __dir__)}/sig"))
      RBS::Environment.from_loader(loader).resolve_type_names
    end

    it "has signatures for every public method, and for no other methods" do
      require "rbs"
      definitions = RBS::DefinitionBuilder.new(env: environment)
      differences = definitions.env.class_decls.keys.select { |name| name.to_s.start_with?("::Lamby") }.flat_map do |name|
        constant = begin
          Object.const_get(name.to_s)
        rescue LoadError # The constant needs a gem that is not installed.
          next []
        end
        [
          [constant.public_instance_methods(false), definitions.build_instance(name), "#"],
          [constant.singleton_methods(false), definitions.build_singleton(name), "."]
        ].flat_map do |methods, definition, mark|
          declared = definition.methods.select { |_, method| method.defined_in == name && method.accessibility == :public }.keys
          declared -= %i[initialize new]
          (declared - methods).map { |method| "#{name}#{mark}#{method} is declared but not defined" } +
            (constant < Struct ? [] : methods - declared - Object.instance_methods)
            .reject { |method| internal.include?(method.to_s.delete_suffix("=")) }.map { |method| "#{name}#{mark}#{method} has no signature" }
        end
      end
      expect(differences).to be_empty, differences.join("\n")
    end
  end
end

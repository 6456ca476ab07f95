# frozen_string_literal: true

require "open3"

RSpec.describe "The library" do
  lib = File.expand_path("../lib", __dir__)
  paths = Dir.glob("lamby/**/*.rb", base: lib).sort.map { |file| file.delete_suffix(".rb") }
  # These files need Rails, the AWS SDK or a running generator, or replace the native extension (spec/capi/ffi_spec.rb loads
  # them).
  paths -= paths.grep(%r{\Alamby/(?:rails/|native/|railtie\z|scaffold/rails_template\z|ssm_parameter_store\z)})

  # Runs a script in a new process. Returns Ruby's warnings about the library's files, or the whole output if the script
  # fails.
  define_method(:run) do |script|
    output, status = Open3.capture2e(RbConfig.ruby, "-w", "-I", lib, "-r", "lamby", "-", stdin_data: script)
    status.success? ? output.lines.grep(/#{lib}/).join : output
  end

  paths.each do |path|
    it "loads #{path} without a warning" do
      # The files in lib/lamby/runtime and lib/lamby/scaffold need modules that lamby/runtime.rb and lamby/scaffold.rb
      # define. So the script first loads the file that defines the module.
      files = [*%w[lamby/runtime lamby/scaffold].select { |folder| path.start_with?(folder) }, path]
      expect(run(files.map { |file| "require \"#{file}\"\n" }.join)).to eq("")
    end
  end

  it "has, for each autoload, a file that defines the constant" do
    expect(run(<<~'RUBY')).to eq("")
      visited = []
      visit = lambda do |parent|
        visited << parent
        parent.constants(false).each do |name|
          next if name == :SsmParameterStore # Its file needs the AWS SDK.

          value = parent.const_get(name)
          visit.call(value) if value.is_a?(Module) && value.name&.start_with?("Lamby::") && !visited.include?(value)
        rescue NameError, LoadError => e
          abort "#{parent}::#{name}: #{e.message}"
        end
      end
      visit.call(Lamby)
      abort "visited only #{visited.size} modules" if visited.size < 50
    RUBY
  end

  it "keeps the earlier names of modules that applications use" do
    expect(run(<<~'RUBY')).to eq("")
      same = {
        Lamby::Local => Lamby::Simulator, Lamby::Local::RuntimeAPI => Lamby::Testing::RuntimeAPI,
        Lamby::ColdStartMetrics => Lamby::Metrics::ColdStart, Lamby::DebugPage => Lamby::Middleware::DebugPage,
        Lamby::RackStream => Lamby::Body::StreamMethods
      }
      same.each { |earlier, now| abort "#{earlier} is not #{now}" unless earlier.equal?(now) }
    RUBY
  end
end

# frozen_string_literal: true

require "tmpdir"

# Runs each example in a new folder. The method `generate` runs `lamby install` with the given options in a subfolder.
RSpec.shared_context "with generated projects" do
  require "lamby/scaffold"

  around { |example| Dir.mktmpdir { |folder| Dir.chdir(@folder = folder) { example.run } } }

  # The files of an application, other than those that a Rack application must have.
  def files
    Dir.glob("**/*", File::FNM_DOTMATCH).select { |path| File.file?(path) }.sort - %w[Gemfile config.ru]
  end

  # Writes the files that a Rack application must have.
  def rack_application(folder = ".")
    File.write("#{folder}/Gemfile", "source \"https://rubygems.org\"\ngem \"lamby\"\n")
    File.write("#{folder}/config.ru", "run ->(_env) { [200, {}, []] }\n")
  end

  def contents
    files.to_h { |path| [path, File.read(path)] }
  end

  # Every combination of options that is allowed. SQLite, whose variable does not depend on the integration, has only one
  # integration, because the linters take long.
  let(:combinations) do
    choices = Lamby::Scaffold::Settings
    choices::INTEGRATIONS.product([false, true], choices::DATABASES, choices::ARCHITECTURES)
                         .reject { |integration, streaming,| streaming && !choices::STREAMING.include?(integration) }
                         .reject { |integration, streaming, database,| database == "sqlite" && (streaming || integration != "http_api") }
  end

  def generate(integration, streaming, database, architecture, folder: nil, **more)
    name = folder || [integration, ("streaming" if streaming), database, architecture].compact.join("-").tr("_", "-")
    FileUtils.mkdir_p("#{name}/config")
    # With these files, the generator treats the folder as a Rails application.
    FileUtils.touch(%W[#{name}/config/application.rb #{name}/package.json]) unless architecture == "x86_64"
    rack_application(name)
    File.write("#{name}/Gemfile", %w[bootsnap trilogy propshaft].map { |gem| "gem \"#{gem}\"\n" }.join)
    options = { integration: integration, streaming: streaming, database: database, architecture: architecture, ci: "both", quiet: true, **more }
    options[:vpc] = false if streaming && integration == "function_url" # This combination is refused.
    Lamby::Scaffold::Generator.new([], options, destination_root: File.expand_path(name), shell: Lamby::Scaffold::Prompt.new).invoke_all
    File.expand_path(name)
  end
end

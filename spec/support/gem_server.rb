# frozen_string_literal: true

require "fileutils"
require "net/http"
require "rubygems/package"
require "socket"
require "tmpdir"

# Serves this machine's gems to Bundler, as rubygems.org does. Builds each gem from the files that Debian has installed,
# including compiled extensions.
class GemServer
  # @param names [Array<String>] names of gems; their dependencies are included
  # @param files [Array<String>] paths of .gem files
  def initialize(*names, files: [])
    @folder = Dir.mktmpdir
    FileUtils.mkdir_p("#{@folder}/gems")
    FileUtils.cp(files, "#{@folder}/gems")
    with_dependencies(names).each { |spec| pack(spec) }
    system(RbConfig.ruby, "-S", "gem", "generate_index", "--directory", @folder, out: File::NULL, exception: true)
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @pid = Process.spawn("python3", "-m", "http.server", @port.to_s, "--bind", "127.0.0.1", "--directory", @folder, out: File::NULL, err: File::NULL)
    Waiting.until("the server of gems") { answers? }
  end

  # @return [String] settings that make Bundler use this server in place of rubygems.org
  def bundler_config
    "---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: \"http://127.0.0.1:#{@port}/\"\nBUNDLE_DISABLE_VERSION_CHECK: \"true\"\n"
  end

  # Stops the server.
  def stop
    Process.kill("TERM", @pid)
    Process.wait(@pid)
    FileUtils.rm_rf(@folder)
  end

  private

  def answers?
    TCPSocket.new("127.0.0.1", @port).close || true
  rescue SystemCallError
    false
  end

  # Returns the gems and their dependencies, without the gems that come with Ruby.
  def with_dependencies(names)
    specs = {}
    until names.empty?
      name, *names = names
      next if specs.key?(name)

      specs[name] = Gem::Specification.find_by_name(name)
      names.concat(specs[name].runtime_dependencies.map(&:name))
    end
    specs.values.reject(&:default_gem?)
  end

  def pack(spec)
    Dir.mktmpdir do |folder|
      copy(spec, folder)
      bootsnap(folder) if spec.name == "bootsnap"
      Dir.chdir(folder) do
        Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(published(spec), true) }
        FileUtils.mv(Dir["*.gem"], "#{@folder}/gems")
      end
    end
  end

  # Debian installs some gems in their own folders, and the files of other gems in Ruby's vendor_ruby folder.
  def copy(spec, folder)
    if Dir.exist?(spec.full_gem_path)
      FileUtils.cp_r("#{spec.full_gem_path}/.", folder, dereference_root: true)
      into(folder, "lib", spec.extension_dir, Dir["#{spec.extension_dir}/**/*.so"]) unless spec.extensions.empty?
    else
      package = IO.popen(["dpkg", "--search", spec.loaded_from], &:read)[/\A[^:]+/]
      files = IO.popen(["dpkg", "--listfiles", package], &:readlines).map(&:chomp).select { |file| File.file?(file) }
      files.group_by { |file| file[%r{\A.*/vendor_ruby(?:/\d\.\d\.\d)?(?=/)}] }.each do |from, them|
        into(folder, "lib", from, them) if from
      end
    end
  end

  def into(folder, part, from, files)
    files.each do |file|
      target = "#{folder}/#{part}#{file.delete_prefix(from)}"
      FileUtils.mkdir_p(File.dirname(target))
      FileUtils.cp(file, target)
    end
  end

  # Adds bootsnap's command, which Debian's package does not contain.
  def bootsnap(folder)
    FileUtils.mkdir_p("#{folder}/exe")
    File.write("#{folder}/exe/bootsnap", "#!/usr/bin/env ruby\nrequire \"bootsnap/cli\"\nexit Bootsnap::CLI.new(ARGV).run\n")
  end

  def published(spec)
    files = Dir.glob("**/*", File::FNM_DOTMATCH).select { |file| File.file?(file) }
    Gem::Specification.new(spec.name, spec.version) do |gem|
      gem.summary = gem.homepage = "https://rubygems.org/gems/#{spec.name}"
      gem.authors = ["Debian"]
      gem.require_paths = spec.require_paths - [spec.extension_dir]
      gem.bindir = spec.bindir
      gem.files = files
      gem.executables = spec.executables.select { |name| files.include?("#{spec.bindir}/#{name}") }
      spec.runtime_dependencies.each { |dependency| gem.add_runtime_dependency(dependency.name, *dependency.requirement.as_list) }
    end
  end
end

# frozen_string_literal: true

require "fileutils"
require "open3"
require "tmpdir"

# Runs the command `lamby` in a separate process.
module CommandLine
  ROOT = File.expand_path("../..", __dir__)

  # @param arguments [Array<String>]
  # @param folder [String] the current folder, relative to the repository
  # @param stdin [String]
  # @param env [Hash{String => String, nil}]
  # @return [Array(String, String, Integer)] standard output, standard error and the exit status
  def lamby(*arguments, folder: "examples/rack", stdin: "", env: {})
    out, err, status = Open3.capture3(env_of_command.merge(env), *lamby_command, *arguments, chdir: File.expand_path(folder, ROOT), stdin_data: stdin)
    [out, err, status.exitstatus]
  end

  # Runs the command in a folder whose config/environment.rb has the given code.
  def lamby_with(code, *arguments, **options)
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p(%W[#{folder}/config #{folder}/log])
      File.write("#{folder}/config/environment.rb", "require \"lamby\"\n#{code}")
      lamby(*arguments, folder: folder, **options)
    end
  end

  def lamby_command
    [RbConfig.ruby, "#{ROOT}/exe/lamby"]
  end

  def env_of_command
    { "RUBYLIB" => "#{ROOT}/lib", "_HANDLER" => nil, "NO_COLOR" => nil }
  end
end

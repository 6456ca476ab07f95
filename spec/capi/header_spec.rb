# frozen_string_literal: true

require "open3"
require "tmpdir"
require_relative "../support/lib_lamby"

# `cargo test` compares the header with the source: see ext/capi/tests/header.rs.
RSpec.describe "lamby.h", :slow, :capi do
  header = File.expand_path("../../ext/capi/include/lamby.h", __dir__)
  functions = File.read(header).scan(/\b(lamby_\w+)\(/).flatten.uniq

  def run(*command, input: "")
    output, status = Open3.capture2e(*command, stdin_data: input)
    expect(status).to be_success, "#{command.join(" ")}:\n#{output}"
    output
  end

  { "C99" => %w[cc -std=c99 -x c], "C17" => %w[cc -std=c17 -x c], "C++17" => %w[c++ -std=c++17 -x c++] }.each do |language, compiler|
    it "compiles as #{language} without a warning" do
      run(*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", File.dirname(header), "-",
          input: "#include <lamby.h>\nint main(void) { return lamby_version() == 0; }\n")
    end
  end

  it "declares exactly the functions that the library exports" do
    exported = run("nm", "--dynamic", "--defined-only", "--format=posix", LibLamby::FILE).lines.map { |line| line.split.first }
    expect(exported).to match_array(functions)
  end

  it "describes each function, with its errors if it has a status" do
    text = File.read(header)
    functions.each do |name|
      comment, result = text.match(%r{((?://[^\n]*\n)+)(?:(?:enum|struct|const) )?(\w+) \*?#{name}\(})&.captures
      expect(comment).not_to be_nil, "#{name} has no comment"
      expect(comment).to include("Errors:") if result == "lamby_status"
    end
  end

  it "has the SONAME of the major version" do
    expect(run("readelf", "--dynamic", LibLamby::FILE)).to include("Library soname: [liblamby.so.#{Lamby::VERSION[/\d+/]}]")
  end

  # abidiff compares a library of functions that do nothing, which is compiled from the header, with the description of
  # an earlier library. It allows new functions and new statuses. If a struct grows at its end, a human must decide:
  # UPDATE=1 writes the description again.
  it "has no change that would break a program that was compiled with an earlier header of this major version" do
    kept = File.expand_path("../../ext/capi/abi/lamby-#{Lamby::VERSION[/\d+/]}.abi", __dir__)
    Dir.mktmpdir do |folder|
      bodies = File.read(header).scan(/^(?:(?:enum|struct|const) )?\w+ \*?lamby_\w+\([^;]*\)(?=;)/m).map { |it| "#{it} { abort(); }" }
      expect(bodies.size).to eq(functions.size)
      library = File.join(folder, "liblamby.so")
      run("cc", "-g", "-shared", "-fPIC", "-x", "c", "-I", File.dirname(header), "-o", library, "-",
          input: "#include <lamby.h>\n#include <stdlib.h>\n#{bodies.join("\n")}\n")
      if ENV["UPDATE"]
        FileUtils.mkdir_p(File.dirname(kept))
        File.write(kept, run("abidw", "--no-corpus-path", "--no-comp-dir-path", "--short-locs", library))
      end
      run("abidiff", "--no-added-syms", kept, library)
    end
  end
end

# frozen_string_literal: true

require "fileutils"
require "json"

module Bench
  # The results of the last complete run of each benchmark, in tmp/bench. `rake bench:report` reads them.
  module Results
    FOLDER = File.expand_path("../tmp/bench", __dir__)

    module_function

    def write(name, results)
      FileUtils.mkdir_p(FOLDER)
      File.write(File.join(FOLDER, "#{name}.json"), JSON.pretty_generate(results))
    end

    def read(name)
      file = File.join(FOLDER, "#{name}.json")
      File.exist?(file) or abort "bench: #{file} is missing: run `rake bench:report`, which runs each benchmark."
      JSON.parse(File.read(file, encoding: "UTF-8"))
    end
  end
end

# frozen_string_literal: true

require "open3"
require_relative "../support/hostile_application/cases"

# Each row of the table is an application that breaks the Rack SPEC in one way. Lamby runs it in up to four modes: with
# a Hash event, with a JSON event, and under `lamby runtime` with buffered and with streamed responses. Each run has its
# own process. The outcome must be the one that the table states. A crash, a hang, and an invocation with no response or
# with two responses are failures. The next event, an ordinary one, must get its usual response.
RSpec.describe "A hostile application", :slow do
  titles = {
    hash: "called with a Hash", bytes: "called with JSON",
    buffered: "under `lamby runtime`", streamed: "under `lamby runtime`, with streamed responses"
  }
  runner = File.expand_path("../support/hostile_application/runner.rb", __dir__)
  library = File.expand_path("../../lib", __dir__)

  # "*" stands for any exception.
  def right?(expected, outcome)
    expected.any? do |kind, *rest|
      next outcome == [kind, *rest] unless kind == "error" && outcome.first == "error"

      # For some errors of Lamby's runtime, Lambda gets only the last part of the class name: "Runtime.Unreachable" for
      # Lamby::Runtime::Unreachable.
      rest.first == "*" || rest.first.end_with?(outcome.last)
    end
  end

  titles.each do |mode, title|
    describe title do
      before(:context) do
        output, errors, status = Open3.capture3({ "RUBYOPT" => nil }, RbConfig.ruby, "-I", library, runner, mode.to_s)
        raise "the runner failed:\n#{output.lines.last}#{errors}" unless status.success?

        @results = output.lines.to_h { |line| JSON.parse(line).then { |it| [it["name"], it] } }
      end

      HostileApplication.cases.select { |it| it.modes.include?(mode) }.each do |row|
        it "has the expected outcome: #{row.name}" do
          result = @results.fetch(row.name)
          expected = mode == :streamed ? row.streamed : row.expected
          expect(result["outcome"]).to satisfy("be one of #{expected}") { |outcome| right?(expected, outcome) }
          following = row.ends && %i[buffered streamed].include?(mode) ? ["end"] : HostileApplication.response("hello")
          expect(result["next"]).to eq(following)
        end
      end
    end
  end

  it "is tested with at least 150 rows" do
    expect(HostileApplication.cases.sum { |it| it.modes.size }).to be >= 150
  end

  it "is tested with rows whose names are all different" do
    expect(HostileApplication.cases.map(&:name).tally.select { |_, count| count > 1 }).to eq({})
  end
end

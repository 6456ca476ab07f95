# frozen_string_literal: true

RSpec.describe Lamby::CLI::ConsoleInput do
  # Reads all expressions of a text.
  def expressions(text)
    input = described_class.new("> ", input: StringIO.new(text).tap { |io| io.define_singleton_method(:tty?) { false } })
    all = []
    while (code = input.read)
      all << code
    end
    all
  end

  it "waits for more lines only if they can complete the code" do
    ["def twice", "[1,", "foo(", "\"text", "<<~TEXT\nline", "1 +", "if true", "{ a: 1", "%w[a", "->(x) do"].each do |code|
      expect([code, described_class.complete?("#{code}\n")]).to eq([code, false])
    end
    ["1", "def one = 1", "foo)", "1 + * 2", "end", "raise", "x = <<~TEXT\nline\nTEXT\n", "return 1", ""].each do |code|
      expect([code, described_class.complete?("#{code}\n")]).to eq([code, true])
    end
  end

  it "divides standard input into expressions" do
    expect(expressions("a = 1\nif a\n  2\nend\n[a,\n a]")).to eq(["a = 1\n", "if a\n  2\nend\n", "[a,\n a]"])
    expect(expressions("1\ndef open\n")).to eq(["1\n", "def open\n"])
    expect(expressions("")).to eq([])
  end
end

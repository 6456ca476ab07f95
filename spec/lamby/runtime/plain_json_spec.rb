# frozen_string_literal: true

RSpec.describe "Lamby::Runtime::PlainJSON" do
  def json = Lamby::Runtime.const_get(:PlainJSON)

  value = { text: "a\"b\\c/\u0000\u001f\b\t\n\f\r\u007f\u00e9\u2028\u{1F600}", list: [1, -2, nil, [], {}], nothing: "" }

  it "generates the same text as the JSON library" do
    expect(json.generate(value)).to eq(JSON.generate(value))
  end

  it "generates only ASCII characters if ascii is true" do
    expect(json.generate(value, ascii: true)).to eq(JSON.generate(value, ascii_only: true)).and be_ascii_only
  end

  it "raises TypeError for an object of a class that it does not support" do
    expect { json.generate([Object.new]) }.to raise_error(TypeError, "PlainJSON cannot write an object of the class Object")
  end
end

# frozen_string_literal: true

RSpec.describe "A response" do
  describe "header" do
    def headers_of(headers)
      payload_of([200, headers, ["hello"]], lint: false)["headers"]
    end

    it "with several lines is sent with all values, as in Rack 2" do
      expect(headers_of("X-A" => "1\n2\n")).to eq("X-A" => "1, 2")
    end

    it "that is an Array is sent with all values, as in Rack 3" do
      expect(headers_of("x-a" => %w[1 2], "x-b" => [])).to eq("x-a" => "1, 2")
    end

    it "whose name occurs in two spellings is sent once, with both values" do
      expect(headers_of("X-A" => "1", "x-a" => "2")).to eq("X-A" => "1, 2")
    end

    it "that is not a String is converted to text; nil is not sent" do
      expect(headers_of("x-int" => 5, "x-sym" => :a, "x-array" => [1, 2], "x-nil" => nil)).to eq("x-int" => "5", "x-sym" => "a", "x-array" => "1, 2")
    end

    it "in Latin-1 is sent as UTF-8" do
      expect(headers_of("x-a" => "caf\xE9".b, "x-b" => "\u00e4")).to eq("x-a" => "café", "x-b" => "ä")
    end

    it "is not sent if it is hop-by-hop, or if its name is Status or begins with rack." do
      dropped = %w[rack.hijack Connection Transfer-Encoding Keep-Alive Upgrade TE Trailer status]
      expect(headers_of(dropped.to_h { |name| [name, "x"] }.merge("x-a" => "b"))).to eq("x-a" => "b")
    end

    it "named Content-Length is sent only if it matches the body" do
      expect(headers_of("content-length" => "5")).to eq("content-length" => "5")
      expect(headers_of("content-length" => "6", "x-a" => "b")).to eq("x-a" => "b")
    end

    it "is sent without the values that have a control character, as on Puma, so that text from a client cannot make the invocation fail" do
      ["a\rb", "a\0b", "\e[0m", ["a\nb"], ["a\r\nset-cookie: x=1"]].each do |value|
        expect(headers_of("x-a" => value, "x-b" => "1")).to eq("x-b" => "1"), value.inspect
      end
      expect(headers_of("x-a" => "a\r\nset-cookie: x=1")).to eq("x-a" => "set-cookie: x=1")
      expect(headers_of("x-a" => ["1", "\0", "2"])).to eq("x-a" => "1, 2")
    end

    it "with a tab or DEL in its value is sent unchanged, as on Puma" do
      expect(headers_of("location" => "/search?q=\x7F", "x-a" => "a\tb")).to eq("location" => "/search?q=\x7F", "x-a" => "a\tb")
    end

    it "is not sent if its name is not an HTTP token" do
      ["a b", "a:b", "a\r\nb", "", "ä", "a\x7F"].each do |name|
        expect(headers_of(name => "x", "x-b" => "1")).to eq("x-b" => "1"), name.inspect
      end
    end
  end
end

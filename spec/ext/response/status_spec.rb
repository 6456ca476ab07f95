# frozen_string_literal: true

RSpec.describe "A response" do
  describe "with a status" do
    it "of any class that Rack 2.2 accepts is converted with to_i" do
      rational = Rational(405, 2)
      { "201" => 201, "201 Created" => 201, " 200" => 200, 200.0 => 200, rational => 202 }.each do |status, sent|
        expect(payload_of([status, { "content-type" => "text/plain" }, ["x"]], lint: Rack.release < "3")).to include("statusCode" => sent)
      end
    end

    it "that is not an HTTP status raises an error that quotes up to 200 characters of it" do
      { nil => "nil (NilClass)", "ok" => '"ok" (String)', 12.5 => "12.5 (Float)", :ok => ":ok (Symbol)", [] => "[] (Array)" }.each do |status, shown|
        expect { payload_of([status, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is #{Regexp.escape(shown)}; Rack wants/)
      end
      expect { payload_of([1000, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is 1000; HTTP has 100 to 999/)
      expect { payload_of(["x" * 100_000, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse) { |error| expect(error.message).to match(/status is "x{199}… \(String\)/) }
    end

    it "whose inspect raises is described by its class in the error" do
      status = Object.new
      def status.inspect = raise("inspected")
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /status is an object of class Object, whose inspect raised RuntimeError: inspected; Rack wants/)
    end

    it "whose inspect raises an error without a message is still described in the error" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise("no message") })
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /whose inspect raised an anonymous exception; Rack wants/)
    end

    it "whose inspect raises an exception does not swallow a signal that arrives meanwhile" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise(SignalException, "TERM") })
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SignalException)
    end

    it "whose inspect calls exit ends the process" do
      status = Object.new
      def status.inspect = exit(3)
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SystemExit)
    end
  end
end

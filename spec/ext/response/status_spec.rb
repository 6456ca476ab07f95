# frozen_string_literal: true

RSpec.describe "A response" do
  describe "status" do
    it "may be any object that Rack 2.2 accepts: Lamby calls to_i" do
      rational = Rational(405, 2)
      { "201" => 201, "201 Created" => 201, " 200" => 200, 200.0 => 200, rational => 202 }.each do |status, sent|
        expect(payload_of([status, { "content-type" => "text/plain" }, ["x"]], lint: Rack.release < "3")).to include("statusCode" => sent)
      end
    end

    it "that is not an HTTP status raises an error, which quotes at most 200 characters of it" do
      { nil => "nil (NilClass)", "ok" => '"ok" (String)', 12.5 => "12.5 (Float)", :ok => ":ok (Symbol)", [] => "[] (Array)" }.each do |status, shown|
        expect { payload_of([status, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is #{Regexp.escape(shown)}; Rack wants/)
      end
      expect { payload_of([1000, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is 1000; HTTP allows 100 to 999/)
      expect { payload_of(["x" * 100_000, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse) { |error| expect(error.message).to match(/status is "x{199}… \(String\)/) }
    end

    it "is described in the error by its class if its inspect method raises" do
      status = Object.new
      def status.inspect = raise("inspected")
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /status is an object of class Object, whose inspect raised RuntimeError: inspected; Rack wants/)
    end

    it "is described in the error even if its inspect method raises an exception whose message method raises, too" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise("no message") })
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /whose inspect raised an anonymous exception; Rack wants/)
    end

    it "does not hide a SignalException that is raised while Lamby describes the status" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise(SignalException, "TERM") })
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SignalException)
    end

    it "ends the process if its inspect method calls exit" do
      status = Object.new
      def status.inspect = exit(3)
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SystemExit)
    end
  end
end

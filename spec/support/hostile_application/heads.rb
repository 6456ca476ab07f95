# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

module HostileApplication
  class << self
    private

    def headers
      invalid = error("Lamby::InvalidResponse")
      fine = response("one, two")
      with = ->(headers) { ->(_) { [200, headers, ["one, two"]] } }
      values = { "a Symbol" => :a, "an Integer" => 5, "a Float" => 0.5, "nil" => nil, "an Array" => %w[a b], "an empty Array" => [],
                 "text that is not ASCII" => "ü", "bytes" => "\xFF".b, "long" => "x" * 10_000, "an Array of objects" => [5, :a, nil] }
      # Lamby drops a header whose name is not a token, as Puma does.
      names = { "a Symbol" => [:"x-own", fine], "an Integer" => [5, invalid], "nil" => [nil, invalid], "empty" => ["", fine],
                "with a space" => ["x own", fine], "with a line break" => ["x\r\ny", fine], "not ASCII" => ["xü", fine],
                "bytes" => ["\xFF".b, fine], "long" => ["x" * 70_000, [invalid, fine]], "an object" => [Object.new, invalid],
                "of a subclass with a wrong to_s" => [Class.new(String) { def to_s = "x y" }.new("x-own"), fine] }
      values.map { |name, value| build("a header value: #{name}", fine, &with.call({ "x-own" => value })) } +
        names.map { |name, (key, outcome)| build("a header name: #{name}", outcome, &with.call({ key => "value" })) } +
        changing_headers(fine, invalid)
    end

    def changing_headers(fine, invalid)
      [
        ["headers that get a key while they are read", ->(headers) { headers["x-#{headers.size}"] = "new" }, [fine, error(RuntimeError)]],
        ["headers that lose all keys while they are read", :clear.to_proc, fine],
        ["headers whose values are freed while they are read", ->(headers) { headers.values.grep(String).reject(&:frozen?).each(&:clear) }, fine],
        ["headers that are replaced while they are read", ->(headers) { headers.replace("a" => "b") }, [fine, error(RuntimeError)]],
        ["headers that are rehashed while they are read", ->(headers) { headers.rehash }, [fine, error(RuntimeError)]],
        ["headers that are compared by identity while they are read", ->(headers) { headers.compare_by_identity }, [fine, error(RuntimeError)]]
      ].map do |name, change, outcome|
        build(name, outcome) do |_|
          headers = { "x-a" => +"a" * 100 }
          headers["x-change"] = body { define(:to_s) { change.call(headers); "changed" } }
          20.times { |number| headers["x-b#{number}"] = +"b" * 100 }
          [200, headers, ["one, two"]]
        end
      end + [
        build("headers with a default", fine) { |_| [200, Hash.new { |_, _| raise Failed }, ["one, two"]] },
        build("headers of a subclass of Hash whose each raises", fine) { |_| [200, Class.new(Hash) { def each = raise(Failed) }.new.merge!("x-own" => "1"), ["one, two"]] },
        build("headers that are frozen", fine) { |_| [200, { "x-own" => "1" }.freeze, ["one, two"]] },
        build("20,000 headers", fine, streamed: invalid) { |_| [200, (1..20_000).to_h { |number| ["x-#{number}", "1"] }, ["one, two"]] },
        build("headers that are nil", invalid) { |_| [200, nil, ["one, two"]] },
        build("headers that are an Array", invalid) { |_| [200, [%w[a b]], ["one, two"]] },
        build("headers whose to_hash does not return a Hash", [invalid, error(TypeError), error(NoMethodError)]) { |_| [200, body { define(:to_hash) { 5 } }, ["one, two"]] },
        build("headers whose each yields pairs", fine) { |_| [200, body { define(:each) { |&block| block.call("x-own", "1") } }, ["one, two"]] },
        build("headers whose each yields single values", [fine, invalid, error(TypeError)]) { |_| [200, body { define(:each) { |&block| block.call(5) } }, ["one, two"]] },
        build("a header value whose to_s does not return a String", [invalid, error(TypeError), fine]) { |_| [200, { "x-own" => body { define(:to_s) { 5 } } }, ["one, two"]] }
      ]
    end

    def statuses
      invalid = error("Lamby::InvalidResponse")
      fine = ->(status) { response("one, two", status) }
      # Rack 2 allows any object whose `to_i` returns a status. Rack 3 requires an Integer.
      loose = ->(status) { [fine.call(status), invalid] }
      {
        "200" => [200, fine.call(200)], "999" => [999, fine.call(999)], "99" => [99, invalid], "1000" => [1000, invalid],
        "0" => [0, invalid], "-200" => [-200, invalid], "2 to the power of 64" => [2**64, invalid], "minus 2 to the power of 64" => [-(2**64), invalid],
        "nil" => [nil, invalid], "true" => [true, invalid], "a Symbol" => [:ok, invalid], "an Array" => [[200], invalid],
        "an object" => [Object.new, invalid], "a BasicObject" => [BasicObject.new, [invalid, error(NoMethodError)]],
        "digits" => ["200", loose.call(200)], "digits in a subclass of String" => [Class.new(String).new("200"), loose.call(200)],
        "digits and a reason" => ["201 Created", loose.call(201)], "no digits" => ["OK", invalid], "empty" => ["", invalid],
        "bytes" => ["\xFF".b, invalid], "UTF-16" => ["200".encode("UTF-16LE"), [invalid, error(Encoding::CompatibilityError)]],
        "a Float" => [200.0, loose.call(200)], "NaN" => [Float::NAN, [invalid, error(FloatDomainError)]],
        "infinity" => [Float::INFINITY, [invalid, error(FloatDomainError)]], "a Rational" => [200r, loose.call(200)],
        "an object with to_i" => [body { define(:to_i) { 200 } }, loose.call(200)],
        "an object whose to_i raises" => [body { define(:to_i) { raise Failed } }, [invalid, error(Failed)]],
        "an object whose to_i is nil" => [body { define(:to_i) { nil } }, [invalid, error(TypeError), error(NoMethodError)]],
        "an object whose inspect raises" => [body { define(:inspect) { raise Failed } }, [invalid, error(Failed)]],
        "an object whose inspect does not return a String" => [body { define(:inspect) { 5 } }, [invalid, error(TypeError)]],
        "an object whose inspect is long" => [body { define(:inspect) { "x" * 10_000_000 } }, invalid],
        "an object whose name raises" => [body { define_singleton_method(:name) { raise Failed } }, [invalid, error(Failed)]]
      }.map { |name, (status, outcome)| build("a status: #{name}", outcome) { |_| [status, HEADERS.dup, ["one, two"]] } }
    end

    def shapes
      invalid = error("Lamby::InvalidResponse")
      fine = response("one, two")
      triplet = -> { [200, HEADERS.dup, ["one, two"]] }
      {
        "nil" => [-> {}, invalid], "empty" => [-> { [] }, invalid], "two elements" => [-> { triplet.call.first(2) }, invalid],
        "four elements" => [-> { triplet.call << 5 }, invalid], "a Hash" => [-> { { status: 200 } }, invalid],
        "frozen" => [-> { triplet.call.freeze }, fine], "a Struct" => [-> { Struct.new(:a, :b, :c).new(*triplet.call) }, [invalid, fine]],
        "a subclass of Array" => [-> { Class.new(Array).new(triplet.call) }, fine],
        "an Array with a wrong size" => [-> { Class.new(Array) { def size = 3 }.new(triplet.call.first(2)) }, [invalid, error(NoMethodError)]],
        "an object whose to_ary is nil" => [-> { body { define(:to_ary) { nil } } }, [invalid, error(TypeError)]],
        "an object whose inspect raises" => [-> { body { define(:inspect) { raise Failed } } }, [invalid, error(Failed)]],
        "a BasicObject" => [-> { BasicObject.new }, [invalid, error(NoMethodError)]]
      }.map { |name, (make, outcome)| build("a response: #{name}", outcome) { |_| make.call } }
    end
  end
end
# rubocop:enable Style/Semicolon

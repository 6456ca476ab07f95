# frozen_string_literal: true

# The native extension copies a Hash with the keys of earlier envs.
RSpec.describe "An env with the keys of earlier envs" do
  include OwnProcess

  def headers_of(env)
    env.select { |key,| key.start_with?("HTTP_X_N") }
  end

  # Returns the envs of requests with these headers, in order.
  def envs(all)
    all.map.with_index { |headers, number| env_of(http_event(path: "/#{number}", headers: headers)) }
  end

  it "has the values of its own request" do
    all = Array.new(6) { |number| { "x-n1" => "a#{number}", "x-n2" => "b#{number}", "user-agent" => "c#{number}" } }
    seen = envs(all)
    seen.each.with_index do |env, number|
      expect(env).to include("HTTP_X_N1" => "a#{number}", "HTTP_X_N2" => "b#{number}", "HTTP_USER_AGENT" => "c#{number}",
                             "PATH_INFO" => "/#{number}", "rack.url_scheme" => "https", "lambda.context" => lambda_context)
    end
    expect(seen.map(&:keys).uniq.size).to eq(1)
    expect(seen.map { |env| env["rack.input"].object_id }.uniq.size).to eq(6)
  end

  it "has the names of its own request if other requests have as many headers" do
    names = %w[x-na x-nb x-na x-nc x-nab x-na]
    all = names.map { |name| { name => name, "x-n#{name[-1]}z" => "z" } } * 4
    expect(envs(all).map { |env| headers_of(env).values }).to eq(all.map(&:values))
    expect(envs(all).map { |env| headers_of(env).keys }).to eq(all.map { |it| it.keys.map { |name| "HTTP_#{name.upcase.tr("-", "_")}" } })
  end

  it "does not have what the application did to an earlier env" do
    seen = []
    app = lambda do |env|
      seen << env.to_a
      env["own"] = "added"
      env.delete("PATH_INFO")
      env["SERVER_NAME"] << "changed"
      env.default = "default"
      env["HTTP_X_N1"].replace("changed")
      [200, {}, [env["none"]]]
    end
    6.times { Lamby.handler(app, http_event(headers: { "x-n1" => "1" }), nil) }
    expect(seen.map { |pairs| pairs.reject { |key, value| key == "rack.input" || value.respond_to?(:each) } }.uniq.size).to eq(1)
  end

  it "is complete with more headers than a usual request" do
    all = [{ 100 => 3 }, { 40 => 3 }].flat_map { |it| it.flat_map { |size, times| [(1..size).to_h { |number| ["x-n#{number}", number.to_s] }] * times } }
    expect(envs(all).map { |env| headers_of(env).values }).to eq(all.map(&:values))
  end

  it "stays intact while the garbage collector compacts the heap, and follows Lamby's settings" do
    expect(in_a_process(<<~'RUBY')).to eq([[false] * 3, [true] * 3, [*0..3].flat_map { |number| [number.to_s] * 3 }])
      events = Array.new(4) { |number| JSON.generate("version" => "2.0", "rawPath" => "/", "headers" => { "x-own-#{number}" => number.to_s },
                                                      "requestContext" => { "http" => { "method" => "GET" } }) }
      multithread, values = [], []
      app = lambda do |env|
        multithread << env["rack.multithread"]
        values << env.find { |key,| key.start_with?("HTTP_X_OWN") }.last
        [200, {}, []]
      end
      events.each.with_index do |event, number|
        Lamby::Handler.multithread! if number == 2
        3.times do
          GC.compact if GC.respond_to?(:compact)
          Lamby.handler(app, event, context)
        end
      end
      3.times { Lamby.handler(app, events.first, context) }
      puts JSON.generate([multithread.first(3), multithread.last(3), values.first(12)])
    RUBY
  end

  it "does not keep the values of earlier requests" do
    secrets = in_a_process(<<~'RUBY')
      event = ->(token) { JSON.generate("version" => "2.0", "rawPath" => "/", "headers" => { "authorization" => token },
                                        "requestContext" => { "http" => { "method" => "GET" } }) }
      app = ->(_env) { [200, {}, []] }
      Array.new(5) { |number| event.call("secret-#{number}") }.each { |json| Lamby.handler(app, json, context) }
      20.times { Lamby.handler(app, event.call("other"), context) } # Overwrites what is left on the stack.
      GC.start
      puts JSON.generate(ObjectSpace.each_object(Hash).count { |hash| hash.any? { |_, value| value.is_a?(String) && value.start_with?("secret") } })
    RUBY
    expect(secrets).to eq(0)
  end
end

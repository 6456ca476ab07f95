# frozen_string_literal: true

# A Rack application without a framework.
module Example
  def self.call(env)
    case env["PATH_INFO"]
    when "/"
      [200, { "content-type" => "text/html; charset=utf-8" }, ["<h1>Hello from Rack</h1>"]]
    when "/echo"
      # In Rack 3.1 a request without a body may have no input.
      [200, { "content-type" => env.fetch("CONTENT_TYPE", "text/plain") }, [env["rack.input"]&.read.to_s]]
    when "/raise"
      raise "this path always raises"
    else
      [404, { "content-type" => "text/plain" }, ["There is nothing at #{env["PATH_INFO"]}"]]
    end
  end
end

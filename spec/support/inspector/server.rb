# frozen_string_literal: true

require "rack"
require "puma"
require "puma/server"

# Serves the inspector of a function at /__lamby, as `lamby serve` does.
class InspectorServer
  # @return [String] the page's address
  attr_reader :url

  # @param function [InventedFunction]
  # @param port [Integer] 0 for any free port
  def initialize(function, port: 0)
    @records = function.records
    environment = ENV.fetch("RACK_ENV", nil)
    @server = Puma::Server.new(Rack::URLMap.new("/__lamby" => function.inspector))
    ENV["RACK_ENV"] = environment # Puma sets RACK_ENV if it is not set, but other specs must not see it.
    @server.add_tcp_listener("127.0.0.1", port)
    @server.run
    @url = "http://127.0.0.1:#{self.port}/__lamby/"
  end

  # @return [Integer]
  def port = @server.connected_ports.first

  # @return [void]
  def stop
    @records.close
    @server.stop(true)
  end
end

# frozen_string_literal: true

namespace :lamby do
  desc "Run a local server that handles Lambda events in POST requests (LAMBY_PROXY_PORT, LAMBY_PROXY_BIND, LAMBY_PROXY_HOSTS)"
  task proxy_server: :environment do
    # Rack 3 moved Rack::Handler to the gem rackup.
    handlers = Rack.release < "3" ? Rack::Handler : (require("rackup") && Rackup::Handler)
    server = handlers.pick(%w[puma falcon webrick])
    host = ENV.fetch("LAMBY_PROXY_BIND", "127.0.0.1")
    port = ENV.fetch("LAMBY_PROXY_PORT", "3000")
    puts "#{server} handles Lambda's events at http://#{host}:#{port}"
    hosts = [host, *ENV.fetch("LAMBY_PROXY_HOSTS", "").split(",")] - %w[0.0.0.0 ::]
    server.run(Lamby::ProxyServer.new(hosts: hosts), Host: host, Port: port)
  end

  # An alias for users of lamby 6, which had one task for WEBrick and this one for Puma.
  task proxy_server_puma: :proxy_server
end

# frozen_string_literal: true

namespace :lamby do
  desc "Handle Lambda events that clients post to a local server (LAMBY_PROXY_PORT, LAMBY_PROXY_BIND, LAMBY_PROXY_HOSTS)"
  task proxy_server: :environment do
    # Since Rack 3 the server handlers are in the gem rackup.
    handlers = Rack.release < "3" ? Rack::Handler : (require("rackup") && Rackup::Handler)
    server = handlers.pick(%w[puma falcon webrick])
    host = ENV.fetch("LAMBY_PROXY_BIND", "127.0.0.1")
    port = ENV.fetch("LAMBY_PROXY_PORT", "3000")
    puts "#{server} takes Lambda events at http://#{host}:#{port}"
    hosts = [host, *ENV.fetch("LAMBY_PROXY_HOSTS", "").split(",")] - %w[0.0.0.0 ::]
    server.run(Lamby::ProxyServer.new(hosts: hosts), Host: host, Port: port)
  end

  # The task's name in lamby 6, which had another one for WEBrick.
  task proxy_server_puma: :proxy_server
end

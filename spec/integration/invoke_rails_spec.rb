# frozen_string_literal: true

return unless Requirements.gem?("rails")

# `lamby invoke` in a Rails application with the settings of the environment `development`: Rails shows a debug page
# with hundreds of lines for each error, and writes to log/development.log.
RSpec.describe "lamby invoke in a Rails application" do
  include CommandLine

  application = <<~RUBY
    require "logger"
    require "action_controller/railtie"
    class Shop < Rails::Application
      config.eager_load = false
      config.consider_all_requests_local = ENV["SHOP_LOCAL"] != "no"
      config.hosts = ["localhost"]
      config.secret_key_base = "secret"
      config.logger = ActiveSupport::Logger.new("log/development.log")
    end
    class OrdersController < ActionController::Base
      def show = raise("no order \#{params[:id]}")
    end
    Shop.initialize!
    Shop.routes.draw { get "orders/:id", to: "orders#show" }
  RUBY

  { "the debug page" => {}, "the production page" => { "SHOP_LOCAL" => "no" } }.each do |name, env|
    it "prints an exception in three lines, and Rails' log, in place of #{name}" do
      out, err, status = lamby_with(application, "invoke", "-p", "/orders/3", env: env)
      expect(out.lines.first(4).join).to match(/\Afunction_url     GET \/orders\/3\n500 in .* bytes from Lambda \(--full prints them\)\nRuntimeError: no order 3 \(config\/environment\.rb:\d+:in .*show'\)\n\n\z/)
      expect(out).to match(/^log\/development\.log:\n(?:  # Logfile .*\n)?  Started GET "\/orders\/3".*^  RuntimeError \(no order 3\):$/m)
      expect([err, status]).to eq(["", 0])
    end

    it "prints the missing route in place of #{name}" do
      out, = lamby_with(application, "invoke", "-p", "/nowhere", env: env)
      expect(out.lines.drop(1).first(3).join).to match(/\A404 in .*\nActionController::RoutingError: No route matches \[GET\] "\/nowhere"\n\n\z/)
    end

    it "names the blocked host and its remedy in place of #{name}" do
      out, = lamby_with(application, "invoke", "-p", "https://shop.example.com/orders/3", env: env.merge("RAILS_ENV" => "staging"))
      expect(out.lines.drop(1).first(3).join)
        .to match(%r{\A403 in .*\nRails blocks the host "shop\.example\.com": add it to config\.hosts in config/environments/staging\.rb, or send a permitted host with --path "https://HOST/"\n\n\z})
    end
  end

  it "prints the whole debug page with --full" do
    out, = lamby_with(application, "invoke", "-p", "/orders/3", "--full")
    expect(out).to include("<title>Action Controller: Exception caught</title>", "config/environment.rb:")
  end
end

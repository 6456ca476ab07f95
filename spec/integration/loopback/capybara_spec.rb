# frozen_string_literal: true

return unless Requirements.gem?("capybara", "puma")

require "capybara/dsl"

RSpec.describe "Lamby::Loopback with Capybara" do
  application = lambda do |env|
    request = Rack::Request.new(env)
    page = { "content-type" => "text/html; charset=utf-8" }
    case [request.request_method, request.path]
    in ["GET", "/form"]
      [200, page, ['<form action="/form" method="post"><label>Name <input name="name"></label><button>Send</button></form>']]
    in ["POST", "/form"]
      [303, { "location" => "/greeting?#{URI.encode_www_form(name: request.params["name"])}" }, []]
    in ["GET", "/greeting"]
      [200, page, ["<h1>Hello, #{Rack::Utils.escape_html(request.params["name"])}</h1>"]]
    end
  end

  Lamby::Simulator.integrations.each do |integration|
    it "fills in a form, and follows the redirect: #{integration}" do
      browser = Capybara::Session.new(:rack_test, Lamby::Loopback.new(application, integration: integration))
      browser.visit("/form")
      browser.fill_in("Name", with: "Jörg & Co")
      browser.click_button("Send")
      expect(browser).to have_current_path("/greeting?name=J%C3%B6rg+%26+Co").and have_css("h1", text: "Hello, Jörg & Co")
    end

    # For a real browser, Capybara starts Puma.
    it "works behind Puma: #{integration}" do
      app = Rack::Lint.new(Lamby::Loopback.new(application, integration: integration))
      response = PumaServer.answer(app, path: "/greeting", query: "name=J%C3%B6rg")
      expect(response).to have_attributes(status: 200, body: "<h1>Hello, Jörg</h1>".b)
    end
  end
end

# frozen_string_literal: true

require "tmpdir"
require_relative "../../support/inspector/browser"
require_relative "../../support/inspector/page"

# Checks the layout at usual sizes. With UPDATE=1, it also writes the pictures of docs/inspector.md.
RSpec.describe "The inspector's layout", :browser, :slow do
  before(:context) { Browser.available? }

  root = File.expand_path("../../..", __dir__)
  let(:folder) { Dir.mktmpdir }
  let(:serve) { ServeProcess.new("--streaming", "--port", "3000", code: SpecApps.source(:shop)) }
  let(:page) { InspectorPage.new("#{serve.url}__lamby/") }

  before do
    serve.request("GET", "/orders?page=2", headers: { "authorization" => "Bearer eyJhbGciOi", "accept" => "application/json" })
    serve.request("POST", "/login", headers: { "content-type" => "application/x-www-form-urlencoded" }, body: "name=Ada&password=correct-horse")
    serve.request("GET", "/cart")
    serve.request("GET", "/report.csv")
    serve.request("GET", "/orders/1041")
    serve.request("POST", "/orders", headers: { "content-type" => "application/json", "cookie" => "session=f3a9c2d41b" }, body: "{\"book\":\"SICP\"}")
    serve.request("GET", "/orders/7")
  end

  after do
    serve.stop
    FileUtils.rm_rf(folder)
  end

  # Takes a picture. The names of this machine's folders are replaced.
  define_method(:picture) do |name|
    page.run(<<~JS, [[serve.folder, "/app"], [root, "/gems/lamby"]])
      await page.evaluate((folders) => {
        for (const line of document.querySelectorAll('.trace li')) {
          for (const [folder, shown] of folders) line.textContent = line.textContent.replace(folder, shown);
        }
      }, argument);
    JS
    file = "#{ENV["UPDATE"] ? "#{root}/docs/images" : folder}/inspector-#{name}.png"
    page.run("await page.screenshot({ path: argument })", file)
    expect(File.size(file)).to be > 10_000
  end

  def fits(width)
    expect(page.run("return page.evaluate(() => document.documentElement.scrollWidth)")).to be <= width
  end

  %w[light dark].each do |scheme|
    it "fits into 1280 pixels, in #{scheme} colors" do
      page.visit(scheme: scheme, width: 1280, height: 760)
      page.show("GET /orders/7")
      fits(1280)
      picture("error-#{scheme}")
      ["Request", "Event", "Rack env", "Response", "Stream", "Log"].each do |tab|
        page.show("GET /report.csv", tab)
        fits(1280)
      end
    end

    it "fits into 360 pixels, in #{scheme} colors" do
      page.visit(scheme: scheme, width: 360, height: 740)
      fits(360)
      page.show("GET /report.csv")
      picture("narrow-#{scheme}")
      ["Request", "Event", "Rack env", "Response", "Stream", "Log"].each do |tab|
        page.tab(tab)
        fits(360)
      end
    end
  end
end

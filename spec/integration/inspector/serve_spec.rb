# frozen_string_literal: true

require_relative "../../support/inspector/browser"
require_relative "../../support/inspector/page"

# The inspector of a real `lamby serve`.
RSpec.describe "The inspector of lamby serve", :browser, :slow do
  before(:context) { Browser.available? }

  let(:arguments) { [] }
  let(:serve) { ServeProcess.new(*arguments, code: SpecApps.source(:shop)) }
  let(:page) { InspectorPage.new("#{serve.url.delete_suffix("/")}/__lamby/") }

  after do |example|
    expect(page.problems).to eq([]) unless example.exception
    puts serve.log if example.exception
    serve.stop
  end

  it "shows requests as the function handles them, with their log lines" do
    page.visit
    serve.request("POST", "/orders?page=2", headers: { "x-custom" => "1", "content-type" => "text/plain" }, body: "three books")
    page.wait_for_titles("POST /orders?page=2")
    page.show("POST /orders?page=2", "Log")
    expect(page.panel).to include("INFO -- Started POST /orders")
    expect(page.tab("Request")).to include("POST http://localhost:#{serve.port}/orders?page=2", "three books", "x-custom\t1")
    expect(page.tab("Event")).to include('"rawQueryString": "page=2"')
    expect(page.tab("Rack env")).to include("QUERY_STRING\tpage=2", "HTTP_X_CUSTOM\t1")
    expect(page.tab("Response")).to include("201", "application/json", '"created": "three books"')
    expect(page.tab("Payload")).to include('"statusCode": 201')
    expect(page.tab("Overview")).to include("cold start", "Initialization", "1,792 MB", "Most memory used")
  end

  it "shows an invocation in flight, and how it ends" do
    page.visit
    request = Thread.new { serve.request("GET", "/slow") }
    wait_until("the row") { page.rows.first&.first == "Running" }
    serve.write("continue")
    wait_until("the end") { page.rows.first.first == "200" }
    request.join
  end

  it "shows the application's exceptions, and the response of the integration" do
    serve.request("GET", "/orders/7")
    page.visit
    page.show("GET /orders/7")
    expect(page.panel).to include("OrderNotFound", "no order has the number 7", "app.rb:")
    expect(page.rows.first.first).to eq("502")
  end

  it "says that changed code does not start, and replays the invocation after the code is mended" do
    page.visit
    serve.request("GET", "/orders")
    page.wait_for_titles("GET /orders")
    code = File.read("#{serve.folder}/app.rb")
    serve.write("app.rb", "raise NameError, \"uninitialized constant Shop\"\n")
    page.run("await page.locator('#banner', { hasText: 'uninitialized constant Shop' }).waitFor()")
    serve.write("app.rb", code.sub("Grace Hopper", "Barbara Liskov"))
    page.run("await page.locator('#banner:empty').waitFor({ state: 'attached' })")
    page.show("GET /orders")
    page.button("Replay")
    page.wait_for_titles("GET /orders", "GET /orders")
    wait_until("the new response") { page.rows.first.first == "200" }
    page.run("await page.locator('[aria-selected=true][aria-posinset=\"1\"]').waitFor()")
    wait_until("the new code's response") { page.tab("Payload").include?("Barbara Liskov") }
  end

  it "sends an edited request through the integration" do
    serve.request("POST", "/orders", headers: { "authorization" => "Bearer secret-of-ada" }, body: "three books")
    page.visit
    page.show("POST /orders")
    page.button("Edit and replay")
    page.run("await page.fill('#edit-body', 'four books'); await page.locator('dialog button[type=submit]').click()")
    page.wait_for_titles("POST /orders", "POST /orders")
    wait_until("the response") { page.rows.first.first == "201" }
    page.run("await page.locator('[aria-selected=true][aria-posinset=\"1\"]').waitFor()")
    page.button("Show secrets")
    wait_until("the new response") { page.tab("Response").include?("four books") }
    expect(page.tab("Rack env")).to include("HTTP_AUTHORIZATION\tBearer secret-of-ada")
  end

  it "sends sample events" do
    page.visit
    page.button("Send an event")
    page.run("await page.getByLabel('Sample').selectOption('sqs'); await page.waitForFunction(() => document.querySelector('#edit-event').value.includes('aws:sqs'))")
    page.run("await page.locator('dialog button[type=submit]').click()")
    page.wait_for_titles("SQS")
    wait_until("the end") { page.rows.first.first == "OK" }
    page.show("SQS", "Log")
    expect(page.panel).to include("INFO -- Message ")
  end

  context "with --streaming" do
    let(:arguments) { ["--streaming"] }

    it "shows the chunks of a streamed response" do
      page.visit
      serve.request("GET", "/report.csv")
      page.wait_for_titles("GET /report.csv")
      page.show("GET /report.csv", "Stream")
      wait_until("the chunks") { page.tab("Stream").include?("1043,Grace Hopper") }
      expect(page.tab("Response")).to include("200", "text/csv", "1041,Ada Lovelace,48.00,paid\n1042,")
      expect(page.tab("Overview")).to include("Streaming")
    end
  end

  it "refuses to show the inspector to another website" do
    page.visit
    path = "/__lamby/api/records"
    expect(serve.request("GET", path, headers: { "host" => "rebound.example" }).code).to eq("403")
    expect(serve.request("GET", path, headers: { "origin" => "https://evil.example" }).code).to eq("403")
    expect(serve.request("POST", "/__lamby/api/clear", headers: { "content-type" => "application/json" }, body: "{}").code).to eq("403")
    expect(serve.request("GET", path).code).to eq("200")
  end
end

# frozen_string_literal: true

require "shellwords"
require_relative "../../support/inspector/browser"
require_relative "../../support/inspector/invented_function"
require_relative "../../support/inspector/page"

RSpec.describe "The inspector's page", :browser, :slow do
  before(:context) do
    Browser.available?
    require_relative "../../support/inspector/server"
  end

  let(:function) { InventedFunction.new(&app) }
  let(:app) do
    lambda do |env|
      case env["PATH_INFO"]
      when "/boom" then raise ArgumentError, "no order has the number 7"
      when "/missing" then [404, { "content-type" => "text/plain" }, ["missing"]]
      else [200, { "content-type" => "application/json", "set-cookie" => "session=set-by-server; Path=/orders" }, [JSON.generate(body: env["rack.input"].read)]]
      end
    end
  end
  let(:server) { InspectorServer.new(function) }

  after do |example|
    problems = page.problems
    server.stop
    expect(problems - expected_problems).to eq([]) unless example.exception
  end

  # Errors of the console that an example provokes.
  let(:expected_problems) { [] }

  let(:page) { InspectorPage.new(server.url) }

  # These methods of the page are so frequent that the examples call them without its name.
  %i[visit run rows titles wait_for_titles show panel button].each do |name|
    define_method(name) { |*arguments, **options| page.public_send(name, *arguments, **options) }
  end

  it "lists the invocations, the newest first, and adds new ones as they come" do
    function.send_http("GET", "https://shop.example/orders?page=2")
    function.send_http("GET", "https://shop.example/missing")
    visit
    wait_for_titles("GET /missing", "GET /orders?page=2")
    expect(rows.map(&:first)).to eq(%w[404 200])
    function.replay(Lamby::Simulator.sample(:sqs), :sqs)
    wait_for_titles("SQS", "GET /missing", "GET /orders?page=2")
    expect(run("return page.innerText('#count')")).to eq("3 invocations")
  end

  it "follows an invocation from its arrival to its end" do
    visit
    record = function.records.start(id: "slow", kind: :http, integration: :http_api_v2, title: "GET /slow", event: "{}", request: nil)
    wait_until("the row") { rows.map(&:first) == ["Queued"] }
    run("await page.click('[role=option]')")
    record.handed_over(environment: 1, cold: true)
    wait_until("the row to change") { rows.map(&:first) == ["Running"] }
    record.log("I am working")
    record.chunk("part")
    record.finish(outcome: :timeout, status: 504, headers: [])
    wait_until("the row to change") { rows.map(&:first) == ["504"] }
    wait_until("the details to change") { panel.include?("did not respond in time") }
    expect(run("return page.getByRole('tab').allInnerTexts()").map { |text| text[/\w+/] }).to include("Stream", "Log")
  end

  it "shows each part of an invocation" do
    function.send_http("POST", "https://shop.example/orders?page=2", { "accept" => "text/html", "content-type" => "text/plain" }, "the body")
    visit
    show("POST /orders?page=2")
    expect(panel).to include("Waiting", "Function", "1,792 MB", "Lambda would bill", "of 6.00 MB", "127.0.0.1")
    {
      "Request" => ["POST https://shop.example/orders?page=2", "page\t2", "accept\ttext/html", "the body"],
      "Event" => ['"rawQueryString": "page=2"', '"version": "2.0"'], "Rack env" => ["QUERY_STRING\tpage=2", "rack.input\t(the body, 8 bytes)"],
      "Response" => ["200", "content-type\tapplication/json", '"body": "the body"'], "Payload" => ['"statusCode": 200']
    }.each do |tab, texts|
      run("await page.getByRole('tab', { name: argument }).click()", tab)
      expect(panel).to include(*texts)
    end
  end

  it "shows the error and its backtrace" do
    function.send_http("GET", "https://shop.example/boom")
    visit
    show("GET /boom")
    expect(panel).to include("ArgumentError", "no order has the number 7", "browser_spec.rb")
    expect(rows.first).to include(a_string_including("ArgumentError: no order"))
  end

  it "shows the chunks of a stream and the lines of the log, with their times" do
    record = function.records.start(id: "stream", kind: :http, integration: :function_url, title: "GET /stream", event: "{}", request: nil)
    record.handed_over(environment: 1, cold: false)
    record.log("ERROR: the disk is full")
    record.chunk("first")
    record.chunk("\xFF")
    record.finish(outcome: :response, status: 200, headers: [])
    visit
    show("GET /stream", "Stream")
    expect(panel).to match(/2 chunks, 6 B.*ms\t\+.*ms\t5 B\tfirst.*1 B\t\(bytes that are not text\)/m)
    run("await page.getByRole('tab', { name: 'Log' }).click()")
    expect(panel).to match(/ms\tERROR: the disk is full/)
  end

  it "says that the function did not start, until it starts again" do
    visit
    function.records.environment(number: 1, state: :failed, message: "uninitialized constant Shop", log: "shop.rb:1")
    run("await page.locator('#banner', { hasText: 'uninitialized constant Shop' }).waitFor()")
    function.records.environment(number: 2, state: :ready, init_ms: 1, pid: 1)
    run("await page.locator('#banner:empty').waitFor({ state: 'attached' })")
  end

  describe "filters" do
    before do
      function.send_http("GET", "https://shop.example/orders")
      function.send_http("POST", "https://shop.example/missing")
      function.send_http("GET", "https://shop.example/boom")
      function.replay(Lamby::Simulator.sample(:sqs), :sqs)
      visit
      wait_for_titles("SQS", "GET /boom", "POST /missing", "GET /orders")
    end

    it "finds words in titles, errors and ids, in any order" do
      run("await page.fill('#search', 'boom get')")
      wait_for_titles("GET /boom")
      expect(run("return page.innerText('#count')")).to eq("1 of 4 invocations")
      run("await page.fill('#search', 'argumenterror')")
      wait_for_titles("GET /boom")
      run("await page.fill('#search', argument)", function.records.page.last.id)
      wait_for_titles("GET /orders")
    end

    it "shows only a status, a kind, or errors" do
      run("await page.getByLabel('Status').selectOption('4xx')")
      wait_for_titles("POST /missing")
      run("await page.getByLabel('Status').selectOption('')")
      run("await page.getByLabel('Kind').selectOption('sqs')")
      wait_for_titles("SQS")
      run("await page.getByLabel('Kind').selectOption('')")
      run("await page.getByLabel('Errors', { exact: true }).check()")
      wait_for_titles("GET /boom", "POST /missing")
    end

    it "applies to invocations that come later, and can be removed" do
      run("await page.fill('#search', 'orders')")
      wait_for_titles("GET /orders")
      function.send_http("GET", "https://shop.example/other")
      function.send_http("GET", "https://shop.example/orders/1")
      wait_for_titles("GET /orders/1", "GET /orders")
      run("await page.fill('#search', 'nothing has this')")
      button("Remove the filters")
      wait_until("all rows") { titles.size == 6 }
    end
  end

  describe "commands" do
    let!(:id) { function.send_http("POST", "https://shop.example/orders?page=2", { "authorization" => "Bearer secret-of-ada", "x-quote" => "it's" }, "name=Ada&password=hunter22") }

    before do
      visit
      show("POST /orders?page=2")
    end

    def newest = function.records.page.first

    it "replays the event, and shows the new invocation" do
      button("Replay")
      wait_until("the new invocation") { function.records.page.size == 2 }
      expect(newest.event.bytes).to eq(function.records[id].event.bytes)
      wait_until("the new invocation to be shown") { run("return page.url()").include?(newest.id) }
      wait_until("the new row to be the current one") { run("return page.getAttribute('[aria-selected=true][role=option]', 'id')") == "row-#{newest.number}" }
    end

    it "sends an edited request, with the real values of hidden secrets" do
      button("Edit and replay")
      expect(run("return page.inputValue('#edit-headers')")).to include("authorization: ‹secret").and(satisfy { |text| !text.include?("secret-of-ada") })
      expect(run("return page.inputValue('#edit-body')")).to match(/\Aname=Ada&password=‹secret \d›\z/)
      run("await page.fill('#edit-url', 'https://shop.example/changed'); await page.fill('#edit-method', 'PUT')")
      run("await page.locator('dialog button[type=submit]').click()")
      wait_until("the new invocation") { function.records.page.size == 2 }
      request = newest.request
      expect([request.method, request.url, newest.request_body.bytes]).to eq(["PUT", "https://shop.example/changed", "name=Ada&password=hunter22"])
      expect(request.headers).to include("authorization" => ["Bearer secret-of-ada"], "x-quote" => ["it's"])
    end

    it "says what is wrong with an edited request" do
      expected_problems << "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
      button("Edit and replay")
      run("await page.fill('#edit-method', 'NOT A METHOD'); await page.locator('dialog button[type=submit]').click()")
      run("await page.locator('dialog .problem:not(:empty)').waitFor()")
      expect(run("return page.innerText('dialog .problem')")).to include("NOT A METHOD")
      run("await page.fill('#edit-headers', 'no colon'); await page.locator('dialog button[type=submit]').click()")
      run("await page.locator('dialog .problem', { hasText: 'no colon' }).waitFor()")
    end

    it "edits the event of an invocation that is not a request" do
      function.replay(JSON.generate(task: "report", token: "secret-token"), :direct)
      wait_until("the row") { titles.size == 2 }
      show("Direct")
      button("Edit and replay")
      text = run("return page.inputValue('#edit-event')")
      expect(text).to include("‹secret 1›")
      run("await page.fill('#edit-event', argument); await page.locator('dialog button[type=submit]').click()", text.sub("report", "invoice"))
      wait_until("the new invocation") { function.records.page.size == 3 }
      expect(JSON.parse(newest.event.bytes)).to eq("task" => "invoice", "token" => "secret-token")
      expect(newest.kind).to eq(:direct)
    end

    it "sends samples" do
      button("Send an event")
      run("await page.getByLabel('Sample').selectOption('sns'); await page.waitForFunction(() => document.querySelector('#edit-event').value.includes('aws:sns'))")
      run("await page.locator('dialog button[type=submit]').click()")
      wait_until("the new invocation") { newest.kind == :sns }
    end

    it "copies a curl command, without secrets until they are shown" do
      button("Copy as curl")
      run("await page.locator('#toast', { hasText: 'without secrets' }).waitFor()")
      copied = run("return page.evaluate(() => navigator.clipboard.readText())")
      expect(copied).not_to include("secret-of-ada", "hunter22")
      button("Show secrets")
      button("Copy as curl")
      run("await page.locator('#toast', { hasText: 'Copied the curl command.' }).waitFor()")
      words = Shellwords.split(run("return page.evaluate(() => navigator.clipboard.readText())").gsub("\\\n", ""))
      expect(words).to eq(["curl", "-i", "-X", "POST", "https://shop.example/orders?page=2", "-H", "authorization: Bearer secret-of-ada", "-H", "x-quote: it's", "--data-raw", "name=Ada&password=hunter22"])
    end

    it "copies a lamby invoke command that makes the same request" do
      button("Show secrets")
      button("Copy lamby invoke")
      run("await page.locator('#toast', { hasText: 'Copied' }).waitFor()")
      words = Shellwords.split(run("return page.evaluate(() => navigator.clipboard.readText())").gsub("\\\n", ""))
      expect(words.first(2)).to eq(%w[lamby invoke])
      out = StringIO.new
      Lamby::CLI::InvokeCommand.new([*words.drop(2), "--print-event"], out: out).call
      event = JSON.parse(out.string)
      expect(event).to include("rawPath" => "/orders", "rawQueryString" => "page=2", "body" => "name=Ada&password=hunter22")
      expect(event["headers"]).to include("authorization" => "Bearer secret-of-ada", "x-quote" => "it's")
    end

    it "saves the event as a file" do
      path, name = run("const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save event' }).click()]); return [await file.path(), file.suggestedFilename()]")
      expect(name).to eq("#{id}-event.json")
      expect(File.binread(path)).to eq(function.records[id].event.bytes)
    end

    it "compares two invocations" do
      function.send_http("POST", "https://shop.example/orders?page=3", {}, "name=Ada")
      wait_until("the row") { titles.size == 2 }
      button("Compare")
      run("await page.locator('[role=option]', { hasText: 'page=3' }).click(); await page.getByRole('heading', { name: 'Comparison' }).waitFor()")
      text = run("return page.innerText('#detail')")
      expect(text).to match(/−\s+"rawQueryString": "page=2"/)
      expect(text).to match(/\+\s+"rawQueryString": "page=3"/)
      expect(text).not_to include("hunter22")
    end

    it "clears the list" do
      button("Clear the list")
      wait_until("the list to be empty") { titles.empty? }
      expect(function.records.page).to eq([])
    end
  end

  it "sends the event of a schedule" do
    function.schedules = [{ name: "Nightly", expression: "cron(0 3 * * ? *)", event: { "detail" => { "job" => 7 } } }]
    visit
    button("Send an event")
    run("await page.getByLabel('Sample').selectOption({ label: 'Nightly, cron(0 3 * * ? *)' }); await page.waitForFunction(() => document.querySelector('#edit-event').value.includes('job'))")
    run("await page.locator('dialog button[type=submit]').click()")
    wait_until("the invocation") { function.records.page.first&.kind == :schedule }
    expect(JSON.parse(function.records.page.first.event.bytes)).to eq("detail" => { "job" => 7 })
  end

  it "hides secrets everywhere until they are shown, and again after that" do
    secrets = %w[secret-bearer secret-cookie secret-query secret-form secret-key set-by-server]
    headers = { "authorization" => "Bearer secret-bearer", "cookie" => "session=secret-cookie", "x-api-key" => "secret-key", "content-type" => "application/x-www-form-urlencoded" }
    function.send_http("POST", "https://shop.example/login?token=secret-query", headers, "name=Ada&password=secret-form")
    function.records.page.first.log("Login with secret-form and secret-cookie")
    visit
    wait_until("the row") { titles.any? }
    run("await page.click('[role=option]'); await page.getByRole('tab').first().waitFor()")
    all = lambda do
      run("let text = await page.innerText('body'); for (const tab of await page.getByRole('tab').all()) { await tab.click(); text += await page.innerText('body'); } return text")
    end
    expect(secrets.select { |secret| all.call.include?(secret) }).to eq([])
    button("Compare")
    expect(secrets.select { |secret| run("return page.innerText('body')").include?(secret) }).to eq([])
    button("Cancel")
    button("Show secrets")
    expect(secrets - secrets.select { |secret| all.call.include?(secret) }).to eq([])
    button("Show secrets")
    expect(secrets.select { |secret| all.call.include?(secret) }).to eq([])
    expect(all.call).to include("name=Ada")
  end

  it "shows markup in every field as text" do
    markup = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'`javascript:window.hacked=1"
    request = Lamby::Serve::HTTPRequest.new(markup, "https://a.example/#{markup}?#{markup}=#{markup}", { markup => [markup, markup] }, markup, markup)
    record = function.records.start(id: "xss", kind: :http, integration: :http_api_v2, title: "GET /#{markup}", event: JSON.generate(markup => markup, list: [markup]), request: request)
    record.handed_over(environment: 1, cold: true)
    record.log(markup)
    record.chunk(markup)
    record.finish(outcome: :error, status: 502, headers: [[markup, markup]], payload: JSON.generate(markup => markup), error: { "errorType" => markup, "errorMessage" => markup, "stackTrace" => [markup] })
    function.records.start(id: "other", kind: markup.to_sym, integration: markup.to_sym, title: markup, event: markup, request: nil).finish(outcome: markup.to_sym, payload: markup)
    function.records.environment(number: 1, state: :failed, message: markup, log: markup)
    function.schedules = [{ name: markup, expression: markup, event: JSON.generate(markup => markup) }]
    visit
    wait_until("the rows") { titles.size == 2 }
    run(<<~JS)
      for (const row of [0, 1]) {
        await page.locator(`[aria-posinset="${row + 1}"]`).click();
        await page.getByRole('tab').first().waitFor();
        for (const tab of await page.getByRole('tab').all()) await tab.click();
        await page.getByRole('button', { name: 'Edit and replay' }).click();
        await page.keyboard.press('Escape');
      }
      await page.getByRole('button', { name: 'Send an event' }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.locator('[aria-posinset="1"]').click();
      await page.getByRole('heading', { name: 'Comparison' }).waitFor();
    JS
    expect(run("return page.evaluate(() => [window.hacked ?? null, document.querySelectorAll('img[src=x], script:not([src]), [onerror], a[href^=javascript]').length])")).to eq([nil, 0])
    expect(run("return page.innerText('body')")).to include("<img src=x onerror=window.hacked=1><script>")
  end

  it "is usable with the keyboard alone" do
    3.times { |number| function.send_http("GET", "https://shop.example/#{number}") }
    visit
    wait_for_titles("GET /2", "GET /1", "GET /0")
    press = ->(*keys) { keys.each { |key| run("await page.keyboard.press(argument)", key) } }
    focused = -> { run("return page.evaluate(() => document.activeElement.id || document.activeElement.dataset.action || document.activeElement.tagName)") }
    heading = ->(text) { run("await page.locator(`.detail-title h2:text-is('${argument}')`).waitFor()", text) }

    press.call("/")
    expect(focused.call).to eq("search")
    press.call("2", "Escape", "Escape")
    expect([focused.call, titles.size]).to eq(["list", 3])
    press.call("End")
    heading.call("GET /0")
    press.call("ArrowUp")
    heading.call("GET /1")
    press.call("Enter")
    wait_until("the focus in the details") { focused.call == "panel" }
    press.call("Shift+Tab", "ArrowRight", "ArrowRight")
    expect(focused.call).to eq("tab-event")
    expect(panel).to include("rawPath")
    press.call("Escape")
    expect(focused.call).to eq("list")
    press.call("Tab")
    expect(focused.call).to eq("replay")
    press.call("Enter")
    wait_until("the replay") { function.records.page.size == 4 }
  end

  it "shows the ring of the focus on each element that the Tab key reaches" do
    function.send_http("GET", "https://shop.example/orders")
    visit
    show("GET /orders")
    without = run(<<~JS)
      const missing = [];
      await page.locator('#search').focus();
      for (let step = 0; step < 25; step++) {
        await page.keyboard.press('Tab');
        const it = await page.evaluate(() => {
          const element = document.activeElement;
          const style = getComputedStyle(element);
          return { name: element.outerHTML.slice(0, 80), body: element === document.body, ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
        });
        if (!it.ring && !it.body) missing.push(it.name);
      }
      return missing;
    JS
    expect(without).to eq([])
  end

  it "shows either the list or the details on a narrow screen" do
    function.send_http("GET", "https://shop.example/orders")
    visit(width: 360, height: 740)
    wait_for_titles("GET /orders")
    visible = -> { run("return page.evaluate(() => ['list', 'detail'].map((id) => document.getElementById(id).offsetParent !== null))") }
    expect(visible.call).to eq([true, false])
    show("GET /orders")
    expect(visible.call).to eq([false, true])
    expect(run("return page.evaluate(() => document.documentElement.scrollWidth)")).to be <= 360
    button("Back to the list")
    wait_until("the list") { visible.call == [true, false] }
  end

  it "stops and resumes live updates" do
    visit
    button("Pause live updates")
    function.send_http("GET", "https://shop.example/orders")
    expect(run("return page.innerText('#environment')")).to include("Paused")
    expect(titles).to eq([])
    button("Resume live updates")
    wait_for_titles("GET /orders")
  end

  it "loads everything again when the server has restarted" do
    3.times { function.send_http("GET", "https://shop.example/before") }
    visit
    wait_for_titles("GET /before", "GET /before", "GET /before")
    port = server.port
    server.stop
    run("await page.locator('#environment', { hasText: 'Disconnected' }).waitFor()")
    new_function = InventedFunction.new
    new_function.send_http("GET", "https://shop.example/after")
    restarted = InspectorServer.new(new_function, port: port)
    wait_for_titles("GET /after")
    expected_problems.concat(page.problems.grep(/ERR_/)) # The requests while there was no server.
  ensure
    restarted&.stop
  end

  describe "with 10,000 invocations" do
    before do
      10_000.times do |number|
        record = function.records.start(id: "id-#{number}", kind: :http, integration: :http_api_v2, title: "GET /orders/#{number}", event: "{}", request: nil)
        record.finish(outcome: :response, status: (number % 100).zero? ? 500 : 200, headers: [], payload: "{}")
      end
      visit
      run("await page.waitForFunction(() => document.querySelector('#count').textContent === '10,000 invocations')")
    end

    it "renders only the visible rows, and reaches all of them" do
      expect(rows.size).to be < 40
      run("await page.focus('#list'); await page.keyboard.press('End'); await page.locator(`.detail-title h2:text-is('GET /orders/0')`).waitFor()")
      expect(titles.last).to eq("GET /orders/0")
      expect(rows.size).to be < 40
      run("await page.getByLabel('Errors', { exact: true }).check(); await page.waitForFunction(() => document.querySelector('#count').textContent === '100 of 10,000 invocations')")
    end

    it "keeps the rows that the user reads in their place while new ones come" do
      run("await page.evaluate(() => { document.querySelector('#list').scrollTop = 54 * 500; })")
      wait_until("the rows") { titles.include?("GET /orders/9499") }
      top = lambda do
        run(<<~JS)
          return page.evaluate(() => {
            const { x, y } = document.querySelector('#list').getBoundingClientRect();
            return document.elementFromPoint(x + 200, y + 20).closest('.row')?.querySelector('.row-title').textContent;
          });
        JS
      end
      wait_until("the row") { top.call == "GET /orders/9499" }
      50.times { |number| function.send_http("GET", "https://shop.example/new/#{number}") }
      wait_until("the new rows") { run("return page.evaluate(() => Number(document.querySelector('.row').ariaSetSize) === 10000 && document.querySelector('#list').scrollTop)") >= 54 * 550 }
      expect(top.call).to eq("GET /orders/9499")
    end

    it "keeps no more than the server" do
      5.times { |number| function.send_http("GET", "https://shop.example/new/#{number}") }
      wait_until("the newest row") { titles.first == "GET /new/4" }
      expect(run("return page.innerText('#count')")).to eq("10,000 invocations")
    end
  end

  describe "axe" do
    before do
      function.records.environment(number: 1, state: :ready, init_ms: 800, pid: Process.pid)
      function.send_http("POST", "https://shop.example/orders?page=2&token=abcdef", { "cookie" => "a=abcdef" }, "name=Ada")
      record = function.records.start(id: "stream", kind: :http, integration: :function_url, title: "GET /stream", event: "{}", request: nil)
      record.handed_over(environment: 1, cold: true)
      record.log("WARN: slow")
      record.log("ERROR: failed")
      3.times { record.chunk("chunk") }
      record.finish(outcome: :error, status: 502, headers: [], error: { "errorType" => "Boom", "errorMessage" => "failed", "stackTrace" => ["app.rb:1", "/gems/rack.rb:2"] })
      function.send_http("GET", "https://shop.example/missing")
      function.replay(Lamby::Simulator.sample(:sqs), :sqs)
    end

    %w[light dark].product([1280, 360]).each do |scheme, width|
      it "finds nothing in the list, in #{scheme} colors, #{width} pixels wide" do
        visit(scheme: scheme, width: width)
        wait_until("the rows") { titles.size == 4 }
        expect(run("return axe()")).to eq([])
        run("await page.fill('#search', 'nothing has this'); await page.locator('#list-empty:visible').waitFor()")
        expect(run("return axe()")).to eq([])
        function.records.environment(number: 2, state: :failed, message: "boom", log: "trace")
        run("await page.locator('#banner .failure').waitFor()")
        expect(run("return axe()")).to eq([])
      end

      it "finds nothing in the details, the comparison and the dialogs, in #{scheme} colors, #{width} pixels wide" do
        visit(scheme: scheme, width: width)
        wait_until("the rows") { titles.size == 4 }
        found = run(<<~JS, function.records.page.map(&:id))
          const found = [];
          for (const id of argument) {
            await page.evaluate((it) => { location.hash = `#/${it}`; }, id);
            await page.waitForFunction((it) => document.querySelector('[data-action=save]')?.href.includes(it), id);
            for (const tab of await page.getByRole('tab').all()) {
              await tab.click();
              found.push(...await axe());
            }
          }
          await page.getByRole('button', { name: 'Edit and replay' }).click();
          found.push(...await axe());
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'Send an event' }).click();
          found.push(...await axe());
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'Compare' }).click();
          found.push(...await axe());
          await page.evaluate((ids) => { location.hash = `#/compare/${ids[0]}/${ids[1]}`; }, argument);
          await page.getByRole('heading', { name: 'Comparison' }).waitFor();
          found.push(...await axe());
          return found;
        JS
        expect(found).to eq([])
      end
    end
  end
end

# frozen_string_literal: true

require_relative "browser"

# The inspector's page in a browser, for specs.
class InspectorPage
  # @param url [String]
  # @param browser [Browser]
  def initialize(url, browser = Browser.shared)
    @url = url
    @browser = browser
  end

  # Opens the page, and waits until it gets live updates.
  #
  # @see Browser#open
  def visit(**options)
    @browser.open(@url, **options)
    run("await page.locator('#environment', { hasText: 'Live' }).waitFor()")
  end

  # @see Browser#run
  def run(code, argument = nil) = @browser.run(code, argument)

  # @see Browser#problems
  def problems = @browser.problems

  # @return [Array<Array<String>>] the texts of the rendered rows, from top to bottom
  def rows
    run(<<~JS)
      return page.evaluate(() => [...document.querySelectorAll('#list [role=option]')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
        .map((row) => [...row.children].map((cell) => cell.textContent)));
    JS
  end

  # @return [Array<String>] the titles of the rendered rows
  def titles = rows.map { |row| row[1] }

  # Waits until the rows have these titles.
  def wait_for_titles(*expected)
    Waiting.until("the rows #{expected}", processes: []) { titles == expected }
  end

  # Selects the first row with a text, and a tab.
  def show(title, tab = nil)
    run("await page.locator('#list [role=option]', { hasText: argument }).first().click()", title)
    run("await page.locator(`.detail-title h2:text-is(${JSON.stringify(argument)})`).waitFor()", title)
    tab(tab) if tab
  end

  # Selects a tab.
  #
  # @return [String] its text
  def tab(name)
    run("await page.getByRole('tab', { name: argument }).click()", name)
    panel
  end

  # @return [String] the text of the selected tab's panel
  def panel = run("return page.innerText('#panel')")

  # Clicks a button.
  def button(name) = run("await page.getByRole('button', { name: argument, exact: true }).click()", name)
end

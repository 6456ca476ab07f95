# frozen_string_literal: true

require "json"

# A browser for specs: Debian's Chromium without a window. Playwright controls it, and axe finds what people with
# disabilities could not use. bin/test --slow installs all three.
class Browser
  FOLDER = "#{ENV.fetch("XDG_CACHE_HOME") { File.join(Dir.home, ".cache") }}/lamby/browser".freeze
  private_constant :FOLDER

  # Raised if a script fails in the browser.
  class Failed < StandardError; end

  class << self
    # @return [Browser] the browser of this process
    def shared
      @shared ||= new.tap { |browser| at_exit { browser.close } }
    end

    # @return [Boolean] false if something is missing and LAMBY_SPEC_WITHOUT names it
    # @raise [LoadError]
    def available?
      Requirements.met?("Chromium, Node or Playwright", "browser", "bin/test --slow") { chromium && File.exist?("#{FOLDER}/complete") }
    end

    # @return [String, nil] path of the program
    def chromium
      %w[chromium chromium-browser google-chrome].product(ENV["PATH"].split(":")).map { |name, folder| "#{folder}/#{name}" }.find { |file| File.executable?(file) }
    end
  end

  def initialize
    environment = { "LAMBY_BROWSER" => FOLDER, "CHROMIUM" => self.class.chromium }
    @driver = IO.popen([environment, "node", File.expand_path("driver.mjs", __dir__)], "r+")
  end

  # Opens a page.
  #
  # @param url [String]
  # @param width [Integer]
  # @param height [Integer]
  # @param scheme [String] "light" or "dark"
  # @return [void]
  def open(url, width: 1280, height: 800, scheme: "light")
    call("open", url: url, width: width, height: height, scheme: scheme)
  end

  # Runs JavaScript with Playwright's `page`. `axe()` returns what axe finds.
  #
  # @param code [String] the body of an async function, which returns JSON
  # @param argument [Object] the code sees it as `argument`
  # @return [Object]
  # @raise [Failed]
  # @see https://playwright.dev/docs/api/class-page
  def run(code, argument = nil) = call("run", code: code, argument: argument)

  # @return [Array<String>] errors and warnings of the page since it was opened
  def problems = call("problems")

  # @return [void]
  def close = @driver.close

  private

  def call(command, **options)
    @driver.puts(JSON.generate(command: command, **options))
    line = @driver.gets or raise Failed, "the driver of the browser ended"
    reply = JSON.parse(line)
    reply.key?("error") ? raise(Failed, reply["error"]) : reply["value"]
  end
end

# frozen_string_literal: true

RSpec.describe "lamby open", :slow, :linters do
  include_context "with a deployed stack"

  # Writes a stand-in for a browser, which records the URL. The rest of its code decides how it ends.
  def browser(name = "browser", code = "exit 0")
    FileUtils.mkdir_p("#{@folder}/tools")
    File.write("#{@folder}/tools/#{name}", "#!/bin/sh\necho \"#{name} $*\" >> #{@folder}/opened\n#{code}\n")
    File.chmod(0o755, "#{@folder}/tools/#{name}")
    "#{@folder}/tools/#{name}"
  end

  # Without the variables of this machine's own screen and browser.
  def open_url(*arguments, **env)
    none = { "BROWSER" => nil, "DISPLAY" => nil, "WAYLAND_DISPLAY" => nil, "WSL_DISTRO_NAME" => nil }
    operate("open", *arguments, env: none.merge("PATH" => "#{@folder}/tools:#{credentials["PATH"]}", **env.transform_keys(&:to_s)))
  end

  def opened = File.exist?("#{@folder}/opened") ? File.readlines("#{@folder}/opened", chomp: true) : []

  it "opens the URL in the browser that BROWSER names" do
    deployed("aaaa")
    expect(open_url(BROWSER: browser)).to eq(["Opened https://shop.example/\n", "", 0])
    expect(open_url("/orders?page=2", "--json", BROWSER: browser)[0]).to eq(
      JSON.pretty_generate(stack: "shop-production", url: "https://shop.example/orders?page=2", opened: true) << "\n"
    )
    expect(opened).to eq(["browser https://shop.example/", "browser https://shop.example/orders?page=2"])
  end

  it "opens the URL with xdg-open only if there is a screen" do
    deployed("aaaa")
    browser("xdg-open")
    expect(open_url).to eq(["There is no browser here. Open this URL yourself: https://shop.example/\n", "", 0])
    expect(opened).to eq([])
    expect(open_url(DISPLAY: ":0")[0]).to eq("Opened https://shop.example/\n")
    expect(opened).to eq(["xdg-open https://shop.example/"])
  end

  it "prints the URL if every program fails" do
    deployed("aaaa")
    one = browser("one", "exit 4")
    two = browser("two", "kill -9 $$")
    expect(open_url(BROWSER: "#{one}:#{two}:#{@folder}/missing")[0]).to eq("There is no browser here. Open this URL yourself: https://shop.example/\n")
    expect(opened).to eq(["one https://shop.example/", "two https://shop.example/"])
  end

  it "does not wait for a program that runs until the browser is closed" do
    deployed("aaaa")
    path = browser("blocks", "echo $$ > #{@folder}/pid; exec sleep 600")
    expect(open_url(BROWSER: path)[0]).to eq("Opened https://shop.example/\n")
    pid = File.read("#{@folder}/pid").to_i
    expect(Process.kill("TERM", pid)).to eq(1) # It still ran.
  end

  it "refuses a URL that a program could take for an option" do
    deployed(outputs: { "Url" => "--version" })
    expect(open_url(BROWSER: browser)).to eq(
      ["", "lamby: the output Url of the stack shop-production cannot be opened: \"--version\" is not a URL that begins with http:// or https://\n", 1]
    )
    expect(opened).to eq([])
  end

  it "exits with status 7 if the stack has no URL or does not exist, and with status 2 for several paths" do
    deployed(outputs: { "Other" => "x" })
    expect(open_url.drop(1)).to match([start_with("lamby: the stack shop-production has no output Url (CREATE_COMPLETE)"), 7])
    expect(open_url("--environment", "staging").drop(1)).to match([include("there is no stack shop-staging"), 7])
    expect(open_url("/a", "/b").drop(1)).to match([include("2 paths are given (/a /b): open takes one"), 2])
  end
end

# frozen_string_literal: true

require "pathname"

RSpec.describe "the documentation" do
  root = Pathname(__dir__).parent
  find = ->(*patterns) { Dir.glob(patterns, base: root).sort }
  read = ->(path) { root.join(path).read(encoding: "UTF-8") }
  # Returns a page without its code blocks.
  prose = ->(page) { read.call(page).gsub(/^ *```.*?^ *```/m, "") }
  sources = find.call("lib/**/*.{rb,rake,tt}", "ext/*/src/**/*.rs")

  describe "docs/configuration.md" do
    page = read.call("docs/configuration.md")

    it "names each setting" do
      settings = Lamby::Config.public_instance_methods(false).grep(/[a-z]=\z/).map { |name| name.to_s.delete_suffix("=") }
      expect(settings.reject { |name| page.include?("`#{name}`") }).to eq([])
    end

    it "names each hook" do
      hooks = %w[on_shutdown before_fork after_fork before_snapshot after_restore]
      expect(hooks.reject { |name| page.include?("`#{name} {") }).to eq([])
    end

    it "names each LAMBY_ variable that the gem reads" do
      # In ext/capi, LAMBY_ begins the statuses of the C library.
      variables = sources.grep_v(%r{ext/capi/}).flat_map { |path| read.call(path).scan(/\bLAMBY_[A-Z_]+/) }.uniq
      expect(variables.reject { |name| page.include?("`#{name}`") }).to eq([])
    end
  end

  it "quotes only messages of the gem in docs/troubleshooting.md" do
    # Joins string literals that a backslash continues on the next line, such as "one " \ "two".
    code = sources.map { |path| read.call(path) }.join("\n").gsub(/"\s*\\\n\s*"/, "").gsub(/\\\n\s*/, "").gsub(/\\(["\\])/, '\1')
    words = /[\w'@:.-]+/
    # The code may interpolate values between a message's words, so three consecutive words are enough for a match.
    triples = code.scan(words).each_cons(3).to_h { |three| [three, true] }

    # The first section is about problems without a message.
    tables = read.call("docs/troubleshooting.md").split(/^## /).drop(2).join.lines.grep(/^\| .*`/)
    messages = tables.flat_map { |row| row.split(" | ").find { |cell| cell.include?("`") }.scan(/`([^`]+)`/).flatten }
    unknown = messages.reject do |message|
      code.include?(message) || message.scan(words).each_cons(3).any? { |three| triples.key?(three) }
    end
    expect(unknown).to eq([])
  end

  it "names only existing files in docs/architecture.md" do
    files = find.call("{lib,ext,exe,spec}/**/*")
    walks = read.call("docs/architecture.md").scan(/^```text\n(.*?)^```/m).join.scan(%r{[\w/]+\.rs\b|[\w/]+\.rb\b})
    named = walks + prose.call("docs/architecture.md").scan(%r{`((?:lib|ext|spec|exe)/[\w./-]+)`}).flatten
    expect(named.uniq.reject { |name| files.any? { |file| "/#{file}".end_with?("/#{name}") } }).to eq([])
  end

  it "has no broken links" do
    # Derives a heading's anchor as GitHub does.
    anchor = ->(heading) { heading.gsub(/\[([^\]]*)\]\([^)]*\)/, '\1').downcase.gsub(/[^\p{L}\p{N}\s_-]/, "").strip.gsub(/\s/, "-") }
    anchors = Hash.new { |all, page| all[page] = prose.call(page).scan(/^#+ (.*)$/).flatten.map(&anchor) }
    broken = find.call("*.md", "docs/**/*.md", "{bench,fuzz,spec}/**/*.md").flat_map do |page|
      links = prose.call(page).scan(/\]\(([^)\s]+)\)/).flatten.grep_v(/\Ahttps?:/).reject do |link|
        path, fragment = link.split("#", 2)
        target = path.empty? ? page : Pathname(page).dirname.join(path).cleanpath.to_s
        root.join(target).exist? && (fragment.nil? || anchors[target].include?(fragment))
      end
      links.map { |link| "#{page}: #{link}" }
    end
    expect(broken).to eq([])
  end
end

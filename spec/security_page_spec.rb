# frozen_string_literal: true

RSpec.describe "docs/security.md" do
  root = File.expand_path("..", __dir__)
  page = File.read(File.join(root, "docs/security.md"), encoding: "UTF-8")
  guarantees = page.lines.grep(/\A\| Lamby guarantees/).size

  it "has tables of guarantees" do
    expect(guarantees).to be > 5
  end

  page.scan(%r{`((?:spec|ext|fuzz|\.github)/[\w./-]+\.\w+)`}).flatten.uniq.each do |path|
    it "refers to a file that exists: #{path}" do
      expect(File).to exist(File.join(root, path))
    end
  end

  page.scan(/`(spec\S+\.rb)`: ("[^"|]+"(?:, "[^"|]+")*)/).each do |path, names|
    names.scan(/"([^"]+)"/).flatten.each do |name|
      it "quotes the name of an example that exists in #{path}: #{name}" do
        expect(File.read(File.join(root, path), encoding: "UTF-8")).to include(%("#{name}))
      end
    end
  end
end

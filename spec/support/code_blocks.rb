# frozen_string_literal: true

require "pathname"
require "psych"

# Reads the code blocks of README.md and the pages in docs/, and adds blocks of YAML to a template.
module CodeBlocks
  # A code block: its page, its first line's number, its language, whether it has the mark no_run, and its text.
  Block = Struct.new(:page, :line, :language, :no_run, :text) do
    def to_s = "#{page}:#{line}"

    # @return [Array<String>] the integrations and the key path that the first line of a block of YAML names; empty if
    #   it names none
    def place
      integrations, under = text[/\A# template\.yaml(?: \(([\w, ]+)\))?, under (.*)$/] && [$1, $2]
      under ? [integrations.to_s.split(", "), path(under)] : []
    end

    private

    def path(under)
      case under
      when "Resources", "Conditions", "Outputs" then [under]
      when "the function's Properties" then %w[Resources Function Properties]
      when /\Athe function's (\w+)\z/ then ["Resources", "Function", "Properties", $1]
      when /\A(\w+)'s Properties\z/ then ["Resources", $1, "Properties"]
      else raise ArgumentError, "#{self} names an unknown place: #{under}"
      end
    end
  end

  ROOT = Pathname(__dir__).parent.parent
  private_constant :ROOT

  class << self
    # @param languages [Array<String>]
    # @return [Array<Block>] all blocks in these languages
    def in(*languages)
      pages = ["README.md", *Dir.glob("docs/*.md", base: ROOT).sort]
      pages.flat_map do |page|
        ROOT.join(page).read(encoding: "UTF-8").to_enum(:scan, /^( *)```(\w+)( no_run)?\n(.*?)^ *```$/m).filter_map do
          match = Regexp.last_match
          next unless languages.include?(match[2])

          Block.new(page, match.pre_match.count("\n") + 2, match[2], !match[3].nil?, match[4].gsub(/^#{match[1]}/, ""))
        end
      end
    end

    # Merges blocks of YAML into a template, and keeps CloudFormation's tags, such as !Ref.
    #
    # @param template [String]
    # @param blocks [Array<Block>]
    # @return [String]
    def merge(template, blocks)
      stream = Psych.parse_stream(template)
      blocks.each do |block|
        target = block.place.last.inject(stream.children.first.root) { |mapping, key| value(mapping, key) || add(mapping, key) }
        merge_mappings(target, Psych.parse(block.text).root)
      end
      stream.to_yaml
    end

    private

    def value(mapping, key)
      mapping.children.each_slice(2) { |name, value| return value if name.value == key }
      nil
    end

    def add(mapping, key)
      Psych::Nodes::Mapping.new.tap { |value| mapping.children.push(Psych::Nodes::Scalar.new(key), value) }
    end

    def merge_mappings(target, source)
      source.children.each_slice(2) do |name, new|
        old = value(target, name.value)
        if old.is_a?(Psych::Nodes::Mapping) && old.tag.nil? then merge_mappings(old, new)
        elsif old then target.children[target.children.index(old)] = new
        else target.children.push(name, new)
        end
      end
    end
  end
end

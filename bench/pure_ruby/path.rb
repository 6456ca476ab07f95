# frozen_string_literal: true

module PureRuby
  # Escapes paths, and separates the stage and a custom domain's base path from the application's path.
  module Path
    ILLEGAL = %r{[^0-9A-Za-z\-._~/:@!$&'()*+,;=%]|%(?!\h\h)}n
    NO_STAGE = ["$default", ""].freeze

    module_function

    # Escapes the bytes that are illegal in a path. Keeps valid escapes.
    def restore(path)
      path = "/#{path}" unless path.start_with?("/")
      bytes = path.ascii_only? ? path : path.b
      bytes.match?(ILLEGAL) ? bytes.gsub(ILLEGAL) { |byte| format("%%%02X", byte.ord) } : bytes
    end

    # Returns SCRIPT_NAME and PATH_INFO. The part of the path before the matched route is the stage or a base path.
    # Without a route, only the stage can be recognised.
    def split(path, template: nil, greedy: nil, stage: nil)
      stage = nil if NO_STAGE.include?(stage)
      return ["", path] if path == template || (template.nil? && stage.nil?)

      segments = segments(path)
      leading = leading(segments, template, greedy) if template
      staged = !stage.nil? && segments.first == stage
      stages = staged && leading != 0 ? 1 : 0
      path = cut(path, stages).last
      script_name, path_info = cut(path, leading ? leading - stages : 0)
      [script_name, path_info.empty? ? "/" : path_info]
    end

    # Returns the number of segments before those of the route, or nil if this number is not known.
    def leading(segments, template, greedy)
      expected = segments(template)
      if template.end_with?("+}")
        return unless greedy

        expected = expected[0...-1].concat(segments(greedy))
      end
      leading = segments.size - expected.size
      return if leading.negative?

      leading if expected.each_with_index.all? do |segment, index|
        (segment.start_with?("{") && segment.end_with?("}")) || same?(segment, segments[leading + index])
      end
    end

    def same?(one, other)
      one == other || unescape(one) == unescape(other)
    end

    def unescape(segment)
      segment.b.gsub(/%\h\h/) { |escape| escape[1, 2].hex.chr }
    end

    def segments(path)
      path.split("/").reject(&:empty?)
    end

    # Cuts the path after this many segments.
    def cut(path, count)
      return ["", path] if count.zero?

      head = path[%r{\A(?:/*[^/]+){#{count}}}]
      head ? [head, path.delete_prefix(head)] : ["", path]
    end
  end
end

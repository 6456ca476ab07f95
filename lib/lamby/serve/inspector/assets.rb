# frozen_string_literal: true

require "lamby/serve/inspector/response"

module Lamby
  module Serve
    class Inspector
      # Serves the files of the page. It serves only the names that are in the folder, so a path such as "../" finds
      # nothing.
      #
      # @api private
      module Assets
        FOLDER = File.expand_path("assets", __dir__)
        TYPES = { ".html" => "text/html", ".css" => "text/css", ".js" => "text/javascript", ".svg" => "image/svg+xml" }.freeze
        FILES = Dir.children(FOLDER).select { |name| TYPES.key?(File.extname(name)) }.freeze
        private_constant :FOLDER, :TYPES, :FILES

        # @param name [String] such as "inspector.css"
        # @return [Array, nil] a Rack response; nil if there is no such file
        def self.call(name)
          return unless FILES.include?(name)

          body = File.read("#{FOLDER}/#{name}", encoding: "UTF-8")
          Response.text(200, "#{TYPES.fetch(File.extname(name))}; charset=utf-8", body, "cache-control" => "no-cache")
        end
      end
    end
  end
end

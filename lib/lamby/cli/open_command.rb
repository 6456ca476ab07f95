# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby open`: opens the application's URL in a browser.
    class OpenCommand < StackCommand
      private

      def about
        ["open [PATH]", <<~TEXT]
          Opens the application's URL in a browser. If there is no browser, as on a server, prints the URL.
          The variable BROWSER names the program that opens the URL.
        TEXT
      end

      def examples = "lamby open\nlamby open /orders --environment staging\n"

      def check_arguments
        raise UsageError, "#{@arguments.size} paths are given (#{@arguments.join(" ")}): open takes one" if @arguments.size > 1
      end

      def run
        url = waiting("Reading #{stack.name}") { stack.url } or
          raise Deployment::Failure.new(:missing, "the stack #{stack.name} has no output Url (#{stack.status}): " \
                                                  "run bin/deploy, and read why it fails")
        url = "#{url.chomp("/")}/#{@arguments.first.delete_prefix("/")}" if @arguments.any?
        opened = Browser.open(url)
        return print_json(stack: stack.name, url: url, opened: opened) if @json

        out.puts opened ? "Opened #{url}" : "There is no browser here. Open this URL yourself: #{url}"
        0
      rescue ArgumentError => e
        raise Deployment::Failure.new(:failed, "the output Url of the stack #{stack.name} cannot be opened: #{e.message}")
      end
    end
  end
end

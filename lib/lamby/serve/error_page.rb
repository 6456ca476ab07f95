# frozen_string_literal: true

require "erb"

module Lamby
  module Serve
    # The page that a browser shows in place of an integration's own response, if an invocation failed. It says what was
    # wrong. Other clients get the integration's response.
    class ErrorPage
      STYLE = <<~CSS
        :root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --code: #f6f8fa; --error: #b42318; --page: #fff; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #f0f6fc; --muted: #9198a1; --line: #3d444d; --code: #151b23; --error: #ff8a80; --page: #0d1117; }
        }
        body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 0 auto; padding: 2rem 1rem; max-width: 60rem; }
        h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .5rem; overflow-wrap: anywhere; }
        h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
        p { margin: .5rem 0; overflow-wrap: anywhere; }
        .kind { color: var(--error); font-weight: 600; margin: 0 0 .25rem; }
        .muted { color: var(--muted); }
        pre { font: 13px/1.5 ui-monospace, monospace; background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow: auto; max-height: 30rem; margin: 0; }
      CSS
      private_constant :STYLE

      # The headers of the page. It contains what the application has printed, so it must not load or run anything.
      HEADERS = [
        ["content-type", "text/html; charset=utf-8"], ["cache-control", "no-store"], ["x-content-type-options", "nosniff"],
        ["content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]
      ].freeze

      # @param integration [Symbol]
      # @param title [String] the request, such as "GET /orders"
      # @param outcome [Outcome]
      # @param status [Integer] the status that clients get
      # @param body [String] the body that clients get from the integration
      def initialize(integration, title, outcome, status, body)
        @integration = integration
        @title = title
        @outcome = outcome
        @status = status
        @body = body
      end

      # @return [String] HTML
      def to_s
        <<~HTML
          <!DOCTYPE html>
          <html lang="en">
          <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>#{h(@status)} #{h(kind)}</title>
          <style>
          #{STYLE}</style>
          </head>
          <body>
          <main>
          <p class="kind">#{h(kind.sub(/\A\w/, &:upcase))}</p>
          <h1>#{h(@outcome.summary)}</h1>
          <p class="muted">#{h(@title)}</p>
          #{section("Stack trace", trace)}#{section("Output of the process", @outcome.log)}#{section("What other clients get: #{@integration}, status #{@status}", @body)}</main>
          </body>
          </html>
        HTML
      end

      private

      def kind = Outcome::KINDS.fetch(@outcome.kind)

      def trace
        lines = Array(@outcome.error && @outcome.error["stackTrace"])
        lines.join("\n") unless lines.empty?
      end

      def section(title, text)
        return "" if text.to_s.strip.empty?

        # A scrollable region needs a tab stop, so that it can be scrolled with the keyboard.
        "<h2>#{h(title)}</h2>\n<pre tabindex=\"0\">#{h(text)}</pre>\n"
      end

      def h(text) = ERB::Util.html_escape(text.to_s)
    end
  end
end

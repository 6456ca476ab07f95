# frozen_string_literal: true

module Lamby
  module CLI
    # Opens a URL in the user's browser.
    module Browser
      # The programs that open a URL with the browser that the user has chosen: on Linux, and on Windows' Linux.
      LINUX = %w[xdg-open wslview].freeze
      # Without one of these variables, there is no screen. Then xdg-open would start a browser in the terminal.
      SCREENS = %w[DISPLAY WAYLAND_DISPLAY WSL_DISTRO_NAME].freeze
      # Seconds to wait for a program to fail. Some programs run until the browser is closed.
      PATIENCE = 3
      private_constant :LINUX, :SCREENS, :PATIENCE

      class << self
        # @param url [String] must begin with http:// or https://
        # @return [Boolean] false if there is no browser, or if no program could open the URL
        # @raise [ArgumentError] for another URL, which a program could take for an option or a file
        def open(url)
          raise ArgumentError, "#{url.inspect} is not a URL that begins with http:// or https://" unless url.match?(%r{\Ahttps?://})

          programs.any? { |program| start(program, url) }
        end

        private

        # Development containers set BROWSER to a program that opens the URL on the user's own machine.
        def programs
          chosen = ENV.fetch("BROWSER", "").split(":").reject(&:empty?)
          return [*chosen, "open"] if RbConfig::CONFIG["host_os"].include?("darwin")

          chosen + (SCREENS.any? { |name| !ENV.fetch(name, "").empty? } ? LINUX : [])
        end

        # Starts a program, which may run longer than this process.
        def start(program, url)
          pid = Process.spawn([program, program], url, in: File::NULL, out: File::NULL, err: File::NULL, pgroup: true)
          thread = Process.detach(pid)
          thread.join(PATIENCE).nil? || thread.value.success?
        rescue SystemCallError # There is no such program.
          false
        end
      end
    end
  end
end

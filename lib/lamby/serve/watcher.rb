# frozen_string_literal: true

require "find"

module Lamby
  module Serve
    # Watches the files of the application. It uses the gem listen if the application's bundle has it, and polls otherwise.
    class Watcher
      # Folders that contain no code of the application.
      IGNORED = %w[.git .bundle .aws-sam coverage log node_modules storage tmp vendor/bundle public/assets public/packs].freeze
      # The files that the application may read when it starts.
      NAMES = %w[.rb .ru .rake .yml .yaml .json .erb .haml .slim .jbuilder .lock .env Gemfile .ruby-version .tt .sql .html .md].freeze
      # Seconds between two polls.
      INTERVAL = 0.5
      private_constant :IGNORED, :NAMES, :INTERVAL

      # @param folder [String]
      # @param console [Console]
      # @yieldparam paths [Array<String>] the files that changed, relative to the folder
      def initialize(folder, console, &changed)
        @folder = folder
        @console = console
        @changed = changed
      end

      # Begins to watch.
      #
      # @return [void]
      def start
        require "listen"
        listen
      rescue LoadError
        poll
      rescue SystemCallError, ::Listen::Error => e
        @console.warn("the gem listen failed, so lamby serve compares the files twice a second: #{e.message}")
        poll
      end

      # @return [void]
      def stop
        @thread&.kill
        @listener&.stop
      end

      private

      def listen
        ignored = IGNORED.map { |folder| %r{\A#{Regexp.escape(folder)}(?:/|\z)} }
        listener = Listen.to(@folder, ignore: ignored, wait_for_delay: 0.1) do |modified, added, removed|
          report((modified + added + removed).map { |path| path.delete_prefix("#{@folder}/") })
        end
        listener.start
        @listener = listener
      end

      def poll
        @files = files
        @thread = Thread.new do
          loop do
            sleep INTERVAL
            now = files
            changed = (now.to_a - @files.to_a).map(&:first) | (@files.keys - now.keys)
            @files = now
            report(changed)
          end
        end
      end

      def report(paths)
        paths = paths.select { |path| watched?(path) }
        @changed.call(paths.sort) if paths.any?
      end

      def watched?(path) = path.end_with?(*NAMES) || File.basename(path).start_with?(".env")

      # Returns the time of modification and the size of each file.
      def files
        found = {}
        Find.find(@folder) do |path|
          relative = path.delete_prefix("#{@folder}/")
          stat = File.lstat(path)
          Find.prune if stat.directory? && IGNORED.include?(relative)
          found[relative] = [stat.mtime, stat.size] if stat.file? && watched?(relative)
        rescue SystemCallError
          next # The file was removed, or nobody may read it.
        end
        found
      rescue Errno::ENOENT
        {} # The application's folder was removed.
      end
    end
  end
end

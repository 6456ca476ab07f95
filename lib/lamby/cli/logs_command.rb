# frozen_string_literal: true

require "time"

module Lamby
  module CLI
    # `lamby logs`: prints the function's log.
    class LogsCommand < StackCommand
      UNITS = { "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400 }.freeze
      # Seconds between two polls of --follow.
      INTERVAL = 2
      # How far back the log of one request is searched, in seconds.
      DAY = 86_400
      private_constant :UNITS, :INTERVAL, :DAY

      private

      def about
        ["logs", "Prints the function's log of the last 10 minutes.\n"]
      end

      def examples
        <<~TEXT
          lamby logs --follow
          lamby logs --errors --since 2h
          lamby logs --request 8f507cfc-xmpl-4697-b07a-ac58fc914c95
        TEXT
      end

      # Ctrl-C is the way to end --follow.
      def statuses
        "#{Deployment::Failure::HELP.sub("130 if Ctrl-C ended the command, ", "")}Ctrl-C ends the command with status 0.\n"
      end

      def add_options(options)
        options.on("-f", "--follow", "Wait for new records, until Ctrl-C") { @follow = true }
        options.on("--request ID", "Only the records of this request, of the last day") { |id| @request = request(id) }
        options.on("--errors", "Only errors: of the application, and timeouts and crashes") { @errors = true }
        options.on("--since TIME", "Begin at this time, or so long ago: 30s, 10m, 2h, 1d (10m)") { |text| @since = since(text) }
      end

      # A request id is a part of CloudWatch's filter, in which a quotation mark would end it.
      def request(id)
        return id if id.match?(/\A[\w-]+\z/)

        raise UsageError, "#{id.inspect} is not a request id, such as 8f507cfc-xmpl-4697-b07a-ac58fc914c95"
      end

      def since(text)
        return Time.now - (Regexp.last_match(1).to_i * UNITS[Regexp.last_match(2)]) if text.match(/\A(\d+)([smhd])\z/)

        Time.parse(text)
      rescue ArgumentError
        raise UsageError, "--since is #{text.inspect}, and has to be a time, or a number with s, m, h or d, such as 10m"
      end

      def run
        log = Deployment::Log.new(stack, since: @since || (Time.now - (@request ? DAY : 600)), request: @request, errors: @errors)
        records = waiting("Reading the log of #{stack.name}") { log.read }
        show(records)
        return nothing if records.empty? && !@follow

        while @follow
          sleep INTERVAL
          show(log.read)
        end
        0
      rescue Interrupt
        0
      end

      def show(records)
        records.each { |record| out.puts(@json ? JSON.generate(record) : LogRecord.new(record, terminal).to_s) }
        out.flush
      end

      def nothing
        $stderr.puts "lamby: the log has no such records#{"; --since 1d searches a whole day" unless @since || @request}"
        0
      end
    end
  end
end

# frozen_string_literal: true

module Lamby
  module Testing
    class RuntimeAPI
      # Describes the exchanges of a Runtime API: see {RuntimeAPI#report}.
      #
      # @api private
      class Report
        def initialize(address, exchanges, polls, invocations, pending)
          @address = address
          @exchanges = exchanges
          @polls = polls
          @invocations = invocations
          @pending = pending
        end

        # @return [String] several lines
        def to_s
          [
            "Runtime API at #{@address}: #{@exchanges.size} exchanges",
            *@exchanges.map { |it| "  connection #{it.connection}: #{it.method} #{it.path} -> #{it.status || "no reply"}" },
            "Polls that wait: #{@polls.empty? ? "none" : @polls.map { |it| "connection #{it.connection}" }.join(", ")}",
            "Invocations without a response: #{unanswered.size}",
            *unanswered.map { |it| "  #{it.request_id}: #{state(it)}" }
          ].join("\n")
        end

        private

        def unanswered = @invocations.select { |it| it.answers.empty? }

        def state(invocation)
          return "waits for a poll" if @pending.include?(invocation)
          return "taken by a fault" if invocation.handed_to.empty?

          begun = ", which has sent a part of a streamed response" if invocation.begun?
          "handed to connection #{invocation.handed_to.join(", ")}#{begun}"
        end
      end
    end
  end
end

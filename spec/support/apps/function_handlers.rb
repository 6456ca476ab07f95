# frozen_string_literal: false

require "stringio"
def top(event:, context:) = { "got" => event, "id" => context.aws_request_id }

module Shop
  class Orders
    def self.process(event:, context:)
      case event["want"]
      when "io" then StringIO.new("raw \xFF bytes".b)
      when "nil" then nil
      when "text" then "text"
      else event.fetch("missing")
      end
    end
  end
end

# frozen_string_literal: true

module Bench
  # The adapters to compare. Each has two methods: `hash` takes the event as a Hash and returns the payload as a Hash,
  # and `bytes` takes and returns JSON.
  module Adapters
    Context = Struct.new(:aws_request_id)
    CONTEXT = Context.new("8476a536-e9f4-11e8-9739-2dfe598c3fcd")

    # Parses JSON to a Hash and generates JSON from a Hash, as AWS's Ruby client does around a handler.
    # https://github.com/aws/aws-lambda-ruby-runtime-interface-client (AwsLambda::Marshaller)
    module ThroughHash
      def bytes(app, json)
        JSON.generate(hash(app, JSON.parse(json)))
      end
    end

    # This version of the gem.
    class Native
      def initialize
        require "lamby"
      end

      def title
        "Lamby"
      end

      def name
        "#{title} #{Lamby::VERSION}"
      end

      def hash(app, event)
        Lamby.handler(app, event, CONTEXT)
      end

      def bytes(app, json)
        Lamby.handler(app, json, CONTEXT)
      end
    end

    # The pure-Ruby adapter in bench/pure_ruby.
    class Pure
      include ThroughHash

      def initialize
        require_relative "pure_ruby"
      end

      def title
        "pure Ruby"
      end
      alias name title

      def hash(app, event)
        PureRuby.handler(app, event, CONTEXT)
      end
    end

    # Another gem with a `Lamby.handler`: lamby 6, or another version of this gem.
    class Peer < Native
      def initialize
        super
        extend(ThroughHash) unless takes_bytes?
      end

      def title
        "lamby #{Lamby::VERSION}"
      end
      alias name title

      private

      def takes_bytes?
        bytes(->(_env) { [200, {}, []] }, Events.json(:http_api_v2)).is_a?(String)
      rescue StandardError
        false
      end
    end

    KINDS = { "native" => Native, "pure" => Pure, "peer" => Peer }.freeze
  end
end

# frozen_string_literal: true

require "json"
require "yaml"

module Lamby
  module Serve
    # The schedules and the queue in the application's SAM template.
    #
    # @see https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html
    class Template
      # The names of the file, in the order in which SAM looks for them.
      FILES = %w[template.yaml template.yml template.json].freeze
      # The property with the expression, for each type of an event source or a resource.
      SCHEDULES = {
        "Schedule" => "Schedule", "ScheduleV2" => "ScheduleExpression", "AWS::Events::Rule" => "ScheduleExpression",
        "AWS::Scheduler::Schedule" => "ScheduleExpression"
      }.freeze
      private_constant :FILES, :SCHEDULES

      # Raised if the file is not a template.
      class Malformed < StandardError; end

      # @param folder [String] the application's folder
      # @return [Template] of the first file; without a file, a template that is empty
      # @raise [Malformed]
      def self.of(folder)
        file = FILES.map { |name| File.join(folder, name) }.find { |path| File.file?(path) }
        file ? new(File.read(file, encoding: "UTF-8"), File.basename(file)) : new("{}", FILES.first)
      end

      # @param text [String] YAML
      # @param name [String] the file's name, for messages
      # @raise [Malformed]
      def initialize(text, name)
        # CloudFormation's tags, such as !Ref, are left out: their arguments are not needed here.
        template = YAML.safe_load(text, aliases: true, permitted_classes: [Date, Time])
        @resources = hash(hash(template)["Resources"])
      rescue Psych::Exception => e
        raise Malformed, "#{name} is not YAML: #{e.message}"
      end

      # @return [Array<Hash{Symbol => String}>] `name`, `expression`, such as "rate(1 hour)", and `event`, which is JSON
      def schedules
        sources.filter_map do |name, type, properties|
          expression = properties[SCHEDULES[type]] if SCHEDULES.key?(type)
          { name: name, expression: expression, event: input(properties) || Simulator.sample(:schedule) } if expression.is_a?(String)
        end
      end

      # @return [Hash{Symbol => Object}, nil] the settings of the first event source that is a queue: `batch_size` and
      #   `report_failures`; nil without one
      # @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
      def queue
        _, _, properties = sources.find { |_, type, _| %w[SQS AWS::Lambda::EventSourceMapping].include?(type) }
        return unless properties

        size = Integer(properties["BatchSize"] || 10, exception: false) || 10
        { batch_size: size, report_failures: Array(properties["FunctionResponseTypes"]).include?("ReportBatchItemFailures") }
      end

      private

      # Returns name, type and properties of each event source, and of each resource.
      def sources
        @resources.flat_map do |name, resource|
          resource = hash(resource)
          properties = hash(resource["Properties"])
          events = hash(properties["Events"]).map { |event, source| [event, hash(source)["Type"], hash(hash(source)["Properties"])] }
          [[name, resource["Type"], properties], *events]
        end
      end

      # Returns the event that the template names in place of EventBridge's own.
      def input(properties)
        targets = [properties, properties["Target"], *Array(properties["Targets"])]
        text = targets.filter_map { |target| hash(target)["Input"] }.first
        text if text.is_a?(String) && JSON.parse(text)
      rescue JSON::ParserError
        nil # CloudFormation's functions make the text.
      end

      def hash(value) = value.is_a?(Hash) ? value : {}
    end
  end
end

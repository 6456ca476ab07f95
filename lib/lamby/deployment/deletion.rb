# frozen_string_literal: true

module Lamby
  module Deployment
    # The deletion of a stack.
    class Deletion
      # Seconds between two looks at the stack.
      INTERVAL = 3
      private_constant :INTERVAL

      # A resource of the stack.
      #
      # @!attribute name
      #   @return [String] the logical name, such as "Function"
      # @!attribute type
      #   @return [String] such as "AWS::Lambda::Function"
      # @!attribute id
      #   @return [String] the physical id
      Resource = Struct.new(:name, :type, :id, keyword_init: true)

      # @param stack [Stack]
      def initialize(stack)
        @stack = stack
      end

      # @return [Array<Resource>] what CloudFormation deletes
      def deleted = resources - kept

      # Returns what the template tells CloudFormation to keep. SAM marks versions so, but they end with their function.
      #
      # @return [Array<Resource>]
      # @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
      def kept
        @kept ||= begin
          retained = template.fetch("Resources", {}).select { |_name, it| it["DeletionPolicy"].to_s.start_with?("Retain") }
          resources.select { |it| retained.key?(it.name) && it.type != "AWS::Lambda::Version" }
        end
      end

      # @return [Integer, nil] the number of images in the stack's repository, which is not a part of the stack; nil if
      #   there is no repository
      def images
        @stack.aws.find("ecr", "describe-images", "--repository-name", @stack.name)&.fetch("imageDetails")&.size
      end

      # Deletes the stack, and waits until it is deleted.
      #
      # @return [void]
      # @raise [Failure] if CloudFormation cannot delete it
      def run
        id = @stack.id # CloudFormation finds a deleted stack only by its id.
        started = Time.now.utc
        @stack.aws.call("cloudformation", "delete-stack", "--stack-name", id)
        loop do
          state, reason = state(id)
          return if state == "DELETE_COMPLETE"
          raise failure(id, started, reason) if state == "DELETE_FAILED"

          sleep INTERVAL
        end
      end

      private

      def resources
        @resources ||= call("list-stack-resources").fetch("StackResourceSummaries").filter_map do |it|
          next if it["ResourceStatus"] == "DELETE_COMPLETE"

          Resource.new(name: it["LogicalResourceId"], type: it["ResourceType"], id: it["PhysicalResourceId"])
        end
      end

      # Returns the template as SAM has transformed it, which is JSON. The AWS CLI returns YAML as a String.
      def template
        body = call("get-template", "--template-stage", "Processed")["TemplateBody"]
        body.is_a?(Hash) ? body : {}
      end

      def call(operation, *arguments, id: @stack.id)
        @stack.aws.call("cloudformation", operation, "--stack-name", id, *arguments)
      end

      def state(id)
        stack = @stack.aws.find("cloudformation", "describe-stacks", "--stack-name", id)&.dig("Stacks", 0)
        stack ? stack.values_at("StackStatus", "StackStatusReason") : "DELETE_COMPLETE"
      end

      def failure(id, started, reason)
        events = call("describe-stack-events", id: id).fetch("StackEvents")
        events.select! { |it| it["ResourceStatus"] == "DELETE_FAILED" && it["PhysicalResourceId"] != id }
        events.select! { |it| Time.parse(it["Timestamp"]) >= started - 1 } # An earlier deletion may have failed, too.
        lines = events.map { |it| "  #{it["LogicalResourceId"]} (#{it["ResourceType"]}): #{it["ResourceStatusReason"]}" }.uniq
        lines = ["  #{reason}"] if lines.empty? && reason
        message = "CloudFormation cannot delete #{@stack.name}: correct the cause, then run \"lamby delete\" again"
        Failure.new(:failed, [message, *lines].join("\n"))
      end
    end
  end
end

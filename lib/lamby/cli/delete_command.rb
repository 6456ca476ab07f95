# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby delete`: deletes the stack that bin/deploy has made.
    class DeleteCommand < StackCommand
      # Says more about resources whose loss may surprise.
      NOTES = {
        "AWS::Lambda::Function" => "with all its versions",
        "AWS::Logs::LogGroup" => "with the whole log",
        "AWS::SecretsManager::Secret" => "a new one makes all cookies and signed links invalid"
      }.freeze
      private_constant :NOTES

      private

      def about
        ["delete", <<~TEXT]
          Deletes the stack that bin/deploy has made, and waits until it is deleted. Before, it lists what it
          deletes and what it keeps, and asks for the stack's name.
        TEXT
      end

      def examples = "lamby delete --environment staging\nlamby delete --environment staging --yes shop-staging\n"

      def add_options(options)
        options.on("--yes STACK", "Do not ask, if this is the stack's name") { |name| @yes = name }
      end

      def run
        check_confirmation
        deletion = Deployment::Deletion.new(stack)
        waiting("Reading the resources of #{stack.name}") { [stack.status, deletion.deleted, deletion.kept, images(deletion)] }
        describe(deletion)
        return declined unless @yes || confirmed?

        waiting("Deleting #{stack.name}, which takes some minutes") { delete(deletion) }
        return print_json(json(deletion)) if @json

        out.puts "#{terminal.color(stack.name, :bold)} is deleted."
        0
      end

      # Checks that something can confirm the deletion, before the command calls AWS.
      def check_confirmation
        name = @stack_name || Deployment::Project.new.stack_name(@environment)
        raise UsageError, "--yes is #{@yes.inspect}, but the stack is #{name.inspect}: nothing was deleted" if @yes && @yes != name
        raise UsageError, "delete asks for the stack's name, but there is no terminal: add --yes #{name}" if @yes.nil? && !$stdin.tty?
      end

      # Prints to standard error, so that --json prints only JSON to standard output.
      def describe(deletion)
        $stderr.puts "This deletes #{stack.name} in #{stack.aws.region}, account #{stack.account}:", *lines(deletion.deleted)
        $stderr.puts "It keeps:", *lines(deletion.kept), *repository(deletion),
                     "  what is not a part of the stack, such as databases, buckets and parameters"
      end

      def lines(resources)
        width = resources.map { |it| it.name.size }.max
        resources.sort_by { |it| [it.type, it.name] }.map do |it|
          note = ", #{NOTES[it.type]}" if NOTES.key?(it.type)
          "  #{it.name.ljust(width)}  #{it.type}#{note}"
        end
      end

      def images(deletion)
        @images ||= deletion.images
      end

      def repository(deletion)
        count = images(deletion) or return
        ["  the repository #{stack.name} with #{count} image#{"s" unless count == 1}. To delete it, too:",
         "    aws ecr delete-repository --repository-name #{stack.name} --force"]
      end

      def confirmed?
        $stderr.print "Type the stack's name to delete it: "
        $stdin.gets.to_s.strip == stack.name
      end

      def declined
        $stderr.puts "lamby: this is not the stack's name: nothing was deleted"
        1
      end

      def delete(deletion)
        deletion.run
      rescue Interrupt
        $stderr.puts "lamby: CloudFormation goes on with the deletion of #{stack.name}: \"lamby status\" shows its state"
        raise
      end

      def json(deletion)
        { stack: stack.name, region: stack.aws.region, account: stack.account, deleted: deletion.deleted.map(&:to_h),
          kept: deletion.kept.map(&:to_h), images: @images }
      end
    end
  end
end

# frozen_string_literal: true

module Lamby
  module Scaffold
    # What the user has to know and do after the generator has written the files.
    class NextSteps
      SQLITE = <<~TEXT
        This application uses SQLite. Lambda's file system is read-only, so the application can read the database, but
        each write fails. "bin/deploy" puts the file %<file>s into the image. To write, use a
        database server:

            bundle add pg && bundle exec lamby install --database postgresql
            bundle add mysql2 && bundle exec lamby install --database mysql
      TEXT
      # Who can send requests, for each integration.
      PUBLIC = {
        "function_url" => "The Function URL is public, in production and in staging: everybody who knows the URL can send requests.\n" \
                          "With --auth iam, only AWS identities can. A browser then needs CloudFront, which signs its requests.",
        "http_api" => "The HTTP API is public, in production and in staging: everybody who knows its URL can send requests.",
        "rest_api" => "The REST API is public, in production and in staging: everybody who knows its URL can send requests.",
        "alb" => "The load balancer is public, in production and in staging: everybody can send requests.\n" \
                 "With --internal, only clients in your network can."
      }.freeze
      IAM = "The Function URL is not public: only AWS identities with the permissions lambda:InvokeFunctionUrl and\n" \
            "lambda:InvokeFunction can send requests. A browser needs CloudFront, which signs its requests."
      INTERNAL = "The load balancer is not public: only clients in your network can send requests."
      private_constant :SQLITE, :PUBLIC, :IAM, :INTERNAL

      # @param settings [Settings]
      def initialize(settings)
        @settings = settings
      end

      # @return [String] paragraphs with an empty line between them
      def to_s
        [*database, "#{access}\n", deploy].join("\n")
      end

      private

      def access
        return IAM if @settings.iam?

        @settings.internal? ? INTERNAL : PUBLIC.fetch(@settings.integration)
      end

      def database
        format(SQLITE, file: @settings.sqlite_file("production")) if @settings.sqlite?
      end

      def deploy
        steps = [*missing_gems, *lock_file, *database_file, *variables, *address, "Start Docker, and sign in to AWS.", "Deploy: bin/deploy"]
        <<~TEXT
          Next:
          #{steps.each.with_index(1).map { |step, number| "  #{number}. #{step}" }.join("\n")}

          "bundle exec lamby doctor" checks what a deployment needs. "bin/deploy --help" describes its options.
          "bundle exec lamby serve" runs the application as Lambda would, on this machine.
        TEXT
      end

      def missing_gems
        gems = [*("lamby" unless @settings.gem?("lamby")), *@settings.missing_gem]
        gems.map { |gem| "Add the gem #{gem}: bundle add #{gem}" }
      end

      def lock_file
        "Make Gemfile.lock: bundle install" unless @settings.exist?("Gemfile.lock")
      end

      def database_file
        "Make the database: RAILS_ENV=production bin/rails db:prepare" if @settings.sqlite? && !@settings.exist?(@settings.sqlite_file("production"))
      end

      # The first deployment needs these variables. Later ones keep their values.
      def variables
        balancer = ["VPC_ID", @settings.internal? ? "PRIVATE_SUBNET_IDS" : "PUBLIC_SUBNET_IDS"] if @settings.integration == "alb"
        names = [*("DATABASE_URL" if @settings.database?), *balancer]
        "For the first deployment, set #{names.join(", ")}." if names.any?
      end

      def address
        "To get an e-mail at each alarm, set ALARM_EMAIL for the deployment." if @settings.alarms?
      end
    end
  end
end

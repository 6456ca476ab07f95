# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks for databases that do not work on Lambda.
    class Database < Check
      SERVERS = "run \"bundle add pg\" and \"lamby install --database postgresql\""
      LOCAL = ["localhost", "127.0.0.1", "::1"].freeze
      private_constant :SERVERS, :LOCAL

      def title = "database"

      private

      def results
        return unless surroundings.rails?
        return skipped("the application does not start") unless surroundings.application.started?

        database = surroundings.application.facts["database"] or return
        return sqlite(database) if database["adapter"].start_with?("sqlite")

        server(database)
      end

      def sqlite(database)
        file = surroundings.template[%r{sqlite3:file:/var/task/(\S+?)%3F}, 1]
        file ? read_only(file.sub("${Environment}", surroundings.environment)) : unwritable(database["database"])
      end

      def unwritable(file)
        error("#{surroundings.environment} uses SQLite (#{file}), and Lambda's file system is read-only: the application cannot write",
              "#{SERVERS}; if the application only reads, run \"lamby install --database sqlite\"")
      end

      def read_only(file)
        unless File.file?(file)
          return error("#{file} is missing, which bin/deploy puts into the image",
                       "run \"RAILS_ENV=#{surroundings.environment} bin/rails db:prepare\"")
        end
        warning("#{file} is a part of the image: the application reads it, and each write fails", "to write, #{SERVERS}")
      end

      def server(database)
        adapter = database["adapter"]
        return ok("#{adapter}; the stack sets DATABASE_URL") if surroundings.template.include?("DATABASE_URL")
        return ok("#{adapter} on #{database["host"]}") unless local?(database)

        host = database["host"] || "this machine"
        error("#{adapter} on #{host}: on Lambda, this is the function itself, where no database runs",
              "run \"lamby install --database #{adapter[/postgresql/] || "mysql"}\", which makes the stack set DATABASE_URL")
      end

      def local?(database)
        !database["url"] && (database["host"].nil? || LOCAL.include?(database["host"]))
      end
    end
  end
end

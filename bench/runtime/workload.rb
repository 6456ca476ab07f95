# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "../applications"
require_relative "../events"

module Bench
  class Runtime
    # An event, and the application that handles it. Each runtime loads them from files. `application` is the name of a
    # constant in Bench::Applications.
    class Workload
      LIBRARY = File.expand_path("../../lib", __dir__)

      attr_reader :title, :folder, :warm_up, :invocations

      def initialize(title, event, application, warm_up: 1, invocations: 1, streams: false)
        @title = title
        @event = event
        @application = application
        @warm_up = warm_up
        @invocations = invocations
        @streams = streams
      end

      # Writes the files, and deletes them after the block.
      def open
        Dir.mktmpdir do |folder|
          @folder = folder
          write
          yield self
        end
      end

      # Returns the streamed body of the application, an Applications::Chunks.
      def chunks
        application.call({}).last
      end

      def streams?
        @streams
      end

      private

      def write
        name = "Bench::Applications::#{@application}"
        require_application = "require #{File.expand_path("../applications", __dir__).dump}\n"
        File.binwrite("#{@folder}/event.json", Events.json(@event))
        File.write("#{@folder}/app.rb", "require 'rack'\nrequire 'lamby'\n#{require_application}Lamby.config.rack_app = #{name}\n")
        File.write("#{@folder}/config.ru", "#{require_application}run #{name}\n")
        File.binwrite("#{@folder}/response.json", response) unless streams?
      end

      def application
        Applications.const_get(@application)
      end

      # Returns Lamby's response as JSON. The minimal client sends the same bytes.
      def response
        $LOAD_PATH.unshift(LIBRARY) unless $LOAD_PATH.include?(LIBRARY)
        require "rack"
        require "lamby"
        Lamby.handler(application, Events.json(@event), nil)
      end
    end
  end
end

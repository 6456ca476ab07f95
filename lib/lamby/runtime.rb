# frozen_string_literal: true

require "lamby/runtime/error"
require "lamby/runtime/logging"
require "lamby/runtime/error_report"
require "lamby/runtime/context"
require "lamby/runtime/client"
require "lamby/runtime/concurrency"
require "lamby/runtime/memory"
require "lamby/runtime/trace_id"
require "lamby/runtime/poller"
require "lamby/runtime/runner"

module Lamby
  # Polls Lambda for invocations, calls the function's handler with each of them, and sends the response. AWS calls such
  # a program a runtime interface client. `lamby runtime` runs it.
  #
  # In a container image's Dockerfile:
  #
  #   ENTRYPOINT ["bundle", "exec", "lamby", "runtime"]
  #   CMD ["config/environment.Lamby.cmd"]
  #
  # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
  module Runtime
    autoload :Deadline, "lamby/runtime/deadline"
    autoload :Extension, "lamby/runtime/extension"
    autoload :StreamFlusher, "lamby/runtime/stream_flusher"
    autoload :ResponseStream, "lamby/runtime/response_stream"
    autoload :WarmUp, "lamby/runtime/warm_up"
    autoload :UnframedStream, "lamby/runtime/unframed_stream"
    autoload :SnapStart, "lamby/runtime/snap_start"
    autoload :ThreadPool, "lamby/runtime/thread_pool"
    autoload :Cluster, "lamby/runtime/cluster"

    # Runs until Lambda ends the process.
    #
    # @param name [String] the function's handler, such as "config/environment.Lamby.cmd"
    # @param api [String] host and port of the Runtime API, as in AWS_LAMBDA_RUNTIME_API
    # @return [Integer] the exit status: 0 if the process was asked to end, otherwise 1
    def self.run(name, api)
      Runner.new(name, api).run
    end
  end
end

# frozen_string_literal: true

require "digest"
require "tmpdir"

# Runs the example application in AWS's own emulator, in a process without RSpec. The emulator
# starts the application as it would start an image with `CMD ["config/environment.Lamby.cmd"]`.
RSpec.describe "In AWS's Lambda emulator" do
  root = File.expand_path("../..", __dir__)
  rails = Requirements.gem?("rails")

  # The clients that poll the emulator for invocations: the stand-in for AWS's runtime client, and the
  # client of this gem.
  ruby = [RbConfig.ruby, "-I", "#{root}/lib"]
  clients = { "a stand-in for AWS's client" => [*ruby, "#{root}/spec/support/runtime_client.rb"], "lamby runtime" => [*ruby, "#{root}/exe/lamby", "runtime"] }

  def start(client, folder)
    Emulator.new(*client, "config/environment.Lamby.cmd", folder: folder)
  end

  after { |example| puts @emulator.log if example.exception && @emulator }

  def ask(integration, **request)
    answer = @emulator.invoke(JSON.generate(HTTPEvents.build(integration, **request)))
    expect(answer.code).to eq("200")
    HTTPResponses.read(integration, answer.body)
  end

  def failure(event)
    JSON.parse(@emulator.invoke(event.is_a?(String) ? event : JSON.generate(event)).body)
  end

  # Returns a process's state, such as "S". "Z" means that the process has ended, and its parent has not yet waited for it.
  def state_of(pid)
    File.read("/proc/#{pid}/stat").rpartition(")").last.split.first
  rescue Errno::ENOENT
    nil
  end

  clients.each do |name, client|
    describe "the example application, with #{name}," do
      before(:all) { @emulator = start(client, "#{root}/examples/#{rails ? "rails" : "rack"}") }
      after(:all) { @emulator&.stop }

      HTTPEvents::INTEGRATIONS.each do |integration|
        it "responds to #{integration}" do
          expect(ask(integration)).to have_attributes(status: 200, body: include("Hello from #{rails ? "Rails" : "Rack"}"))
        end
      end

      if rails
        it "gets an upload of 4 MB unchanged" do
          bytes = Random.new(5).bytes(4_000_000)
          body = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".b + bytes + "\r\n--x--\r\n".b
          response = ask(
            :http_api_v2, method: "POST", path: "/upload", body: body, base64: true, headers: { "content-type" => "multipart/form-data; boundary=x" }
          )
          expect(JSON.parse(response.body)).to include("size" => 4_000_000, "sha256" => Digest::SHA256.hexdigest(bytes))
        end

        it "sends a download unchanged, with Lambda's request id" do
          response = ask(:function_url, path: "/download/data")
          expect(response.body).to eq((0..255).to_a.pack("C*") * 16)
          expect(response["x-request-id"]).to match(/\A\h{8}-\h{4}-/)
        end
      end
    end

    describe "AWS's sample events, with #{name}," do
      before(:all) do
        @folder = Dir.mktmpdir
        Dir.mkdir("#{@folder}/config")
        File.write("#{@folder}/config/environment.rb", SpecApps.source(:echo_and_failures))
        @emulator = start(client, @folder)
      end

      after(:all) do
        @emulator&.stop
        FileUtils.rm_rf(@folder)
      end

      # Maps patterns of event names to kinds. Patterns also match sample events that AWS adds later.
      kinds = {
        %r{\Aapigateway/.*authorizer\z} => "authorizer", %r{\Acloudfront/} => "lambda_at_edge", %r{\Acloudwatch/logs\z} => "cloudwatch_logs",
        %r{\Acloudwatch/scheduled-event\z} => "schedule", %r{\Acognito/} => "cognito", %r{\Adynamodb/} => "dynamodb",
        %r{\Akinesis/get-records\z} => "kinesis", %r{\A(s3/(put|delete)|rekognition/s3-request)\z} => "s3", %r{\Ases/} => "ses",
        %r{\Asns/} => "sns", %r{\Asqs/} => "sqs", %r{\A(codecommit|kinesis)/} => "unknown", // => "direct"
      }
      requests = %w[alb/request apigateway/aws-proxy apigateway/http-api-proxy]

      SampleEvents.all.each do |event_name, json|
        it "go to the handler of the right kind: #{event_name}" do
          answer = JSON.parse(@emulator.invoke(json).body)
          next expect(answer).to include("statusCode" => 200, "body" => "POST /path/to/resource") if requests.include?(event_name)

          expect(answer).to eq("kind" => kinds.find { |pattern, _| pattern.match?(event_name) }.last, "keys" => JSON.parse(json).keys)
        end
      end
    end

    # This application can fail in more ways than the example application.
    describe "an application, with #{name}," do
      before(:all) do
        @folder = Dir.mktmpdir
        Dir.mkdir("#{@folder}/config")
        File.write("#{@folder}/config/environment.rb", <<~'RUBY')
          require "json"
          require "lamby"

          PARSED = []
          JSON.singleton_class.prepend(Module.new { def parse(source, *) = PARSED.push(source) && super })

          module Shop
            class SoldOut < StandardError; end
          end

          Lamby.config.rack_app = lambda do |env|
            case env["PATH_INFO"]
            when "/reverse" then [200, { "content-type" => "application/octet-stream" }, [env["rack.input"].read.reverse]]
            when "/parsed" then [200, { "content-type" => "text/plain" }, [PARSED.size.to_s]]
            when "/exception" then raise Shop::SoldOut, "no more caf\u00E9"
            when "/no-standard-error" then raise NotImplementedError, "later"
            when "/stuck"
              trap("TERM", "IGNORE")
              $stderr.puts "stuck: #{Process.pid}"
              sleep
            end
          end
        RUBY
      end

      before { @emulator = start(client, @folder) }
      after { @emulator&.stop }
      after(:all) { FileUtils.rm_rf(@folder) }

      it "gets and sends 4 MB unchanged" do
        bytes = Random.new(6).bytes(4_000_000)
        expect(ask(:http_api_v2, method: "POST", path: "/reverse", body: bytes, base64: true).body).to eq(bytes.reverse)
      end

      it "reports the exception that it raises, and handles the next invocation" do
        expect(failure(HTTPEvents.build(:alb, path: "/exception"))).to include(
          "errorType" => "Function.ShopSoldOut", "errorMessage" => "no more caf\u00E9", "stackTrace" => include(%r{config/environment\.rb:})
        )
        expect(ask(:alb, path: "/parsed")).to have_attributes(status: 200)
      end

      it "reports an exception that is not a StandardError, and handles the next invocation in a new process" do
        expect(failure(HTTPEvents.build(:alb, path: "/no-standard-error"))).to include("errorType" => "Function.NotImplementedError")
        expect(ask(:alb, path: "/parsed")).to have_attributes(status: 200)
      end

      it "reports an error if no handler takes the event, and handles the next invocation" do
        expect(failure({ "Records" => [{ "eventSource" => "aws:sqs" }] })).to include(
          "errorType" => "Function.LambyUnhandledEvent", "errorMessage" => include("an Amazon SQS batch")
        )
        expect(ask(:alb, path: "/parsed")).to have_attributes(status: 200)
      end

      [
        '{"version":"2.0","requestContext":{"http":{"method":5.5e3}},"rawPath":[]}',
        "null", "5", '"text"', "[]", "{", "", "{\"rawPath\":\"\xFF\"}".b
      ].each do |event|
        it "reports an error if the event is malformed, and handles the next invocation: #{event.inspect}" do
          expect(failure(event)).to include("errorType" => "Function.LambyInvalidEvent")
          expect(ask(:alb, path: "/parsed")).to have_attributes(status: 200)
        end
      end

      it "handles events as bytes: no Ruby code in its process parses their JSON" do
        responses = HTTPEvents::INTEGRATIONS.map { |integration| ask(integration, path: "/parsed") }
        expect(responses.map(&:body)).to all(eq("0"))
        expect(@emulator.log).not_to include("an event was parsed by the client")
      end

      it "ends when the emulator ends, even if it is stuck and ignores SIGTERM" do
        invocation = Thread.new do
          @emulator.invoke(JSON.generate(HTTPEvents.build(:alb, path: "/stuck")))
        rescue IOError, SystemCallError
          nil # The emulator has ended without a response.
        end
        pid = wait_until { @emulator.log[/^stuck: (\d+)$/, 1] }
        @emulator.stop(patience: 1)
        invocation.join
        expect(state_of(pid)).to be_nil.or eq("Z")
      end
    end
  end

  it "lamby runtime runs the application's on_shutdown hooks before it ends" do
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p("#{folder}/config")
      File.write("#{folder}/config/environment.rb", <<~RUBY)
        require "lamby"
        Lamby.configure do |config|
          config.on_shutdown { $stderr.puts "the hook has run" }
          config.rack_app = ->(_env) { [200, { "content-type" => "text/plain" }, ["hello"]] }
        end
      RUBY
      @emulator = start(clients.fetch("lamby runtime"), folder)
      expect(ask(:alb).body).to eq("hello")
      @emulator.stop(patience: Waiting::LIMIT)
      expect(@emulator.log).to include("the hook has run")
    end
  end

  describe "in the mode of Managed Instances, with lamby runtime," do
    before { skip "needs root, to mount folders" unless Emulator.managed_instances? }
    after { @emulator&.stop }

    [1, 2].each do |workers|
      it "the application handles several invocations at once in #{workers} #{workers == 1 ? "process" : "processes"}" do
        Dir.mktmpdir do |folder|
          FileUtils.mkdir_p("#{folder}/config")
          File.write("#{folder}/config/environment.rb", <<~RUBY)
            require "lamby"
            Lamby.configure do |config|
              config.workers = #{workers}
              config.rack_app = lambda do |env|
                id = env["lambda.context"].aws_request_id
                next [200, {}, []] if env["PATH_INFO"] == "/first"
                File.write("met-\#{id}", "")
                sleep 0.01 until Dir["met-*"].size >= 4
                [200, { "content-type" => "text/plain" }, ["\#{id} \#{Process.pid}"]]
              end
            end
          RUBY
          @emulator = Emulator.managed_instances(folder, 4)
          ask(:http_api_v2, path: "/first")
          answers = Array.new(4) { Thread.new { ask(:http_api_v2).body.split } }.map(&:value)
          expect(answers.map(&:first).uniq.size).to eq(4)
          expect(answers.map(&:last).uniq.size).to eq(workers)
        end
      end
    end
  end
end

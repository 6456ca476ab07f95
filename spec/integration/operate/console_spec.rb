# frozen_string_literal: true

require "English"
require "pty"
require "timeout"

# The AWS CLI calls a service that runs the events with `lamby runtime`.
RSpec.describe "lamby run and lamby console", :slow, :linters do
  include_context "with a deployed stack"

  before { deployed(outputs: { "Url" => "https://shop.example/", "FunctionName" => function }) }
  after { @service&.stop }

  def service(code = "Lamby.config.console = true", **options)
    @service ||= LambdaService.new("require \"lamby\"\nLamby.config.rack_app = ->(_env) { [200, {}, []] }\n#{code}\n", **options)
  end

  def remotely(*arguments, code: "Lamby.config.console = true", stdin: "")
    operate(*arguments, env: { "AWS_ENDPOINT_URL_LAMBDA" => service(code).url }, stdin: stdin)
  end

  describe "lamby run" do
    it "prints what the command writes, and exits with its status" do
      expect(remotely("run", "pwd; echo wrong >&2; exit 3")).to match([%r{\A/.*\n\z}, "wrong\n", 3])
      expect(remotely("run", "printf '\\377\\000'")).to eq(["\xFF\x00", "", 0])
      expect(remotely("run", "kill -TERM $$")[2]).to eq(143)
      expect(remotely("run", "no-such-program")).to match(["", /no-such-program: not found\n/, 127])
      expect(JSON.parse(remotely("run", "echo a; echo b >&2; exit 4", "--json")[0]))
        .to eq("stack" => "shop-production", "command" => "echo a; echo b >&2; exit 4", "status" => 4, "in_time" => true, "omitted" => 0, "output" => "a\n", "errors" => "b\n")
      expect(@service.log).to include("lamby run: \"no-such-program\"\n")
    end

    it "migrates the database of a Rails application, whose records lamby console then reads", skip: ("without Rails" unless Requirements.gem?("rails", "sqlite3")) do
      write = ->(file, text) { FileUtils.mkdir_p(File.dirname("#{@folder}/rails/#{file}")) && File.write("#{@folder}/rails/#{file}", text) }
      write["config/application.rb", <<~RUBY]
        require "rails"
        require "active_record/railtie"
        require "action_controller/railtie"
        $LOAD_PATH.unshift(#{File.expand_path("lib").inspect})
        require "lamby"
        class Shop < Rails::Application
          config.root = File.expand_path("..", __dir__)
          config.eager_load = false
          config.secret_key_base = "secret"
          config.logger = Logger.new(nil)
          config.lamby.console = true
        end
      RUBY
      write["config/environment.rb", "require_relative \"application\"\nShop.initialize!\nclass Order < ActiveRecord::Base; end\n"]
      write["config/database.yml", "production: { adapter: sqlite3, database: #{@folder}/rails.sqlite3 }\n"]
      write["db/migrate/1_create_orders.rb", "class CreateOrders < ActiveRecord::Migration[6.1]\n  def change = create_table(:orders)\nend\n"]
      write["Rakefile", "require_relative \"config/application\"\nShop.load_tasks\n"]
      @service = LambdaService.new(nil, folder: "#{@folder}/rails", handler: "config/environment.Lamby.cmd", environment: { "RAILS_ENV" => "production" })
      expect(remotely("run", "rake db:migrate")).to match([/CreateOrders: migrated/, "", 0])
      expect(remotely("console", stdin: "Order.create!.id\nOrder.count\n")).to eq(["=> 1\n=> 1\n", "", 0])
    end

    it "says that the console is off, or that the function does not know it" do
      off = "lamby: the console of shop-production is off: set config.console to true in config/initializers/lamby.rb, and deploy it."
      expect(remotely("run", "touch #{@folder}/proof", code: "").drop(1)).to match([start_with(off), 1])
      expect(File).not_to exist("#{@folder}/proof")
      @service.stop
      @service = nil
      expect(remotely("run", "ls", code: "Lamby::Console.singleton_class.define_method(:request?) { |*| false }").drop(1))
        .to match([start_with("lamby: the function of shop-production does not know this request: its handler has to be Lamby.cmd"), 1])
    end

    it "exits with status 2 for a wrong command line" do
      expect(operate("run").drop(1)).to match([include("run takes one command: write it in quotes, as in lamby run \"rails db:migrate\""), 2])
      expect(operate("run", "rails", "db:migrate").drop(1)).to match([include("run takes one command"), 2])
      expect(operate("run", "--help")[0]).to include("Exit status: the command's. 128 and the signal's number")
    end
  end

  describe "lamby console" do
    # Reads what the command writes. Responds to the question for the cursor's position, as a terminal does.
    def read_as_terminal(reader, writer, shown)
      bytes = reader.readpartial(4096).scrub
      bytes.scan("\e[6n") { writer.write("\e[1;1R") }
      shown << bytes
    end

    # Opens a console on a terminal. Returns a Proc that types a text and waits for another text.
    def on_terminal(*arguments)
      env = credentials.merge(env_of_command, "AWS_ENDPOINT_URL_LAMBDA" => service.url, "TERM" => "xterm", "INPUTRC" => "/dev/null")
      reader, writer, pid = PTY.spawn(env, *lamby_command, "console", *arguments, chdir: @folder)
      shown = +""
      step = lambda do |typed, wanted|
        writer.write(typed)
        Timeout.timeout(Waiting::LIMIT, nil, "no #{wanted.inspect} after #{typed.inspect} in #{shown.inspect}") do
          read_as_terminal(reader, writer, shown) until shown.gsub(/\e\[[\d;?]*[A-Za-z]/, "").include?(wanted)
        end
        shown.clear
      end
      yield step
      Timeout.timeout(Waiting::LIMIT, nil, "the console does not end") { loop { read_as_terminal(reader, writer, shown) } }
    rescue Errno::EIO, EOFError # The console has ended.
      Process.wait2(pid).last.exitstatus
    ensure
      Process.kill("KILL", pid) if $ERROR_INFO
      [reader, writer].each(&:close)
    end

    it "is a prompt, whose local variables stay as long as the environment" do
      status = on_terminal do |step|
        step.call("", "shop-production, version 3: Ruby #{RUBY_VERSION}")
        step.call("count = 20 + 1\n", "=> 21")
        step.call("puts 'hello'; count * 2\n", "hello\r\n=> 42")
        step.call("[1, 2].map do |number|\n  number * count\nend\n", "=> [21, 42]")
        step.call("raise 'boom'\n", "RuntimeError: boom")
        step.call("_ + [63]\n", "=> [21, 42, 63]")
        @service.replace
        step.call("defined?(count).inspect\n", "another environment of the function has answered, so the local variables of earlier lines are gone")
        step.call("exit\n", "exit")
      end
      expect(status).to eq(0)
    end

    it "reads code from standard input, and exits with status 1 if it raised an exception" do
      expect(remotely("console", stdin: "count = 1\n\ndef twice(number)\n  number * 2\nend\ntwice(count)\n")).to eq(["=> 1\n=> :twice\n=> 2\n", "", 0])
      out, err, status = remotely("console", stdin: "print 1\n\nraise IOError, 'boom'\n")
      expect([out, err, status]).to match([/\A1\n=> nil\nIOError: boom\n  \(console\):2.*\n\z/, "", 1])
      expect(remotely("console", "--json", stdin: "puts 1; 2").first).to eq("{\"result\":\"2\",\"output\":\"1\\n\",\"new\":false}\n")
      expect(@service.log).to include("lamby console: \"raise IOError, 'boom'\\n\"\n")
    end

    it "says that the console is off" do
      expect(remotely("console", code: "", stdin: "1").drop(1)).to match([start_with("lamby: the console of shop-production is off"), 1])
    end
  end
end

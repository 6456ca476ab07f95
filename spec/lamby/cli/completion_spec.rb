# frozen_string_literal: true

require "pty"
require "timeout"

# Completes command lines in the shells themselves.
RSpec.describe "lamby completion" do
  include CommandLine

  around { |example| Dir.mktmpdir { |folder| Dir.chdir(@folder = folder) { example.run } } }

  before do
    FileUtils.mkdir("events")
    FileUtils.touch(["event.json", "photo.jpg", "events/order.json", "events/order 2.json"])
  end

  # Writes the shell's script into a file, and returns its path.
  def script(shell)
    path = File.join(@folder, ".completion")
    return path if File.exist?(path)

    out, err, status = lamby("completion", shell, folder: @folder)
    expect([err, status]).to eq(["", 0])
    File.write(path, out)
    path
  end

  # Each command line, and words that the shell must offer for it.
  lines = {
    "lamby inv" => %w[invoke],
    "lamby comp" => %w[completion],
    "lamby help runt" => %w[runtime],
    "lamby invoke cloudw" => %w[cloudwatch_logs],
    "lamby invoke event." => %w[event.json],
    "lamby invoke --pr" => %w[--print-event],
    "lamby invoke -X PO" => %w[POST],
    "lamby invoke --method PO" => %w[POST],
    "lamby install --integration rest" => %w[rest_api],
    "lamby new --archi" => %w[--architecture],
    "lamby logs --fol" => %w[--follow],
    "lamby status --environment st" => %w[staging],
    "lamby completion fi" => %w[fish],
    "bin/lamby invoke cloudw" => %w[cloudwatch_logs]
  }

  describe "bash", skip: ("without bash" unless Requirements.program?("bash")) do
    # Calls the script's function as bash does, and returns what it offers.
    def complete(*words)
      code = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lamby; printf "%s\n" "${COMPREPLY[@]}"'
      out, err, = Open3.capture3("bash", "--norc", "-c", code, "bash", script("bash"), *words)
      expect(err).to eq("")
      out.split("\n").reject(&:empty?)
    end

    it "completes commands, options and values" do
      expect(lines.keys.to_h { |line| [line, complete(*line.split)] }).to eq(lines)
    end

    it "completes the values that bash divides into several words" do
      expect(complete("lamby", "install", "--ci", "=")).to eq(%w[github circleci both none])
      expect(complete("lamby", "install", "--ci", "=", "bo")).to eq(%w[both])
      expect(complete("lamby", "invoke", "-d", "@", "ph")).to eq(%w[@photo.jpg])
      expect(complete("lamby", "invoke", "-d", "@ph")).to eq(%w[@photo.jpg])
    end

    it "offers kinds of events and JSON files for lamby invoke" do
      expect(complete("lamby", "invoke", "")).to include("function_url", "sqs", "unknown", "event.json", "events").and(satisfy { |it| !it.include?("photo.jpg") })
    end

    it "offers folders and names with spaces for lamby invoke" do
      expect(complete("lamby", "invoke", "event")).to contain_exactly("event_bridge", "event.json", "events")
      expect(complete("lamby", "invoke", "events/")).to contain_exactly("events/order.json", "events/order 2.json")
    end

    it "works in an interactive bash" do
      complete_in_terminal(%w[bash --norc -i], "source #{script("bash")}", lines.merge("lamby install --ci=bo" => %w[--ci=both], "lamby invoke -d @ph" => %w[@photo.jpg], "lamby invoke events" => %w[events/], 'lamby invoke events/order\ ' => ["order\\ 2.json"]))
    end
  end

  describe "zsh", skip: ("without zsh" unless Requirements.program?("zsh")) do
    more = { "lamby install --ci=bo" => %w[--ci=both], "lamby invoke -d @ph" => %w[@photo.jpg] }

    it "completes commands, options and values" do
      complete_in_terminal(%w[zsh -f -i], "autoload -Uz compinit; compinit -u -D; source #{script("zsh")}", lines.merge(more))
    end

    it "works as a file of $fpath" do
      FileUtils.mkdir("functions")
      FileUtils.cp(script("zsh"), "functions/_lamby")
      complete_in_terminal(%w[zsh -f -i], "fpath=(#{@folder}/functions $fpath); autoload -Uz compinit; compinit -u -D", lines)
    end
  end

  describe "fish", skip: ("without fish" unless Requirements.program?("fish")) do
    it "completes commands, options and values" do
      all = lines.merge("lamby install --ci=bo" => %w[--ci=both], "lamby invoke -d @ph" => %w[@photo.jpg])
      code = "source #{script("fish")}; #{all.keys.map { |line| "complete -C '#{line}' | string replace -r '\\t.*' ''; echo ." }.join("; ")}"
      out, err, = Open3.capture3({ "HOME" => @folder }, "fish", "--no-config", "-c", code)
      expect(err).to eq("")
      expect(out.split(/^\.$/).map(&:split).reject(&:empty?)).to eq(all.values)
    end
  end

  it "knows all options and values of the commands" do
    commands = Lamby::CLI::Completion.commands.to_h { |command| [command.name, command] }
    expect(commands.keys).to eq(Lamby::CLI::COMMANDS.keys)
    commands.each do |name, command|
      help = lamby(name, "--help", folder: @folder)[0]
      # The options at the beginnings of indented lines. Thor also prints --no-NAME and --skip-NAME.
      shown = help.scan(/^ +\[?(-.*?)(?:  | #|$)/).flatten.join(" ")
      # "lamby new" also has options of "lamby install", which its help only names.
      shown << " " << help[/describes (.*?)\. All other options/m, 1] if name == "new"
      names = shown.scan(/(?<!\w)--?[a-zA-Z][\w-]*/)
      names -= names.grep(/\A--no-/).flat_map { |option| [option, option.sub("--no-", "--skip-")] } if %w[new install].include?(name)
      expect([name, command.options.flat_map(&:names).sort]).to eq([name, names.sort])
    end
    expect(commands["invoke"].words).to eq([*Lamby::Simulator.integrations, *Lamby::Config::EVENT_KINDS].map(&:to_s))
  end

  it "says which shells it knows" do
    expect(lamby("completion", folder: @folder)).to match(["", /name one shell: bash, zsh, fish\nTry "lamby completion --help"\.$/, 2])
    expect(lamby("completion", "tcsh", folder: @folder)).to match(["", /there is no completion for "tcsh": the shells are bash, zsh, fish$/, 2])
    expect(lamby("completion", "--all", folder: @folder)).to match(["", /there is no option --all$/, 2])
  end

  # Runs an interactive shell, types each line and Tab, and waits until the terminal shows the wanted word.
  def complete_in_terminal(command, setup, lines)
    environment = { "TERM" => "xterm", "HOME" => @folder, "HISTFILE" => nil }
    PTY.spawn(environment, *command) do |reader, writer, _pid|
      show = lambda do |typed, wanted|
        shown = +""
        Timeout.timeout(20, nil, "#{wanted} does not follow #{typed.inspect}") do
          writer.write(typed)
          shown << reader.readpartial(4096).scrub until shown.gsub(/\e\[[\d;?]*[A-Za-z]/, "").include?(wanted)
        end
      end
      # The quotes make the output differ from the command line, which the terminal also shows.
      show.call("#{setup}; echo re''ady\n", "ready")
      lines.each do |line, (word)|
        show.call("#{line}\t", word)
        writer.write("\C-u") # Clears the line.
      end
      writer.write("\nexit\n")
      # The shell writes its history before it ends and closes the terminal.
      begin
        Timeout.timeout(20, nil, "the shell does not end") { reader.read }
      rescue Errno::EIO
        nil # The terminal is closed.
      end
    end
  end
end

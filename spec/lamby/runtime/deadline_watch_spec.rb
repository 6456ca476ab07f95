# frozen_string_literal: true

# A thread watches a stream's deadline while a block runs. The thread ends when the block ends.
RSpec.describe "Lamby::Runtime::Deadline" do
  let(:deadline) { Lamby::Runtime::Deadline }
  let(:stream) { instance_double(Lamby::Runtime::ResponseStream, context: context) }
  let(:context) do
    remaining = ((Lamby.config.deadline_margin + 0.05) * 1000).round
    instance_double(Lamby::Runtime::Context, deadline_ms: 1, get_remaining_time_in_millis: remaining)
  end

  before do
    @expired = Queue.new
    allow(stream).to receive(:expire) { @expired << true }
    allow(stream).to receive(:end_for)
  end

  # Yields a lambda that the block calls as its last step. Then pauses the calling thread at the next line of
  # runtime/deadline.rb until the deadline has passed.
  def pause_after_the_block
    writer = Thread.current
    ended = false
    trace = TracePoint.new(:line) do |point|
      next unless ended && Thread.current == writer && point.path.end_with?("runtime/deadline.rb")

      ended = false
      @expired.pop
      sleep 0.05
    end
    trace.enable { yield -> { ended = true } }
  end

  it "stops its thread if the deadline passes just after the block has ended" do
    threads = Thread.list
    expect { pause_after_the_block { |ended| deadline.within(stream) { ended.call } } }.to raise_error(Lamby::Runtime::DeadlineExceeded)
    expect(Thread.list - threads).to be_empty
    expect(stream).not_to have_received(:end_for)
  end

  it "raises DeadlineExceeded in a block that takes too long" do
    expect { deadline.within(stream) { sleep } }.to raise_error(Lamby::Runtime::DeadlineExceeded)
  end

  it "returns what the block returns" do
    expect(deadline.within(stream) { :response }).to eq(:response)
  end
end

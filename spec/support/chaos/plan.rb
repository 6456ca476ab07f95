# frozen_string_literal: true

require "securerandom"

class Chaos
  # The faults of one invocation:
  #
  # poll::  the fault of the poll that gets the invocation
  # event:: how the Runtime API sends the event
  # app::   what the handler does
  # reply:: what the Runtime API does wrong with the first response, the second, and so on
  # kill::  when the process that handles the invocation is killed
  Plan = Struct.new(:number, :poll, :event, :app, :chunks, :bytes, :reply, :kill, :id) do
    # @param number [Integer]
    # @param random [Random]
    # @param kills [Boolean] whether the plan may kill a worker process
    def self.draw(number, random, kills)
      draw = ->(likely, *others) { random.rand < 0.6 ? likely : others.sample(random: random) }
      plan = new(
        number,
        draw.call(nil, :reset, :close, :half_head, :delay),
        draw.call(:whole, :bytes, :chunked, :slow, :truncated),
        draw.call("return", "raise", "wait", "compute", "raise-late"),
        random.rand(4),
        draw.call(10, 400_000, 70_000),
        draw.call(
          [], [:delay], [:unread], [:half_read], [:unconfirmed], [:half_reply], [:refused], [:close], [:silent_close],
          %i[unread half_read], %i[half_read unconfirmed]
        ),
        (%i[event running computing response confirmation idle].sample(random: random) if random.rand < 0.06 && kills),
        SecureRandom.uuid
      )
      plan.prepare_kill if plan.kill
      plan
    end

    # Removes the other faults from a plan that kills the process, and sets the moment of the kill.
    def prepare_kill
      self.event = kill == :event ? :half : :whole
      self.app = { running: "stop", computing: "compute-on" }.fetch(kill, "return")
      self.reply = { response: [:kill_unread], confirmation: [:kill_unconfirmed] }.fetch(kill, [])
    end
  end
end

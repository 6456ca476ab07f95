# frozen_string_literal: true

require "fiddle/import"

# Calls liblamby, the C library, from Ruby. `rake capi` builds it, and bin/test --slow runs this task.
module LibLamby
  FOLDER = File.expand_path("../../pkg/liblamby", __dir__)
  HEADER = File.join(FOLDER, "include/lamby.h")
  FILE = Dir[File.join(FOLDER, "lib/liblamby.{so,dylib}")].first
  OK = 0

  # A function has failed. Its status is a number of the enum lamby_status.
  class Failure < StandardError
    attr_reader :status

    def initialize(status, message)
      super(message)
      @status = status
    end
  end

  # The functions, as Ruby methods. They are loaded when they are first used, so that specs without liblamby need no
  # library.
  class Functions
    SIGNATURES = {
      lamby_message: [[], Fiddle::TYPE_VOIDP],
      lamby_event_source: [[Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT],
      lamby_request_read: [[Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T] * 2 + [Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT],
      lamby_request_env: [[Fiddle::TYPE_VOIDP] * 2, Fiddle::TYPE_INT],
      lamby_request_body: [[Fiddle::TYPE_VOIDP] * 2, Fiddle::TYPE_INT],
      lamby_request_integration: [[Fiddle::TYPE_VOIDP] * 2, Fiddle::TYPE_INT],
      lamby_request_free: [[Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID],
      lamby_response_write: [
        [Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT, *([Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T] * 2), Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT
      ],
      lamby_buffer_view: [[Fiddle::TYPE_VOIDP] * 2, Fiddle::TYPE_INT],
      lamby_buffer_free: [[Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID]
    }.freeze

    def initialize
      library = Fiddle.dlopen(FILE || raise("liblamby is missing: run rake capi"))
      @functions = SIGNATURES.to_h { |name, (arguments, result)| [name, Fiddle::Function.new(library[name.to_s], arguments, result)] }
    end

    # Calls a function, and raises Failure if its status is not LAMBY_OK.
    def call(name, *arguments)
      status = @functions.fetch(name).call(*arguments)
      raise Failure.new(status, @functions[:lamby_message].call.to_s.force_encoding("UTF-8")) unless status == OK
    end

    # Calls a function that has no status.
    def free(name, handle)
      @functions.fetch(name).call(handle)
    end

    # Calls a function whose last argument receives a slice, and returns a copy of the bytes.
    def slice(name, *arguments)
      place = Fiddle::Pointer.malloc(2 * Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      call(name, *arguments, place)
      address, length = place[0, 2 * Fiddle::SIZEOF_VOIDP].unpack("JJ")
      length.zero? ? "".b : Fiddle::Pointer.new(address)[0, length]
    end

    # Calls a function whose last argument receives a handle, and returns the handle.
    def handle(name, *arguments)
      place = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      place[0, Fiddle::SIZEOF_VOIDP] = [1].pack("J") # A failure must replace it by NULL.
      call(name, *arguments, place)
      place.ptr
    rescue Failure
      raise "*#{name} left its handle" unless place.ptr.null?

      raise
    end
  end

  module_function

  def functions
    @functions ||= Functions.new
  end

  # @return [String] the sender of an event that is not HTTP
  def event_source(event)
    functions.slice(:lamby_event_source, event, event.bytesize)
  end

  # Reads an event, and yields its request.
  def open_request(event, request_id)
    request = functions.handle(:lamby_request_read, event, event.bytesize, request_id, request_id.bytesize)
    yield request
  ensure
    functions.free(:lamby_request_free, request) if request
  end

  # @return [Array(Hash, String, String)] the environment, the body and the name of the integration
  def read(event, request_id)
    open_request(event, request_id) do |request|
      block = functions.slice(:lamby_request_env, request)
      raise "the block does not end with NUL" unless block.end_with?("\0")

      pairs = block.split("\0", -1)[..-2].each_slice(2).to_a
      raise "a key occurs twice" unless pairs.to_h.size == pairs.size

      [pairs.to_h, functions.slice(:lamby_request_body, request), functions.slice(:lamby_request_integration, request)]
    end
  end

  # @param headers [Array<Array(String, String)>]
  # @return [String] the payload
  def write(event, status, headers, body)
    block = headers.flatten.map { |text| "#{text.b}\0" }.join
    open_request(event, "") do |request|
      buffer = functions.handle(:lamby_response_write, request, status, block, block.bytesize, body, body.bytesize)
      functions.slice(:lamby_buffer_view, buffer)
    ensure
      functions.free(:lamby_buffer_free, buffer) if buffer
    end
  end
end

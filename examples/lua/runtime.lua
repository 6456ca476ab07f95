-- Answers events with an application, a function `status, headers, body = application(env, body)`.
local ffi = require("ffi")
local lamby = require("lamby")
local C, check, text = lamby.C, lamby.check, lamby.text
local runtime = {}

ffi.cdef("int poll(void *, unsigned long, int);")

-- Returns the payload for an event. If the event is not HTTP or the application fails: nil, a message and a stack trace.
function runtime.answer(application, event, id)
  local trace
  local succeeded, result = xpcall(function()
    local request = lamby.read(event, id)
    return lamby.write(request, application(request.env, request.body))
  end, function(reason)
    trace = debug.traceback("", 2)
    return tostring(reason)
  end)
  if succeeded then
    return result
  end
  return nil, result, trace
end

-- Calls a function until it is neither interrupted nor unreachable, but at most five times after a pause.
local function persist(call, ...)
  for pauses = 0, 5 do
    local status
    repeat
      status = call(...)
    until status ~= C.LAMBY_INTERRUPTED
    if pauses == 5 or (status ~= C.LAMBY_UNREACHABLE and status ~= C.LAMBY_UNCONFIRMED) then
      return status
    end
    ffi.C.poll(nil, 0, 100 * 2 ^ pauses) -- LuaJIT has no function that sleeps.
  end
end

-- Reports that the invocation in flight failed.
local function report(handle, message, trace)
  local class = "LuaError"
  local failure = ffi.new("lamby_error", ffi.sizeof("lamby_error"), { class, #class }, { message, #message }, { trace, #trace })
  return persist(C.lamby_runtime_report_error, handle, failure)
end

-- Polls the Runtime API and answers each invocation. Raises an error if no poll is possible.
function runtime.run(application, address)
  local place, agent = ffi.new("lamby_runtime *[1]"), "lamby-lua/1.0"
  check(C.lamby_runtime_open(address, #address, agent, #agent, place))
  local handle = ffi.gc(place[0], C.lamby_runtime_close)
  local invocation = ffi.new("lamby_invocation", ffi.sizeof("lamby_invocation"))
  while true do
    local payload, message, trace
    local status = persist(C.lamby_runtime_next, handle, invocation)
    if status == C.LAMBY_TRUNCATED then
      message, trace = ffi.string(C.lamby_message()), ""
    else
      check(status)
      payload, message, trace = runtime.answer(application, text(invocation.event), text(invocation.request_id))
    end
    if payload then
      status = persist(C.lamby_runtime_respond, handle, payload, #payload)
    else
      io.stderr:write(message, trace, "\n")
      status = report(handle, message, trace)
    end
    if status ~= C.LAMBY_OK then
      io.stderr:write(ffi.string(C.lamby_message()), "\n")
    end
  end
end

return runtime

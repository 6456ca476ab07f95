-- liblamby for LuaJIT: an event becomes a table, and a response becomes a payload.
--
-- LIBLAMBY names the library. Its header must be at PREFIX/include/lamby.h if the library is at PREFIX/lib/NAME.
local ffi = require("ffi")
local library = os.getenv("LIBLAMBY") or "/usr/local/lib/liblamby.so"
local prefix = assert(library:match("^(.*)/lib/[^/]+$"), "LIBLAMBY is not PREFIX/lib/NAME: " .. library)
local header = assert(io.open(prefix .. "/include/lamby.h"))
-- ffi.cdef has no preprocessor. It knows the types of stddef.h and stdint.h.
ffi.cdef((header:read("*a"):gsub("#ifdef __cplusplus.-#endif", ""):gsub("#[^\n]*", "")))
header:close()

local C = ffi.load(library)
local slice = ffi.new("lamby_slice[1]")
local lamby = { C = C }

-- Copies the bytes of a slice.
function lamby.text(bytes)
  return ffi.string(bytes.data, bytes.length)
end

-- Raises an error with the library's message if a call failed.
function lamby.check(status)
  if status ~= C.LAMBY_OK then
    error(ffi.string(C.lamby_message()), 0)
  end
end

-- Reads an event. Returns its request: `env`, `body` and `integration`.
function lamby.read(event, id)
  local place, request = ffi.new("lamby_request *[1]"), { env = {} }
  lamby.check(C.lamby_request_read(event, #event, id, #id, place))
  request.handle = ffi.gc(place[0], C.lamby_request_free)
  lamby.check(C.lamby_request_env(request.handle, slice))
  for key, value in lamby.text(slice[0]):gmatch("(%Z+)%z(%Z*)%z") do
    request.env[key] = value
  end
  lamby.check(C.lamby_request_body(request.handle, slice))
  request.body = lamby.text(slice[0])
  lamby.check(C.lamby_request_integration(request.handle, slice))
  request.integration = lamby.text(slice[0])
  return request
end

-- Makes the payload of a response to the request. `headers` is a list of {name, value}.
function lamby.write(request, status, headers, body)
  local lines, place = {}, ffi.new("lamby_buffer *[1]")
  for index, field in ipairs(headers) do
    local name, value = field[1], field[2]
    -- A NUL would begin another header.
    assert(not (name .. value):find("%z"), "a header contains a NUL byte")
    lines[index] = name .. "\0" .. value .. "\0"
  end
  local block = table.concat(lines)
  lamby.check(C.lamby_response_write(request.handle, status, block, #block, body, #body, place))
  local buffer = ffi.gc(place[0], C.lamby_buffer_free)
  lamby.check(C.lamby_buffer_view(buffer, slice))
  return lamby.text(slice[0])
end

return lamby

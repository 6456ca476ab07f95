-- An AWS Lambda function in Lua, with liblamby. README.md has the commands.
local runtime = require("runtime")

-- The application. Its page shows the request.
local function application(env, body)
  if env.PATH_INFO == "/error" then
    error("the path is /error")
  end
  local page = ("%s %s from %s\n%s"):format(env.REQUEST_METHOD, env.PATH_INFO, env.REMOTE_ADDR or "", body:sub(1, 1000))
  return 200, {
    { "Content-Type", "text/plain; charset=utf-8" },
    { "Set-Cookie", "a=1" },
    { "Set-Cookie", "b=2" },
  }, page
end

local address = os.getenv("AWS_LAMBDA_RUNTIME_API")
if address then
  runtime.run(application, address)
end

local failures = 0
for event in io.lines() do
  local payload, message, trace = runtime.answer(application, event, "")
  if payload then
    print(payload)
  else
    io.stderr:write(message, trace, "\n")
    failures = failures + 1
  end
end
os.exit(failures == 0)

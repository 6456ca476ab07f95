# frozen_string_literal: true

RSpec.describe "The context" do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "of an invocation" do
    it "has every method of AWS's context object, and the trace id" do
      start(rack_app, environment: {
              "AWS_LAMBDA_FUNCTION_NAME" => "shop", "AWS_LAMBDA_FUNCTION_VERSION" => "7", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1792",
              "AWS_LAMBDA_LOG_GROUP_NAME" => "/aws/lambda/shop", "AWS_LAMBDA_LOG_STREAM_NAME" => "2026/11/23/[7]ab"
            })
      context = JSON.parse(get("/context", headers: {
                                 "Lambda-Runtime-Aws-Request-Id" => "id-1", "Lambda-Runtime-Trace-Id" => "Root=1-5bef4de7;Sampled=1",
                                 "Lambda-Runtime-Client-Context" => '{"client":{"app_title":"x"}}', "Lambda-Runtime-Aws-Tenant-Id" => "blue",
                                 "Lambda-Runtime-Cognito-Identity" => '{"cognitoIdentityId":"i"}'
                               }))
      expect(context).to include(
        "aws_request_id" => "id-1", "trace_id" => "Root=1-5bef4de7;Sampled=1", "env" => "Root=1-5bef4de7;Sampled=1", "tenant_id" => "blue",
        "invoked_function_arn" => "arn:aws:lambda:us-east-1:123456789012:function:function",
        "function_name" => "shop", "function_version" => "7", "memory_limit_in_mb" => "1792",
        "log_group_name" => "/aws/lambda/shop", "log_stream_name" => "2026/11/23/[7]ab",
        "client_context" => { "client" => { "app_title" => "x" } }, "identity" => { "cognitoIdentityId" => "i" },
        "deadline_ms" => be_within(40_000).of(Time.now.to_f * 1000), "remaining" => be_between(1_000, 30_000)
      )
      # The next invocation does not get this trace id.
      expect(JSON.parse(get("/context"))).to include("trace_id" => nil, "env" => nil, "client_context" => nil, "tenant_id" => nil)
    end

    it "has 0 ms remaining after the deadline" do
      start(rack_app)
      expect(JSON.parse(get("/context", headers: { "Lambda-Runtime-Deadline-Ms" => "1000" }))).to include("remaining" => 0)
    end
  end
end

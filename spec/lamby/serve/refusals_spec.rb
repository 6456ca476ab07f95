# frozen_string_literal: true

require "lamby/serve"

RSpec.describe Lamby::Serve::Refusals do
  # Status and message for a function with this timeout.
  def response(integration, timeout)
    status, _type, body = described_class.new(integration, timeout).response(:timeout)
    [status, JSON.parse(body)["message"]]
  end

  it "responds to a timeout like API Gateway, which itself waits 29 or 30 seconds" do
    expect(response(:rest_api, 28)).to eq([502, "Internal server error"])
    expect(response(:rest_api, 29)).to eq([504, "Endpoint request timed out"])
    expect(response(:http_api_v2, 29)).to eq([500, "Internal Server Error"])
    expect(response(:http_api_v1, 30)).to eq([503, "Service Unavailable"])
  end
end

# frozen_string_literal: true

RSpec.describe "A response" do
  events = SmallEvents::ALL

  describe "that is too large" do
    def answer(size, event, type: "text/plain", chunk: "x")
      Lamby.handler(->(_env) { [200, { "content-type" => type }, [chunk * size]] }, event, nil)
    end

    it "for Lambda raises an error with the response's size and Lambda's limit", :extension do
      [http_event, JSON.generate(http_event)].each do |event|
        expect { answer((6 * 1024 * 1024) + 200, event) }
          .to raise_error(Lamby::ResponseTooLarge, /response is 6291\d\d\d bytes as JSON, more than the 6291556 bytes that an API Gateway HTTP API/)
        expect { answer(6_291_000, event) }.not_to raise_error
      end
    end

    it "for a load balancer raises an error from 1 MB on" do
      expect { answer(1024 * 1024, events[:alb]) }.to raise_error(Lamby::ResponseTooLarge, /1048576 bytes that an Application Load Balancer takes/)
      expect { answer(1_048_000, events[:alb]) }.not_to raise_error
    end

    it "because of JSON escapes or base64 raises an error, even if its body has fewer bytes than the limit" do
      expect { answer(3 * 1024 * 1024, events[:rest_api], chunk: "\"\\") }.to raise_error(Lamby::ResponseTooLarge)
      expect { answer(5 * 1024 * 1024, http_event, type: "image/png") }.to raise_error(Lamby::ResponseTooLarge)
    end
  end
end

# frozen_string_literal: true

# Builds AWS's sample events as `sam local generate-event` does: from templates with default values,
# which are in the SAM CLI's package.
module SampleEvents
  class << self
    # @return [Hash{String => String}] the JSON of each event, by its name, such as "sqs/receive-message"
    # @raise [RuntimeError] if the package is missing
    def all
      folder = File.join(File.dirname(Emulator.program), "sample-events")
      File.directory?(folder) or raise "AWS's sample events are not at #{folder}: bin/test fetches them"
      services = JSON.parse(File.read("#{folder}/event-mapping.json"))
      services.flat_map do |service, events|
        events.map { |name, event| ["#{service}/#{name}", fill(File.read("#{folder}/events/#{service}/#{event["filename"]}.json"), event["tags"])] }
      end.to_h
    end

    private

    def fill(template, tags)
      template.gsub(/"?\{\{\{(\w+)\}\}\}"?/) do |place|
        name = place[/\w+/]
        tag = tags[name] || tags[name.tr("_", "-")] || { "default" => name }
        # If the value is an object, it replaces the whole string and its quotes.
        tag["type"] == "dict" ? tag["default"] : place.sub(/\{+\w+\}+/) { value(tag) }
      end
    end

    def value(tag)
      tag["encoding"] == "base64" ? [tag["default"]].pack("m0") : tag["default"]
    end
  end
end

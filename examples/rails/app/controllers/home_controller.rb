# frozen_string_literal: true

# The front page: which integration asked, and what else there is to see.
class HomeController < ActionController::Base
  def index
    @sender = sender(request.env["lambda.event"])
    @context = request.env["lambda.context"]
    @routes = Rails.application.routes.routes.filter_map do |route|
      path = route.path.spec.to_s.delete_suffix("(.:format)")
      [route.verb.presence || "any", path] unless path.start_with?("/rails")
    end
  end

  # A page whose template goes out while it is rendered.
  def page
    response.headers["Last-Modified"] = Time.now.httpdate
    render stream: true
  end

  private

  # Told from what only this sender's events have. An application of one's own has
  # one sender, and rarely looks.
  def sender(event)
    return "a web server" unless event

    context = event["requestContext"] || {}
    return "an Application Load Balancer" if context.key?("elb")
    return "VPC Lattice" if context.key?("serviceNetworkArn") || event.key?("raw_path")
    return "a Function URL" if context["domainName"].to_s.include?(".lambda-url.")

    event.key?("version") ? "an HTTP API" : "a REST API"
  end
end

# frozen_string_literal: true

# The front page shows which integration sent the request, and lists the other pages.
class HomeController < ActionController::Base
  def index
    @sender = sender(request.env["lambda.event"])
    @context = request.env["lambda.context"]
    @routes = Rails.application.routes.routes.filter_map do |route|
      path = route.path.spec.to_s.delete_suffix("(.:format)")
      [route.verb.presence || "any", path] unless path.start_with?("/rails")
    end
  end

  # Streams a page while its template is rendered.
  def page
    response.headers["Last-Modified"] = Time.now.httpdate
    render stream: true
  end

  private

  # Recognises the integration by fields that only its events have. Your application has one integration, and rarely
  # needs this.
  def sender(event)
    return "a web server" unless event

    context = event["requestContext"] || {}
    return "an Application Load Balancer" if context.key?("elb")
    return "VPC Lattice" if context.key?("serviceNetworkArn") || event.key?("raw_path")
    return "a Function URL" if context["domainName"].to_s.include?(".lambda-url.")

    event.key?("version") ? "an HTTP API" : "a REST API"
  end
end

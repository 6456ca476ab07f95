# frozen_string_literal: true

# The front page: which integration asked, and what else there is to see.
class HomeController < ActionController::Base
  def index
    @context = request.env["lambda.context"]
    @routes = Rails.application.routes.routes.filter_map do |route|
      path = route.path.spec.to_s.delete_suffix("(.:format)")
      [route.verb.presence || "any", path] unless path.start_with?("/rails")
    end
  end
end

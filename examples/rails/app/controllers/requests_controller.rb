# frozen_string_literal: true

# Shows the request as the application received it.
class RequestsController < ActionController::Base
  FACTS = %w[method host port protocol fullpath original_url ip remote_ip user_agent request_id script_name].freeze

  def echo
    render json: {
      method: request.method,
      path: params[:path],
      query: request.query_parameters,
      body: request.request_parameters.except("request"),
      query_string: request.query_string
    }
  end

  def facts
    render json: FACTS.to_h { |fact| [fact, request.public_send(fact)] }.merge(ssl: request.ssl?)
  end

  def upload
    file = params.require(:file)
    bytes = file.read
    render json: {
      name: file.original_filename, type: file.content_type, size: bytes.bytesize,
      sha256: Digest::SHA256.hexdigest(bytes), note: params[:note]
    }
  end
end

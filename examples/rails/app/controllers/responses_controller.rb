# frozen_string_literal: true

# Responses of every kind.
class ResponsesController < ActionController::Base
  # Contains each possible byte, so that a lost or changed byte is noticed.
  EVERY_BYTE = (0..255).to_a.pack("C*").freeze

  def cookies_set
    cookies[:plain] = { value: "one; two", path: "/" }
    cookies.signed[:signed] = { value: "three", httponly: true }
    render plain: "two cookies"
  end

  def cookies_read
    render json: { plain: cookies[:plain], signed: cookies.signed[:signed] }
  end

  def counter
    session[:count] = session.fetch(:count, 0) + 1
    render plain: session[:count].to_s
  end

  def download_data
    send_data EVERY_BYTE * 16, filename: "every byte.bin", type: "image/png"
  end

  def download_file
    send_file Rails.root.join("public/robots.txt"), type: "text/plain"
  end

  def redirect
    redirect_to "/session?from=redirect"
  end

  def empty
    head :no_content
  end

  def data
    render json: { greeting: "Grüße, 世界 \u{1F680} \u2028 \"quoted\" \\ \u0007" }
  end

  def latin1
    render body: "caf\xE9".b, content_type: "text/plain; charset=iso-8859-1"
  end

  def fail
    raise "this action always raises"
  end
end

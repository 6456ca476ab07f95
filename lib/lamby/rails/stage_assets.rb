# frozen_string_literal: true

module Lamby
  # Makes the URLs of assets contain `SCRIPT_NAME`, as the URLs of routes do. Rails puts only
  # `config.relative_url_root` before the path of an asset. It is the same for all requests, so it does not work if the
  # application has both a custom domain and a stage.
  #
  # @api private
  module StageAssets
    HOST = ->(_source, request) { "#{request.base_url}#{request.script_name}" if request && !request.script_name.empty? }
    private_constant :HOST

    # Keeps an asset host that the application has set.
    #
    # @param controllers [Class] ActionController::Base
    # @return [void]
    def self.install(controllers)
      controllers.asset_host ||= HOST
    end
  end
end

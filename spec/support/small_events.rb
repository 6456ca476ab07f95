# frozen_string_literal: true

# The smallest event of each integration, with just the fields by which Lamby recognises it.
module SmallEvents
  ALL = {
    function_url: {
      "version" => "2.0", "rawPath" => "/", "requestContext" => { "domainName" => "abc.lambda-url.us-east-1.on.aws", "http" => { "method" => "GET" } }
    },
    http_api_v2: { "version" => "2.0", "rawPath" => "/", "requestContext" => { "http" => { "method" => "GET" } } },
    http_api_v1: { "version" => "1.0", "httpMethod" => "GET", "path" => "/", "requestContext" => {} },
    rest_api: { "resource" => "/", "httpMethod" => "GET", "path" => "/", "requestContext" => {} },
    alb: { "httpMethod" => "GET", "path" => "/", "headers" => {}, "requestContext" => { "elb" => {} } },
    alb_multi_value: { "httpMethod" => "GET", "path" => "/", "multiValueHeaders" => {}, "requestContext" => { "elb" => {} } },
    vpc_lattice_v1: { "method" => "GET", "raw_path" => "/" },
    vpc_lattice_v2: { "version" => "2.0", "method" => "GET", "path" => "/", "requestContext" => { "serviceNetworkArn" => "arn" } }
  }.freeze
end

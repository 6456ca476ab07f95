# frozen_string_literal: true

require "json"
require "open3"
require "tempfile"

# Reads CloudFormation's own schemas of resource types, which are in
# cfn-lint's package.
module CloudFormation
  # Actions for features that the output of `lamby install` does not use.
  UNUSED = /
    \A(?:s3|s3files|elasticfilesystem|kms|firehose|cognito-idp):
    |Provisioned\w*Concurrency|CodeSigningConfig\z|GetLayerVersion|RuntimeManagementConfig|RecursionConfig|ScalingConfig|CapacityProvider|RuntimeAlias
    |ReplicateSecretToRegions|RemoveRegionsFromReplication
    |logs:\w+DataProtectionPolicy|LogDelivery|logs:\w+ResourcePolic|IndexPolic|BearerToken|KmsKey|LogGroupDeletionProtection
    |DeleteRolePermissionsBoundary|OnPremises|UpdateRoleDescription
  /x
  private_constant :UNUSED

  class << self
    # @param types [Array<String>] such as "AWS::Lambda::Url"
    # @return [Array<String>] IAM actions that CloudFormation needs to create, change and delete these resources
    def actions(types)
      types.flat_map do |type|
        handlers = schemas.fetch(type).fetch("handlers").except("list")
        handlers.values.flat_map { |handler| handler["permissions"] }
      end.uniq.grep_v(UNUSED).sort
    end

    # Transforms a SAM template as AWS does.
    #
    # @param template [String] path of the template
    # @return [Hash{String => Hash}] the template that CloudFormation gets
    def transform(template)
      Tempfile.create("template") do |file|
        script = File.expand_path("transform_template.py", __dir__)
        output, status = Open3.capture2e({ "AWS_DEFAULT_REGION" => "us-east-1" }, Linters.path("sam").sub(/sam\z/, "python"), script, template, file.path)
        raise "SAM cannot transform #{template}: #{output}" unless status.success?

        JSON.parse(file.read)
      end
    end

    private

    def schemas
      @schemas ||= Dir["#{File.dirname(Linters.path("cfn-lint"), 2)}/lib/python3*/site-packages/cfnlint/data/schemas/resources/*.json"].to_h do |file|
        schema = JSON.parse(File.read(file))
        [schema["typeName"], schema]
      end
    end
  end
end

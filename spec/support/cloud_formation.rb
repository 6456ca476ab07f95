# frozen_string_literal: true

# Reads CloudFormation's own schemas of resource types, which are in
# cfn-lint's package.
module CloudFormation
  # Actions for features that the output of `lamby install` does not use.
  UNUSED = /
    \A(?:s3|s3files|elasticfilesystem|kms|firehose|cognito-idp):
    |Concurrency|CodeSigningConfig\z|GetLayerVersion|RuntimeManagementConfig|RecursionConfig|ScalingConfig|CapacityProvider|RuntimeAlias
    |ReplicateSecretToRegions|RemoveRegionsFromReplication
    |DataProtectionPolicy|LogDelivery|logs:\w+ResourcePolic|IndexPolic|BearerToken|KmsKey|LogGroupDeletionProtection
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

    private

    def schemas
      @schemas ||= Dir["#{File.dirname(Linters.path("cfn-lint"), 2)}/lib/python3*/site-packages/cfnlint/data/schemas/resources/*.json"].to_h do |file|
        schema = JSON.parse(File.read(file))
        [schema["typeName"], schema]
      end
    end
  end
end

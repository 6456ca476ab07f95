# frozen_string_literal: true

RSpec.describe "lamby releases and lamby rollback", :slow, :linters do
  include_context "with a deployed stack"

  it "list the releases, and send all requests to an earlier one" do
    images = deployed("first", "second", "third")
    out, err, status = operate("releases")
    expect([err, status]).to eq(["", 0])
    line = ->(mark, version, release) { "#{mark} #{version}        TIME  #{images[release].delete_prefix("sha256:")[0, 12]}  #{release}\n" }
    expect(out.gsub(/\d{4}-\d\d-\d\dT[\d:]+Z/, "TIME")).to eq(
      "   version  published             image         release\n#{line.call(" *", 3, "third")}#{line.call("  ", 2, "second")}#{line.call("  ", 1, "first")}"
    )
    expect(JSON.parse(operate("releases", "--json").first).map { |it| it.values_at("version", "name", "current") })
      .to eq([["3", "third", true], ["2", "second", false], ["1", "first", false]])

    expect(operate("rollback")).to eq(["shop-production runs version 2 now, published just now.\nTo return: lamby rollback 3\n", "", 0])
    expect(version).to eq("2")
    expect(JSON.parse(operate("rollback", "--json").first)).to eq("stack" => "shop-production", "version" => "1", "previous_version" => "2")
    expect(operate("rollback")).to eq(["", "lamby: version 1 is the oldest one of shop-production: there is no version to go back to\n", 1])
    expect(operate("rollback", "3", "--stack", "shop-production").first).to end_with("To return: lamby rollback 1 --stack shop-production\n")
    expect(version).to eq("3")
  end

  it "change nothing if the version does not exist, runs already, or has no image any more" do
    images = deployed("first", "second")
    expect(operate("rollback", "7")).to eq(["", "lamby: there is no version 7 of shop-production: \"lamby releases\" lists the versions\n", 1])
    expect(operate("rollback", "2")).to eq(["", "lamby: shop-production runs version 2 already\n", 1])
    aws("ecr", "batch-delete-image", "--repository-name", "shop-production", "--image-ids", "imageDigest=#{images["first"]}")
    expect(operate("rollback").drop(1)).to match([include("the image of version 1 is not in the repository shop-production any more"), 1])
    expect(operate("rollback", "two").drop(1)).to match([include("\"two\" is not a version, which is a number"), 2])
    expect(operate("rollback", "1", "2").drop(1)).to match([include("2 versions are given: rollback takes one"), 2])
    expect(version).to eq("2")
  end

  def version
    aws("lambda", "get-alias", "--function-name", function, "--name", "live")["FunctionVersion"]
  end
end

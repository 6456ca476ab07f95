# frozen_string_literal: true

# Copies an application's folder into an image with buildah, and lists the files that .dockerignore lets through.
RSpec.describe "The build context of a generated application", :slow, :images do
  include_context "with generated projects"

  before(:all) { Image.check }

  secrets = %w[
    .env .env.local engines/billing/.env.production config/master.key config/other.key config/credentials/production.key .aws/credentials
    storage/ab/cd/upload db/development.sqlite3 db/production.sqlite3 db/production.sqlite3-wal engines/billing/db/test.sqlite3 storage/production.sqlite3
    log/production.log tmp/secret .git/config .kamal/secrets app/node_modules/a.js
  ]
  kept = %w[app/models/order.rb config/application.rb config/credentials.yml.enc config/credentials/production.yml.enc db/schema.rb]

  def build(*arguments)
    output, status = Open3.capture2e("buildah", *arguments)
    status.success? ? output : raise(output)
  end

  # Returns the files in the image.
  def copied(**options)
    Lamby::Scaffold::Generator.new([], { quiet: true, **options }, destination_root: Dir.pwd, shell: Lamby::Scaffold::Prompt.new).invoke_all
    File.write("../Containerfile", "FROM scratch\nCOPY . /\n")
    image = build("build", "--quiet", "--file", "../Containerfile", ".").lines.last.strip
    container = build("from", image).strip
    root = build("mount", container).strip
    Dir.glob("**/*", File::FNM_DOTMATCH, base: root).select { |path| File.file?("#{root}/#{path}") }
  ensure
    build("rm", container) if container
    build("rmi", image) if image
  end

  # Writes files, each with its own path as its content.
  def plant(*paths)
    FileUtils.mkdir_p("app")
    Dir.chdir("app")
    rack_application
    paths.each do |path|
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, path)
    end
  end

  after { Dir.chdir(@folder) }

  it "contains the application, but no secrets and no databases" do
    plant(*secrets, *kept)
    files = copied(database: "postgresql")
    expect(files & secrets).to eq([])
    expect(files).to include(*kept)
  end

  it "contains no secrets if the application has its own .dockerignore" do
    plant(*secrets, *kept)
    File.write(".dockerignore", "/.git/\n/log/*\n/tmp/*\n/storage/*\n/node_modules/\n")
    expect(copied(database: "postgresql").grep(/\.env|\.key|aws|sqlite3|upload/)).to eq([])
  end

  it "contains the SQLite file of production, which the function reads" do
    plant(*secrets, *kept)
    File.write("config/database.yml", "production:\n  database: storage/production.sqlite3\n")
    expect(copied(database: "sqlite").grep(/sqlite3|storage/)).to eq(["storage/production.sqlite3"])
  end
end

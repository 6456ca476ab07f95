# frozen_string_literal: true

require "fileutils"
require "open3"
require_relative "../lib/lamby/version"

# Builds liblamby, the C library: see docs/c-api.md.
module CLibrary
  ROOT = File.expand_path("..", __dir__)
  TARGET = ENV.fetch("CARGO_TARGET_DIR") { File.join(ROOT, "target") }
  MAJOR = Lamby::VERSION[/\A\d+/]
  MACOS = RUBY_PLATFORM.include?("darwin")
  # The file, and the links to it: the first for the dynamic linker (it is the SONAME), the second for the compiler.
  FILE, *LINKS = if MACOS
                   ["liblamby.#{Lamby::VERSION}.dylib", "liblamby.#{MAJOR}.dylib", "liblamby.dylib"]
                 else
                   ["liblamby.so.#{Lamby::VERSION}", "liblamby.so.#{MAJOR}", "liblamby.so"]
                 end
  BUILT = "liblamby_capi.#{MACOS ? "dylib" : "so"}"
  # Libraries that a program needs if it links liblamby.a.
  PRIVATE = MACOS ? "-liconv -lm" : "-lgcc_s -lpthread -lm -ldl"

  module_function

  # Copies the libraries, the header and the pkg-config file into a folder with lib and include.
  def install(prefix)
    lib, include, pkgconfig = %w[lib include lib/pkgconfig].map { |name| File.join(prefix, name) }
    FileUtils.mkdir_p([include, pkgconfig])
    FileUtils.install(File.join(TARGET, "release", BUILT), File.join(lib, FILE), mode: 0o755)
    LINKS.each { |link| FileUtils.ln_sf(FILE, File.join(lib, link)) }
    FileUtils.install(File.join(TARGET, "release", "liblamby_capi.a"), File.join(lib, "liblamby.a"), mode: 0o644)
    FileUtils.install(File.join(ROOT, "ext/capi/include/lamby.h"), include, mode: 0o644)
    File.write(File.join(pkgconfig, "lamby.pc"), pkg_config)
  end

  # Returns the text of lamby.pc. The folder may be moved, because the paths in the text are relative to it.
  def pkg_config
    <<~TEXT
      prefix=${pcfiledir}/../..
      libdir=${prefix}/lib
      includedir=${prefix}/include

      Name: liblamby
      Description: AWS Lambda's HTTP events and Runtime API
      URL: https://github.com/rails-lambda/lamby
      Version: #{Lamby::VERSION}
      Cflags: -I${includedir}
      Libs: -L${libdir} -llamby
      Libs.private: #{PRIVATE}
    TEXT
  end
end

desc "Build liblamby, the C library, into pkg/liblamby"
task :capi do
  sh({ "CARGO_TARGET_DIR" => CLibrary::TARGET }, "cargo", "build", "--release", "--quiet", "--package", "lamby-capi")
  rm_rf "pkg/liblamby", verbose: false
  CLibrary.install(File.join(CLibrary::ROOT, "pkg/liblamby"))
  puts "pkg/liblamby"
end

desc "Install liblamby into PREFIX (/usr/local by default), below DESTDIR if it is set"
task "capi:install": :capi do
  prefix = File.join(ENV.fetch("DESTDIR", ""), ENV.fetch("PREFIX", "/usr/local"))
  CLibrary.install(prefix)
  puts prefix
end

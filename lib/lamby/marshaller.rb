module Lamby; module Marshaller; def self.install; end; end; end

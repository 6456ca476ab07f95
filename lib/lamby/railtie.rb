# frozen_string_literal: true

# In lamby 6, the Railtie had this path, so applications may require it.
require "lamby/rails/railtie"
